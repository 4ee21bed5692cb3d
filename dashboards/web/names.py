"""What people read in the place of ids: watchlists, terms and countries as the vocabulary calls them. Pure.

Links, queries and tooltips keep the ids, which are what a query says.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from connectors.errors import UserError
from streams.core.compiled import Vocabulary
from streams.core.vocabulary import Facet, Watchlist

from .words import spoken

Naming = Callable[[str, str], str]
"""(facet, value) → its name. Besides facets: `term` as flags have it, `list` as what did not count has it."""

_AS_WRITTEN = frozenset({"source", "language", "country"})
"""Facets whose values are no ids of ours."""
_COUNTRY_LETTERS = 2


def naming(vocabulary: Callable[[], Vocabulary]) -> Naming:
    """Names by this vocabulary, which is asked for once, and only when there is something to be named."""

    @functools.cache
    def names() -> Mapping[tuple[str, str], str]:
        try:
            return _names(vocabulary())
        except UserError:  # of its files: health and the pages of watchlists say what is wrong with them
            return {}

    def called(facet: str, value: str) -> str:
        return names().get((facet, value)) or (value if facet in _AS_WRITTEN else spoken(value))

    return called


@functools.lru_cache(maxsize=2)
def _names(vocabulary: Vocabulary) -> Mapping[tuple[str, str], str]:
    groups: list[Facet | Watchlist] = [*vocabulary.facets.values(), *vocabulary.watchlists.values()]
    names: dict[tuple[str, str], str] = {}
    for group in groups:
        for term in group.terms:
            label = term.label or spoken(term.id)
            names["term", term.id] = names["term", f"{group.id}.{term.id}"] = label
            names[group.id, term.id] = label
    for one in vocabulary.watchlists.values():
        names["watchlist", one.id] = names["list", f"watchlist.{one.id}"] = one.title
    regions = vocabulary.facets.get("region")
    for term in regions.terms if regions else ():
        if len(term.id) == _COUNTRY_LETTERS:
            names["country", term.id.upper()] = term.label
    return names
