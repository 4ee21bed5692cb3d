"""What came in and what became of it, told from the index of sightings.

Each sighting says which article it was found to belong to *then*, and which articles it showed to be that
same one. Both are edges between ids; what they connect is one article, whose id the last of them knows.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from ..core.dedup import Sighting, seen
from ..sinks.elasticsearch.sightings import Sightings
from . import Trace


class _Record(msgspec.Struct, frozen=True):
    """A sighting that belongs to an article, as far as `explain` tells it."""

    item: str
    id: str
    url: str
    feed_url: str
    title: str
    published: datetime | None
    updated: datetime | None
    received: datetime
    words: int
    content: str
    place: str

    def sighting(self) -> Sighting:
        """The facts, without those that only find other sightings."""
        return Sighting(
            seq=_offset(self.place),
            item=self.item,
            article=self.id,
            url=self.url,
            canonical_url="",
            host="",
            feed_url=self.feed_url,
            title=self.title,
            published=self.published,
            updated=self.updated,
            received=self.received,
            words=self.words,
            content=self.content,
            keys=(),
        )


class IndexReceived:
    """See Received."""

    def __init__(self, index: Sightings) -> None:
        self._index = index

    def trace(self, article: str) -> Trace | None:
        """See Received."""
        found = self._group(article)
        if not found:
            return None
        sightings = sorted(
            (msgspec.convert(one, _Record).sighting() for one in found), key=lambda one: one.seq
        )
        names = ("outcome", "of", "similarity", "reason")
        outcomes = {_offset(one["place"]): {name: one.get(name) for name in names} for one in found}
        return Trace(seen(sightings).id, sightings, outcomes)

    def _group(self, article: str) -> list[Mapping[str, Any]]:
        """Every sighting of the article, found from one to the next."""
        found: dict[str, Mapping[str, Any]] = {}
        known: set[str] = set()
        fresh = {article}
        while fresh:
            known |= fresh
            some = self._index.sightings_of(fresh)
            found.update((one["item"], one) for one in some)
            fresh = {id_ for one in some for id_ in _ids(one)} - known
        return list(found.values())

    def document_of(self, article: str) -> str:
        """See Received."""
        return self._articles.now(article)

    def sightings(self) -> Iterator[dict[str, Any]]:
        """See Received; the order is by time of receipt, then item."""
        articles = self._articles
        for one in self._index.sightings():
            yield {
                **{name: one[name] for name in ("id", "url", "outcome", "similarity", "reason")},
                "of": one["of"] and articles.now(one["of"]),
                "document": one["id"] and articles.now(one["id"]),
            }

    @functools.cached_property
    def _articles(self) -> _Articles:
        return _Articles(self._index.sightings())


class _Articles:
    """Which article an address belongs to now: a forest of the ids that are not simply their own."""

    def __init__(self, sightings: Iterable[Mapping[str, Any]]) -> None:
        self._above: dict[str, str] = {}
        self._last: dict[str, tuple[int, str]] = {}
        """By top of a tree: offset and article of the latest sighting that says so."""
        for one in sightings:
            ids = _ids(one)
            if len(ids) > 1:
                self._join(ids, _offset(one["place"]), one["document"])

    def now(self, article: str) -> str:
        """Id of the article it belongs to."""
        last = self._last.get(self._top(article))
        return last[1] if last else article

    def _join(self, ids: set[str], offset: int, article: str) -> None:
        tops = sorted({self._top(id_) for id_ in ids})
        lasts = [(offset, article), *(self._last.pop(top) for top in tops if top in self._last)]
        for top in tops[1:]:
            self._above[top] = tops[0]
        self._last[tops[0]] = max(lasts)

    def _top(self, article: str) -> str:
        while (above := self._above.get(article)) is not None:
            article = above
        return article


def _ids(one: Mapping[str, Any]) -> set[str]:
    """The addresses a sighting says are one article."""
    return {one["id"], one["document"], *(one.get("merged") or ())} - {None}


def _offset(place: str) -> int:
    return int(place.rpartition("/")[2])
