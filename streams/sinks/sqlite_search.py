"""Find articles in the SQLite index and compose them with their place among the others."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from connectors.errors import UserError

from ..core.highlight import highlight
from ..core.index import FACETS, Stored, compose, normal
from ..core.query import Everything, Is, Query, Value, narrow
from ..core.records import Document, Grouping, Story
from . import COUNT_TO, Bars, Bucket, Counts, Hit, SearchResult, Sort, Trends
from .order import cursor, place, read_cursor, second
from .sqlite_counts import SqliteCounts
from .sqlite_plan import Plan, plan
from .sqlite_schema import ID_BITS, first_docid, id_bits, moment
from .sqlite_values import Ints

_stored = msgspec.json.Decoder(Stored).decode
_grouping = msgspec.json.Decoder(Grouping).decode
_story = msgspec.json.Decoder(Story).decode

_COMPOSED = (
    "SELECT a.docid, a.document, p.grouping, s.story FROM json_each(?) j JOIN articles a ON a.docid = j.value"
    " JOIN places p ON p.docid = a.docid LEFT JOIN stories s ON s.id = p.story_id"
)
_MIN_PREFIX = 4
_SCAN_BATCH = 500
_BEST = "ORDER BY bm25(articles_fts, 4, 2, 1, 0), f.rowid DESC"
"""A word of the title counts four times, of the summary twice."""


class SqliteSearch:
    """The reading side of the index."""

    connection: sqlite3.Connection

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._counts = SqliteCounts(connection)

    def get(self, id: str) -> Document | None:  # noqa: A002 - the word of the port
        """Find the document with this id."""
        row = self.connection.execute(
            "SELECT docid FROM places WHERE id = ? AND docid IS NOT NULL", (id,)
        ).fetchone()
        documents = self._documents(row or ())
        return documents[0] if documents else None

    def several(self, ids: Iterable[str]) -> list[Document]:
        """Find the documents with these ids, as far as there are any; in no particular order."""
        rows = self.connection.execute(
            "SELECT docid FROM places WHERE docid IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return self._documents([row for (row,) in rows])

    def find(self, key: str) -> Document | None:
        """Find by id, beginning of an id, or URL."""
        if found := self.get(key):
            return found
        if len(key) >= _MIN_PREFIX and (rows := self._ids_from(key)):
            if len(rows) > 1:
                raise UserError(f"Several articles have an id that begins with {key}; give more of it.")
            return self.get(rows[0])
        url = normal("url", key)
        hits = self.search(Value("url", url), limit=1, copies=True).hits if url else ()
        return hits[0].document if hits else None

    def _ids_from(self, start: str) -> list[str]:
        rows = self.connection.execute(
            "SELECT id FROM places WHERE id >= ? AND id < ? AND docid IS NOT NULL LIMIT 2",
            (start, start + "\U0010ffff"),
        )
        return [id_ for (id_,) in rows]

    def story(self, id: str) -> Story | None:  # noqa: A002 - the word of the port
        """Find the story with this id."""
        row = self.connection.execute("SELECT story FROM stories WHERE id = ?", (id,)).fetchone()
        return _story(row[0]) if row else None

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
        wanted = plan(narrow(query, since=since, until=until, copies=copies), self.connection)
        found = self._counts.rows(wanted, counted=True) if facets or bars else None
        if found is not None:
            newest = found[: _before(found, after)][::-1][offset : offset + limit + 1].tolist()
            rows = newest if sort == "new" else self._page(wanted, sort, limit, offset, after)
            total = len(found)
        elif sort == "new" and after is None and offset + limit < COUNT_TO:
            walked = self._page(wanted, sort, COUNT_TO - 1, 0, None)  # page and count in one walk
            rows, total = walked[offset : offset + limit + 1], len(walked)
        else:
            rows, total = self._page(wanted, sort, limit, offset, after), self._total(wanted)
        documents = self._documents(rows[:limit])
        return SearchResult(
            hits=tuple(Hit(document=one, highlights=highlight(query, one)) for one in documents),
            total=total,
            exact=found is not None or total < COUNT_TO,
            next=cursor(documents[-1]) if sort == "new" and documents and len(rows) > limit else None,
            facets=self._counts.facets(found, facets) if found is not None else {},
            bars=_moments(self._counts.histogram(found, bars)) if found is not None and bars else (),
        )

    def _total(self, wanted: Plan) -> int:
        sql, values = wanted.select("1")
        counted = f"SELECT count(*) FROM ({sql} LIMIT {COUNT_TO})"  # noqa: S608 - our own SQL
        return int(self.connection.execute(counted, values).fetchone()[0])

    def _page(self, wanted: Plan, sort: Sort, limit: int, offset: int, after: str | None) -> list[int]:
        """Row numbers of one page, and of one document more where there is one."""
        sql, values = wanted.select("f.rowid")
        if after is not None:
            sql += " AND f.rowid < ?"
            values = (*values, _row_of(after))
        order = _BEST if sort == "relevance" and wanted.match else "ORDER BY f.rowid DESC"
        found = self.connection.execute(f"{sql} {order} LIMIT ? OFFSET ?", (*values, limit + 1, offset))
        return [row for (row,) in found]

    def _documents(self, rows: Iterable[int]) -> list[Document]:
        """The documents of these rows, in their order, without those a writer took away meanwhile."""
        wanted = list(rows)
        found = {
            row: compose(
                _stored(document),
                _grouping(grouping) if grouping else None,
                _story(story) if story else None,
            )
            for row, document, grouping, story in self.connection.execute(_COMPOSED, (json.dumps(wanted),))
        }
        return [found[row] for row in wanted if row in found]

    def scan(
        self,
        query: Query = Everything(),  # noqa: B008 - frozen
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = True,
    ) -> Iterator[Document]:
        """Yield every document found, oldest first."""
        wanted = plan(narrow(query, since=since, until=until, copies=copies), self.connection)
        rows = self._counts.rows(wanted)
        for _, same in groupby(self._batches(rows.tolist()), key=lambda one: place(one)[0]):
            yield from sorted(same, key=place)

    def _batches(self, rows: list[int]) -> Iterator[Document]:
        for start in range(0, len(rows), _SCAN_BATCH):
            yield from self._documents(rows[start : start + _SCAN_BATCH])

    def count(
        self,
        query: Query = Everything(),  # noqa: B008 - frozen
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        copies: bool = False,
    ) -> int:
        """Count the documents found."""
        wanted = plan(narrow(query, since=since, until=until, copies=copies), self.connection)
        return self._counts.number(wanted)

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
        wanted = plan(narrow(query, since=since, until=until, copies=copies), self.connection)
        return self._counts.facets(self._counts.rows(wanted, counted=True), fields)

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
        wanted = plan(narrow(query, since=since, until=until, copies=copies), self.connection)
        return _moments(self._counts.histogram(self._counts.rows(wanted), bucket))

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
        wanted = plan(narrow(query, since=since, until=until, copies=copies), self.connection)
        found = self._counts.trends(self._counts.rows(wanted, counted=True), fields, bucket)
        return {
            field: {value: _moments(bars) for value, bars in values.items()}
            for field, values in found.items()
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
        wanted = plan(narrow(query, since=since, until=until, copies=copies), self.connection)
        return tuple(self._counts.together(self._counts.rows(wanted, counted=True), field, other))

    def leads(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Yield when each article that opens a story was published, from the row numbers alone."""
        wanted = plan(narrow(Is("lead"), since=since, until=until, copies=True), self.connection)
        rows = self._counts.rows(wanted)
        return (moment(row >> ID_BITS) for row in rows.tolist())

    def counts(self) -> dict[str, Any]:
        """Say how full the index is."""
        read = self.connection.execute
        return {
            "documents": read("SELECT count(*) FROM counted").fetchone()[0],
            "stories": read("SELECT count(*) FROM stories").fetchone()[0],
            "flagged": dict(self.facets(Everything(), ["watchlist"])["watchlist"]),
        }

    def older(self, before: datetime, limit: int) -> list[str]:
        """List ids of the oldest articles from before that time."""
        return [stored.id for stored in self._before(before, limit, "TRUE")]

    def with_text(self, before: datetime, limit: int) -> list[Stored]:
        """List the oldest articles from before that time that still have a text."""
        return self._before(before, limit, "has_text")

    def _before(self, moment: datetime, limit: int, condition: str) -> list[Stored]:
        rows = self.connection.execute(
            f"SELECT a.document FROM counted JOIN articles a USING (docid) WHERE docid < ? AND {condition}"  # noqa: S608
            " ORDER BY docid LIMIT ?",
            (first_docid(second(moment)), limit),
        )
        return [_stored(document) for (document,) in rows]

    def story_ids(self) -> dict[str, str]:
        """Give the story of every article, by id."""
        return dict(
            self.connection.execute("SELECT id, story_id FROM places WHERE docid IS NOT NULL").fetchall()
        )


def _row_of(after: str) -> int:
    """The row number a cursor stands for."""
    at, id_ = read_cursor(after)
    return first_docid(at) | id_bits(id_)


def _before(rows: Ints, after: str | None) -> int:
    """How many of these rows, which rise, come before a cursor."""
    return len(rows) if after is None else int(rows.searchsorted(_row_of(after)))


def _moments(bars: Iterable[tuple[int, int]]) -> Bars:
    return tuple((moment(at), count) for at, count in bars)
