"""Watchlists: which words raise a flag, by language, with what they need and what blocks them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from starlette.responses import Response

from streams.core.compiled import Vocabulary
from streams.core.query import Everything
from streams.core.references import count_for, terms_of
from streams.core.vocabulary import Pattern
from streams.vocabulary.files import seeds_folder
from streams.vocabulary.own import make_own, own_folder
from streams.vocabulary.watchlist_files import Kept, kept
from streams.vocabulary.watchlist_words import NEW, Words, words_of

from ...api.answers import Missing
from ..routing import Pages
from ..visit import Visit

pages = Pages()


@dataclass(frozen=True, slots=True)
class Row:
    """A watchlist in the list."""

    id: str
    title: str
    description: str
    patterns: int
    languages: tuple[str, ...]
    articles: int


@dataclass(frozen=True, slots=True)
class Included:
    """Words of a term elsewhere that count for a list, too."""

    term: str
    label: str
    patterns: tuple[Pattern, ...]


@functools.lru_cache(maxsize=2)
def _counting(vocabulary: Vocabulary) -> Mapping[str, tuple[tuple[str, str, int], ...]]:
    """For each watchlist the patterns that count for it, wherever they stand."""
    _, flags, _ = count_for(vocabulary.definitions)
    found: dict[str, list[tuple[str, str, int]]] = {one: [] for one in vocabulary.watchlists}
    for place, targets in flags.items():
        for watchlist in dict.fromkeys(watchlist for watchlist, _ in targets):
            found[watchlist].append(place)
    return {watchlist: tuple(places) for watchlist, places in found.items()}


def _patterns(vocabulary: Vocabulary) -> Mapping[tuple[str, str], tuple[str, tuple[Pattern, ...]]]:
    return {(listed, one.id): (one.label, one.patterns) for listed, one in terms_of(vocabulary.definitions)}


@pages.get("/watchlists")
def listed(visit: Visit) -> Response:
    """Every watchlist, and how many articles have its flag."""
    vocabulary = visit.ports.vocabulary()
    patterns = _patterns(vocabulary)
    with visit.ports.reading() as reading:
        articles = dict(reading.index.facets(Everything(), ["watchlist"])["watchlist"])
        total = reading.index.count()
    rows = []
    for one in sorted(vocabulary.watchlists.values(), key=lambda one: one.title):
        found = [patterns[place[:2]][1][place[2]] for place in _counting(vocabulary)[one.id]]
        languages = sorted({pattern.language for pattern in found} - {""})
        rows.append(
            Row(one.id, one.title, one.description, len(found), tuple(languages), articles.get(one.id, 0))
        )
    return visit.render("watchlists.html", rows=rows, total=total, own=own(visit))


@pages.get("/watchlists/{id}")
def show(visit: Visit) -> Response:
    """One: its words by language, with what they need and what blocks them."""
    vocabulary, file = visit.ports.vocabulary(), kept_file(visit)
    if file.id not in vocabulary.watchlists:
        raise Missing(f"There is no watchlist {file.id}.")
    with visit.ports.reading() as reading:
        articles = dict(reading.index.facets(Everything(), ["watchlist"])["watchlist"]).get(file.id, 0)
    table = file.table
    words = sorted(words_of(table), key=_language)
    return visit.render(
        "watchlist.html",
        file=file,
        table=table,
        groups=[(language, list(same)) for language, same in groupby(words, key=_language)],
        included=_included(vocabulary, file.id),
        contexts=vocabulary.definitions.contexts,
        articles=articles,
        own=own(visit),
        new=NEW,
        distributed=visit.ports.context.distributed,
    )


def own(visit: Visit) -> Path | None:
    """The folder that may be changed; None while the shipped files are used."""
    return own_folder(visit.ports.context.settings, visit.ports.context.home)


def kept_file(visit: Visit) -> Kept:
    """The file of the list in the address. Raises Missing."""
    id_ = visit.part("id")
    found = kept(own(visit) or seeds_folder(), id_)
    if found is None:
        raise Missing(f"There is no watchlist {id_}.")
    return found


def _language(words: Words) -> str:
    return str(words.table.get("language", ""))


def _included(vocabulary: Vocabulary, id_: str) -> list[Included]:
    """What counts for the list and stands elsewhere, by term."""
    patterns = _patterns(vocabulary)
    places = [place for place in _counting(vocabulary)[id_] if place[0] != f"watchlist.{id_}"]
    found = []
    for key, same in groupby(sorted(places), key=lambda place: place[:2]):
        label, own = patterns[key]
        found.append(Included(".".join(key), label, tuple(own[number] for _, _, number in same)))
    return sorted(found, key=lambda one: one.label.casefold())


@pages.post("/watchlists/own")
def make(visit: Visit) -> Response:
    """Copy the shipped vocabulary, so that it can be changed."""
    if own(visit) is None:
        folder = make_own(visit.ports.context.home)
        return visit.go(
            "/watchlists",
            visit.gettext(
                "The vocabulary is now read from %(folder)s; change it here or there.", folder=folder
            ),
        )
    return visit.go("/watchlists")
