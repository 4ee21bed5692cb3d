"""Find articles in Elasticsearch: the reading side of `ArticleIndex`, over the live generation.

    Query ─► plan ─► alias of the articles ─► documents, whole as written ─► highlights by our own tokens

A write is seen once the server has refreshed the index, about a second later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from connectors.errors import UserError

from ...core.highlight import highlight
from ...core.index import FACETS, Stored, normal, strip
from ...core.query import Everything, Is, Not, Query, Value, narrow
from ...core.records import Document, Story
from .. import COUNT_TO, Bars, Bucket, Counts, Hit, SearchResult, Sort, Trends
from ..order import cursor, read_cursor, second
from .asking import BATCH, BEST, NEWEST, OLDEST, WINDOW, Asking, explained
from .counts import by_facet, by_pair, by_time, by_value_and_time, facet_aggs, facet_counts
from .document import document_of, story_of
from .placed import documents_of
from .plan import plan, unscored
from .settings import Index
from .sightings import Sightings

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_EPOCH = second(datetime(1970, 1, 1, tzinfo=UTC))
_MIN_PREFIX = 4
_MANY = 5000
"""Hits of a few fields each, fetched at once."""


class ElasticIndex(Sightings):
    """An `ArticleSearch` and the log's sightings. Close the client yourself."""

    def __init__(self, client: Elasticsearch, index: Index) -> None:
        super().__init__(client, index)
        self._client = client
        self._index = index
        self._articles = Asking(client, index, index.articles)
        self._stories = Asking(client, index, index.stories)

    def get(self, id: str) -> Document | None:  # noqa: A002 - the word of the port
        """Find the document with this id."""
        return self._one({"term": {"id": {"value": id}}})

    def _one(self, query: Mapping[str, Any]) -> Document | None:
        found = self._articles.search(query=query, size=1, sort=NEWEST, track_total_hits=False)
        return next(self._read(found["hits"]["hits"]), None)

    def _read(self, hits: Iterable[dict[str, Any]]) -> Iterator[Document]:
        """Documents of hits, some at a time; see `placed`."""
        left = iter(hits)
        while some := [hit["_source"] for hit in islice(left, BATCH)]:
            yield from documents_of(self._client, self._index, self._index.stories, some)

    def find(self, key: str) -> Document | None:
        """Find by id, beginning of an id, or URL."""
        if found := self.get(key):
            return found
        if len(key) >= _MIN_PREFIX:
            beginning = {"prefix": {"id": {"value": key}}}
            hits = self._articles.search(query=beginning, size=2, track_total_hits=False)["hits"]["hits"]
            if len(hits) > 1:
                raise UserError(f"Several articles have an id that begins with {key}; give more of it.")
            if hits:
                return next(self._read(hits))
        url = normal("url", key)
        return self._one(plan(Value("url", url))) if url else None

    def story(self, id: str) -> Story | None:  # noqa: A002 - the word of the port
        """Find the story with this id."""
        query = {"term": {"id": {"value": id}}}
        hits = self._stories.search(query=query, size=1, track_total_hits=False)["hits"]["hits"]
        return story_of(hits[0]["_source"]) if hits else None

    def search(
        self,
        query: Query,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        sort: Sort = "new",
        limit: int = 20,
        offset: int = 0,
        after: str | None = None,
        copies: bool = False,
        facets: Sequence[str] = (),
        bars: Bucket | None = None,
    ) -> SearchResult:
        """Find one page of documents."""
        narrowed = narrow(query, since=since, until=until, copies=copies)
        wanted = plan(narrowed) if sort == "relevance" else unscored(narrowed)
        body: dict[str, Any] = {
            "query": wanted,
            "sort": BEST if sort == "relevance" else NEWEST,
            "search_after": _after(after) if after is not None and sort == "new" else None,
        }
        within = offset + limit < WINDOW and not (offset and body["search_after"])
        first = self._articles.search(
            **body,
            size=limit + 1 if within else 0,
            from_=offset if within else 0,
            track_total_hits=True if facets or bars else COUNT_TO,
            aggs=facet_aggs(facets) if facets else None,
        )
        hits = first["hits"]["hits"]
        if not within:
            walked = self._articles.walk(wanted, body["sort"], after=body["search_after"])
            hits = list(islice(walked, offset, offset + limit + 1))
        total = first["hits"]["total"]["value"]
        documents = list(self._read(hits[:limit]))
        return SearchResult(
            hits=tuple(Hit(document=one, highlights=highlight(query, one)) for one in documents),
            total=total if facets or bars else min(total, COUNT_TO),
            exact=bool(facets or bars) or total < COUNT_TO,
            next=cursor(documents[-1]) if sort == "new" and documents and len(hits) > limit else None,
            facets=facet_counts(self._articles, wanted, facets, first["aggregations"]) if facets else {},
            bars=by_time(self._articles, wanted, bars) if bars else (),
        )

    def scan(
        self,
        query: Query = Everything(),  # noqa: B008 - frozen
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = True,
    ) -> Iterator[Document]:
        """Yield every document found, oldest first."""
        wanted = unscored(narrow(query, since=since, until=until, copies=copies))
        yield from self._read(self._articles.walk(wanted, OLDEST))

    def count(
        self,
        query: Query = Everything(),  # noqa: B008 - frozen
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> int:
        """Count the documents found."""
        return self._articles.count(unscored(narrow(query, since=since, until=until, copies=copies)))

    def facets(
        self,
        query: Query,
        fields: Sequence[str] = FACETS,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> Counts:
        """Count the documents found by value of each facet."""
        wanted = unscored(narrow(query, since=since, until=until, copies=copies))
        return by_facet(self._articles, wanted, fields)

    def histogram(
        self,
        query: Query,
        bucket: Bucket,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> Bars:
        """Count the documents found by time."""
        wanted = unscored(narrow(query, since=since, until=until, copies=copies))
        return by_time(self._articles, wanted, bucket)

    def trends(
        self,
        query: Query,
        fields: Sequence[str],
        bucket: Bucket,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> Trends:
        """Count the documents found by value of each facet over time."""
        wanted = unscored(narrow(query, since=since, until=until, copies=copies))
        return {field: by_value_and_time(self._articles, wanted, field, bucket) for field in fields}

    def together(
        self,
        query: Query,
        field: str,
        other: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> tuple[tuple[str, str, int], ...]:
        """Count the documents found by pairs of values."""
        wanted = unscored(narrow(query, since=since, until=until, copies=copies))
        return by_pair(self._articles, wanted, field, other)

    def leads(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Yield when each article that opens a story was published, from what hits are sorted by."""
        wanted = unscored(narrow(Is("lead"), since=since, until=until, copies=True))
        for hit in self._articles.walk(wanted, OLDEST, batch=_MANY, source=False):
            yield datetime.fromtimestamp(hit["sort"][0] // 1000, UTC)

    def counts(self) -> dict[str, Any]:
        """Say how full the index is."""
        return {
            "documents": self._articles.count({"match_all": {}}),
            "stories": self._stories.count({"match_all": {}}),
            "flagged": dict(self.facets(Not(Is("copy")), ["watchlist"])["watchlist"]),
        }

    def older(self, before: datetime, limit: int) -> list[str]:
        """List ids of the oldest articles from before that time."""
        walked = self._articles.walk(
            _before(before), OLDEST, batch=_MANY, source=False, docvalue_fields=["id"]
        )
        return [hit["fields"]["id"][0] for hit in islice(walked, limit)]

    def with_text(self, before: datetime, limit: int) -> list[Stored]:
        """List the oldest articles from before that time that still have a text."""
        texts = {"range": {"text_length": {"gt": 0}}}
        walked = self._articles.walk({"bool": {"filter": [_before(before), texts]}}, OLDEST)
        return [strip(document_of(hit["_source"])) for hit in islice(walked, limit)]

    def story_ids(self) -> dict[str, str]:
        """Give the story of every article, by id."""
        hits = self._articles.walk(
            {"match_all": {}}, OLDEST, batch=_MANY, source=False, docvalue_fields=["id", "story_id"]
        )
        return {hit["fields"]["id"][0]: hit["fields"]["story_id"][0] for hit in hits}

    def refresh(self) -> None:
        """Make what was written so far seen by searches at once."""
        with explained(self._index):
            self._client.indices.refresh(
                index=[self._index.articles, self._index.stories, self._index.sightings]
            )


def _after(text: str) -> list[Any]:
    """The place of a cursor as the server's sort values have it."""
    at, id_ = read_cursor(text)
    return [(at - _EPOCH) * 1000, id_]


def _before(moment: datetime) -> dict[str, Any]:
    return {"range": {"when": {"lt": moment.astimezone(UTC).replace(microsecond=0).isoformat()}}}
