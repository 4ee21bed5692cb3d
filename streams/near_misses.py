"""What would have been found by a little less: for searches that find nothing. Reads by the port only."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .core import query as q
from .core.index import FACETS, normal
from .sinks import ArticleSearch

_PARTS = 6
"""Parts of a query that are tried."""
_NAMES = 3
_ALIKE = 0.6

Kind = Literal["without", "instead", "copies", "always"]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Another search, and how many articles it finds."""

    kind: Kind
    query: q.Query
    part: q.Query | None
    """What is left out, or put in place of something."""
    count: int


def near_misses(
    index: ArticleSearch, query: q.Query, since: datetime | None, until: datetime | None, *, copies: bool
) -> list[NearMiss]:
    """Searches close to this one that find something, those that change least first."""
    tried = _tried(index, query, since, until, copies=copies)
    return [one for one in tried if one.count]


def _tried(
    index: ArticleSearch, query: q.Query, since: datetime | None, until: datetime | None, *, copies: bool
) -> Iterator[NearMiss]:
    if not copies and not q.asks_for_copies(query):
        yield NearMiss("copies", query, None, index.count(query, since=since, until=until, copies=True))
    if since is not None or until is not None:
        yield NearMiss("always", query, None, index.count(query, copies=copies))
    parts = query.parts if isinstance(query, q.And) else (query,)
    for part in parts[:_PARTS]:
        rest = [one for one in parts if one != part]
        if isinstance(part, q.Value):
            for other in _alike(index, part):
                instead = q.join(q.And, [other if one == part else one for one in parts])
                found = index.count(instead, since=since, until=until, copies=copies)
                yield NearMiss("instead", instead, other, found)
        if rest:
            less = q.join(q.And, rest)
            found = index.count(less, since=since, until=until, copies=copies)
            yield NearMiss("without", less, part, found)


def _alike(index: ArticleSearch, part: q.Value) -> list[q.Value]:
    """Values of the same facet that are written much the same."""
    field = next((one for one in FACETS if q.ALIASES.get(one, one) == part.field), None)
    if field is None:
        return []
    known = {normal(field, value) for value, _ in index.facets(q.Everything(), [field])[field]}
    alike = difflib.get_close_matches(part.value, sorted(known - {part.value}), _NAMES, _ALIKE)
    return [q.Value(part.field, value) for value in alike]
