"""One way to ask the index: whole answers or an error in a sentence, page after page where there are many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from connectors.errors import UserError

from .errors import explain
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

NEWEST: list[Mapping[str, str]] = [{"when": "desc"}, {"id": "desc"}]
OLDEST: list[Mapping[str, str]] = [{"when": "asc"}, {"id": "asc"}]
BEST: list[Mapping[str, str]] = [{"_score": "desc"}, *NEWEST]
"""Sort values end with `when` in milliseconds since 1970 and the id."""

WINDOW = 10_000
"""How far from the first hit the server lets one request reach."""

BATCH = 500
"""Hits asked for at once, where there are many."""
_KEEP = "5m"
"""How long the server keeps a view for the next batch to be asked for."""


@contextmanager
def explained(index: Index) -> Iterator[None]:
    """Errors of the client come out as sentences of ours."""
    from elastic_transport import TransportError
    from elasticsearch import ApiError

    try:
        yield
    except (ApiError, TransportError) as error:
        if "too_many_clauses" in str(error) or "too many terms" in str(error):
            raise UserError(
                "The index refuses the search: too many words begin with what stands before a `*` in a"
                " phrase or beside NEAR; give more letters."
            ) from error
        raise explain(error, index) from error


class Asking:
    """Searches of one alias of ours. Answers are whole: a shard that fails is an error, not fewer hits."""

    def __init__(self, client: Elasticsearch, index: Index, alias: str) -> None:
        self._client = client
        self._index = index
        self._alias = alias

    def search(self, **body: Any) -> dict[str, Any]:
        """One search request; arguments as `Elasticsearch.search` has them."""
        with explained(self._index):
            found = self._client.search(index=self._alias, allow_partial_search_results=False, **body)
        return dict(found.body)

    def count(self, query: Mapping[str, Any]) -> int:
        """How many the query finds, exactly."""
        return int(self.search(query=query, size=0, track_total_hits=True)["hits"]["total"]["value"])

    def walk(
        self,
        query: Mapping[str, Any],
        sort: Sequence[Mapping[str, str]],
        *,
        batch: int = BATCH,
        after: Sequence[Any] | None = None,
        **body: Any,
    ) -> Iterator[dict[str, Any]]:
        """Every hit, lazily, of the index as it is now, whatever is written meanwhile."""
        with explained(self._index):
            view = self._client.open_point_in_time(index=self._alias, keep_alive=_KEEP)["id"]
        try:
            while True:
                pit = {"id": view, "keep_alive": _KEEP}
                with explained(self._index):
                    found = self._client.search(
                        pit=pit,
                        query=query,
                        sort=sort,
                        size=batch,
                        search_after=after,
                        track_total_hits=False,
                        allow_partial_search_results=False,
                        **body,
                    ).body
                view, hits = found["pit_id"], found["hits"]["hits"]
                yield from hits
                if len(hits) < batch:
                    return
                after = hits[-1]["sort"]
        finally:
            self._close(view)

    def _close(self, view: str) -> None:
        from elastic_transport import TransportError
        from elasticsearch import ApiError

        with suppress(ApiError, TransportError):  # the server closes it by itself before long
            self._client.close_point_in_time(id=view)

    def buckets(self, query: Mapping[str, Any], source: Mapping[str, Any]) -> Iterator[tuple[Any, int]]:
        """Every value of a `composite` source with its number of documents, however many values there are."""
        return ((value, count) for (value,), count in self.crossed(query, source))

    def crossed(
        self, query: Mapping[str, Any], *sources: Mapping[str, Any]
    ) -> Iterator[tuple[tuple[Any, ...], int]]:
        """The same of several sources: every combination of their values that a document has."""
        named = [{str(n): source} for n, source in enumerate(sources)]
        composite: dict[str, Any] = {"size": WINDOW, "sources": named}
        while True:
            aggs = {"all": {"composite": composite}}
            found = self.search(query=query, size=0, track_total_hits=False, aggs=aggs)["aggregations"]["all"]
            for bucket in found["buckets"]:
                yield tuple(bucket["key"][str(n)] for n in range(len(sources))), bucket["doc_count"]
            if len(found["buckets"]) < WINDOW:
                return
            composite["after"] = found["after_key"]
