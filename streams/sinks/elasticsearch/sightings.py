"""What became of every item that came in, as the index of sightings tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .asking import Asking
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_ORDER = [{"received": "asc"}, {"item": "asc"}]
_EXPORTED = ("id", "url", "outcome", "of", "similarity", "reason", "document", "merged", "place")
_AT_ONCE = 1000


class Sightings:
    """The sightings of the live generation."""

    def __init__(self, client: Elasticsearch, index: Index) -> None:
        self._asking = Asking(client, index, index.sightings)

    def sightings(self) -> Iterator[dict[str, Any]]:
        """One record per item, by time of receipt and item: `id`, `url`, `outcome`, `of`, `similarity`,
        `reason`; `document`, the id of the article it was found to belong to; `merged`, those that became
        part of that by it; `place` in the log.
        """
        for hit in self._asking.walk({"match_all": {}}, _ORDER, source_includes=_EXPORTED):
            yield {name: hit["_source"].get(name) for name in _EXPORTED}

    def outcomes(self) -> dict[str, int]:
        """Number of items by outcome."""
        return dict(self._asking.buckets({"match_all": {}}, {"terms": {"field": "outcome"}}))

    def sightings_of(self, articles: Iterable[str]) -> list[dict[str, Any]]:
        """Whole records of items whose address or article is one of these, or took one in; same order."""
        found: dict[str, dict[str, Any]] = {}
        ids = sorted(set(articles))
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            query = {"bool": {"should": [{"terms": {field: some}} for field in ("id", "document", "merged")]}}
            found.update((hit["_id"], hit["_source"]) for hit in self._asking.walk(query, _ORDER))
        return sorted(found.values(), key=lambda one: (one["received"], one["item"]))
