"""ArticleIndex in memory: asks the reference matcher about every document. For tests and small sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import UserError

from ..core.highlight import highlight
from ..core.index import FACETS, Stored, compose, facets, normal, strip
from ..core.query import Everything, Is, Query, Value, narrow
from ..core.query_hits import hits
from ..core.query_match import matches
from ..core.records import Document, Grouping, Story
from . import Bars, Bucket, Counts, Hit, SearchResult, Sort, Trends
from .order import cursor, place, read_cursor, second

_WEIGHTS = {"title": 4, "summary": 2, "text": 1}
_MIN_PREFIX = 4


class MemoryIndex:
    """Keeps the records as given and composes documents when asked."""

    def __init__(self) -> None:
        self._stored: dict[str, Stored] = {}
        self._groupings: dict[str, Grouping] = {}
        self._stories: dict[str, Story] = {}

    def put(self, documents: Iterable[Stored | Document]) -> None:
        """Insert or replace by id."""
        self._stored.update({document.id: strip(document) for document in documents})

    def put_groupings(self, groupings: Iterable[Grouping]) -> None:
        """Say where articles belong."""
        self._groupings.update({grouping.id: grouping for grouping in groupings})

    def put_stories(self, stories: Iterable[Story]) -> None:
        """Insert or replace stories by id."""
        self._stories.update({story.id: story for story in stories})

    def delete_stories(self, ids: Iterable[str]) -> None:
        """Remove stories."""
        for id_ in ids:
            self._stories.pop(id_, None)

    def delete(self, ids: Iterable[str]) -> None:
        """Remove articles and their groupings."""
        for id_ in ids:
            self._stored.pop(id_, None)
            self._groupings.pop(id_, None)

    def get(self, id: str) -> Document | None:  # noqa: A002 - the word of the port
        """Find the document with this id."""
        stored = self._stored.get(id)
        if stored is None:
            return None
        grouping = self._groupings.get(id)
        return compose(stored, grouping, self._stories.get(grouping.story_id) if grouping else None)

    def find(self, key: str) -> Document | None:
        """Find by id, beginning of an id, or URL."""
        if key in self._stored:
            return self.get(key)
        found = [id_ for id_ in self._stored if len(key) >= _MIN_PREFIX and id_.startswith(key)]
        if len(found) > 1:
            raise UserError(f"Several articles have an id that begins with {key}; give more of it.")
        if found:
            return self.get(found[0])
        url = normal("url", key)
        return next(reversed(list(self.scan(Value("url", url)))), None) if url else None

    def story(self, id: str) -> Story | None:  # noqa: A002 - the word of the port
        """Find the story with this id."""
        return self._stories.get(id)

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
        found = list(self.scan(query, since=since, until=until, copies=copies))
        found.reverse()
        total = len(found)
        counts = _counts(found, facets) if facets else {}
        times = _bars(found, bars) if bars else ()
        if after is not None:
            found = [document for document in found if place(document) < read_cursor(after)]
        if sort == "relevance":
            found.sort(key=lambda document: -_score(query, document))
        page = found[offset : offset + limit]
        more = sort == "new" and page and offset + limit < len(found)
        return SearchResult(
            hits=tuple(Hit(document=one, highlights=highlight(query, one)) for one in page),
            total=total,
            exact=True,
            next=cursor(page[-1]) if more else None,
            facets=counts,
            bars=times,
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
        wanted = narrow(query, since=since, until=until, copies=copies)
        for stored in sorted(self._stored.values(), key=place):
            document = self.get(stored.id)
            if document is not None and matches(wanted, document):
                yield document

    def count(
        self,
        query: Query = Everything(),  # noqa: B008 - frozen
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> int:
        """Count the documents found."""
        return sum(1 for _ in self.scan(query, since=since, until=until, copies=copies))

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
        return _counts(self.scan(query, since=since, until=until, copies=copies), fields)

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
        return _bars(self.scan(query, since=since, until=until, copies=copies), bucket)

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
        having: dict[str, dict[str, list[Document]]] = {field: {} for field in fields}
        for document in self.scan(query, since=since, until=until, copies=copies):
            for field, value in set(facets(document)):
                if field in having:
                    having[field].setdefault(value, []).append(document)
        return {
            field: {value: _bars(documents, bucket) for value, documents in values.items()}
            for field, values in having.items()
        }

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
        pairs: Counter[tuple[str, str]] = Counter()
        for document in self.scan(query, since=since, until=until, copies=copies):
            has = set(facets(document))
            pairs.update((one, two) for a, one in has if a == field for b, two in has if b == other)
        return tuple(sorted(((*pair, count) for pair, count in pairs.items()), key=_most_first))

    def leads(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Yield when each article that opens a story was published."""
        for document in self.scan(Is("lead"), since=since, until=until):
            yield document.when.astimezone(UTC).replace(microsecond=0)

    def counts(self) -> dict[str, Any]:
        """Say how full the index is."""
        return {
            "documents": len(self._stored),
            "stories": len(self._stories),
            "flagged": dict(self.facets(Everything(), ["watchlist"])["watchlist"]),
        }

    def older(self, before: datetime, limit: int) -> list[str]:
        """List ids of the oldest articles from before that time."""
        return [stored.id for stored in self._before(before)][:limit]

    def with_text(self, before: datetime, limit: int) -> list[Stored]:
        """List the oldest articles from before that time that still have a text."""
        return [stored for stored in self._before(before) if stored.text][:limit]

    def _before(self, moment: datetime) -> list[Stored]:
        return sorted((one for one in self._stored.values() if second(one.when) < second(moment)), key=place)

    def story_ids(self) -> dict[str, str]:
        """Give the story of every article, by id."""
        grouped = {id_: self._groupings[id_].story_id for id_ in self._stored if id_ in self._groupings}
        return {id_: grouped.get(id_, id_) for id_ in self._stored}


def _score(query: Query, document: Document) -> float:
    return sum(_WEIGHTS[span.field] for span in hits(query, document))


def _counts(documents: Iterable[Document], fields: Sequence[str]) -> Counts:
    counts: dict[str, Counter[str]] = {field: Counter() for field in fields}
    for document in documents:
        for field, value in set(facets(document)):
            if field in counts:
                counts[field][value] += 1
    return {
        field: tuple(sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))
        for field, counter in counts.items()
    }


def _bars(documents: Iterable[Document], bucket: Bucket) -> Bars:
    return tuple(sorted(Counter(_floor(document.when, bucket) for document in documents).items()))


def _most_first(pair: tuple[str, str, int]) -> tuple[int, str, str]:
    return -pair[2], pair[0], pair[1]


def _floor(when: datetime, bucket: Bucket) -> datetime:
    hour = when.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    return {
        "hour": hour,
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
    }[bucket]
