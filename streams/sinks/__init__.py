"""The port where documents leave the stream and are found again: `ArticleIndex`.

One module per engine: `memory` (the reference, and for tests), `sqlite` (embedded mode), `elasticsearch`
(distributed mode). All of them pass tests/contract/test_article_index.py: the same query finds the same
articles in each, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from ..core.highlight import Highlight
from ..core.index import Stored
from ..core.query import Everything, Query
from ..core.records import Document, Grouping, Story

Sort = Literal["new", "relevance"]
Bucket = Literal["hour", "day", "week", "month"]

Bars: TypeAlias = tuple[tuple[datetime, int], ...]
"""A histogram: the first moment of each hour, day, week (from Monday) or month, UTC, with its number of
documents. Rising; those without any are left out."""

Trends: TypeAlias = Mapping[str, Mapping[str, Bars]]
"""Facet to its values with the histogram of each."""

Counts: TypeAlias = Mapping[str, tuple[tuple[str, int], ...]]
"""Facet to its values with their number of documents, most frequent first, then by value."""

COUNT_TO = 200
"""How far a search counts; from there on `total` is a lower bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A document a search found, and where its words stand."""

    document: Document
    highlights: tuple[Highlight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """One page of what a search found."""

    hits: tuple[Hit, ...]
    total: int
    """Documents found on all pages; at least so many, when not `exact`."""
    exact: bool
    next: str | None = None
    """What to give as `after` for the next page; None on the last one, and when sorted by relevance."""
    facets: Counts = field(default_factory=dict)
    bars: Bars = ()


class ArticleSink(Protocol):
    """The writing side. Every method may be called again with the same records: nothing changes then."""

    def put(self, documents: Iterable[Stored | Document]) -> None:
        """Insert or replace by id. What groupings and stories say is not taken from a Document."""

    def put_groupings(self, groupings: Iterable[Grouping]) -> None:
        """Say where articles belong; may come before or after the articles themselves."""

    def put_stories(self, stories: Iterable[Story]) -> None:
        """Insert or replace stories by id."""

    def delete_stories(self, ids: Iterable[str]) -> None:
        """Remove stories; unknown ids are ignored."""

    def delete(self, ids: Iterable[str]) -> None:
        """Remove articles and their groupings; unknown ids are ignored."""


class ArticleSearch(Protocol):
    """The reading side. Copies are left out of search, count, facets and histogram unless asked for.

    `since` is inclusive, `until` exclusive. Newest first is by second of publication, then id, both
    falling; `scan` yields exactly the reverse.
    """

    def get(self, id: str) -> Document | None:  # noqa: A002
        """The document with this id."""

    def find(self, key: str) -> Document | None:
        """The document with this id, beginning of an id (4 characters or more), URL or canonical URL.

        Raises UserError when several ids begin so.
        """

    def story(self, id: str) -> Story | None:  # noqa: A002
        """The story with this id."""

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
        """One page of documents. `after`: `next` of the page before, for pages that do not shift.

        `facets` and `bars` count all documents found, on whichever page; `total` is exact with either.
        """

    def scan(
        self,
        query: Query = Everything(),  # noqa: B008 - frozen
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = True,
    ) -> Iterator[Document]:
        """Every document the query finds, lazily, oldest first, copies included unless told otherwise."""

    def count(
        self,
        query: Query = Everything(),  # noqa: B008 - frozen
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> int:
        """How many documents the query finds, exactly."""

    def facets(
        self,
        query: Query,
        fields: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> Counts:
        """How many documents have each value of each facet (of `core.index.FACETS`), exactly."""

    def histogram(
        self,
        query: Query,
        bucket: Bucket,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> Bars:
        """How many documents were published in each hour, day, week or month."""

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
        """The histogram of each value of each facet, values without any document left out."""

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
        """How many documents have a value of one facet and a value of another; most frequent first."""

    def leads(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """When each article that opens a story was published, copies included, in whole seconds, rising."""

    def counts(self) -> dict[str, Any]:
        """How full the index is: all `documents` and `stories`; `flagged` by watchlist, without copies."""

    def older(self, before: datetime, limit: int) -> list[str]:
        """Ids of the oldest articles from before that time."""

    def with_text(self, before: datetime, limit: int) -> list[Stored]:
        """The oldest articles from before that time that still have a text."""

    def story_ids(self) -> dict[str, str]:
        """The story of every article, by id."""


class ArticleIndex(ArticleSink, ArticleSearch, Protocol):
    """Both sides."""
