"""FeedStateStore in the one SQLite file of an embedded instance."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from ..database import Database, Schema
from ..records import Feed
from ..schedule import FetchState
from . import FeedState

SCHEMA = Schema(
    "feeds",
    (
        """
        CREATE TABLE feeds (
            url TEXT PRIMARY KEY,
            feed BLOB NOT NULL,         -- JSON of connectors.records.Feed
            state BLOB NOT NULL,        -- JSON of connectors.schedule.FetchState
            next_fetch INTEGER,         -- microseconds since the epoch, UTC; null: retired
            seen BLOB NOT NULL DEFAULT x''  -- see connectors/seen.py
        ) STRICT;
        CREATE INDEX feeds_due ON feeds (next_fetch) WHERE next_fetch IS NOT NULL;
        """,
    ),
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FEED = msgspec.json.Decoder(Feed)
_STATE = msgspec.json.Decoder(FetchState)


class SqliteFeedStateStore:
    """Writes join the transaction that is open on the database, if any."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connection

    def add(self, feeds: Iterable[Feed]) -> int:
        """See FeedStateStore."""
        fresh = FetchState()
        new = 0
        with self._database.transaction() as connection:
            for feed in feeds:
                new += connection.execute(
                    "INSERT INTO feeds (url, feed, state, next_fetch) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT DO NOTHING",
                    (feed.url, msgspec.json.encode(feed), msgspec.json.encode(fresh), _stamp(fresh)),
                ).rowcount
        return new

    def update(self, feed: Feed) -> None:
        """See FeedStateStore."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE feeds SET feed = ? WHERE url = ?", (msgspec.json.encode(feed), feed.url)
            )

    def remove(self, url: str) -> bool:
        """See FeedStateStore."""
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM feeds WHERE url = ?", (url,)).rowcount > 0

    def get(self, url: str) -> FeedState | None:
        """See FeedStateStore."""
        row = self._connection.execute("SELECT feed, state FROM feeds WHERE url = ?", (url,)).fetchone()
        return _read(row) if row else None

    def all(self) -> list[FeedState]:
        """See FeedStateStore."""
        return [_read(row) for row in self._connection.execute("SELECT feed, state FROM feeds ORDER BY url")]

    def due(self, now: datetime, limit: int) -> list[FeedState]:
        """See FeedStateStore."""
        rows = self._connection.execute(
            "SELECT feed, state FROM feeds WHERE next_fetch <= ? ORDER BY next_fetch, url LIMIT ?",
            (_microseconds(now), limit),
        )
        return [_read(row) for row in rows]

    def next_due(self) -> datetime | None:
        """See FeedStateStore."""
        (stamp,) = self._connection.execute("SELECT min(next_fetch) FROM feeds").fetchone()
        return None if stamp is None else _EPOCH + timedelta(microseconds=stamp)

    def save(self, url: str, state: FetchState, seen: bytes | None = None, moved_to: str = "") -> None:
        """See FeedStateStore."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE feeds SET state = ?, next_fetch = ?, seen = ifnull(?, seen) WHERE url = ?",
                (msgspec.json.encode(state), _stamp(state), seen, url),
            )
            if moved_to and moved_to != url:
                self._move(connection, url, moved_to)

    def seen(self, url: str) -> bytes:
        """See FeedStateStore."""
        row = self._connection.execute("SELECT seen FROM feeds WHERE url = ?", (url,)).fetchone()
        return bytes(row[0]) if row else b""

    def _move(self, connection: sqlite3.Connection, url: str, moved_to: str) -> None:
        known = self.get(url)
        if known is None:
            return
        if self.get(moved_to) is not None:
            connection.execute("DELETE FROM feeds WHERE url = ?", (url,))
            return
        state = replace(known.state, moved_from=(*known.state.moved_from, url)[-5:])
        connection.execute(
            "UPDATE feeds SET url = ?, feed = ?, state = ? WHERE url = ?",
            (
                moved_to,
                msgspec.json.encode(replace(known.feed, url=moved_to)),
                msgspec.json.encode(state),
                url,
            ),
        )


def _read(row: tuple[bytes, bytes]) -> FeedState:
    return FeedState(_FEED.decode(row[0]), _STATE.decode(row[1]))


def _stamp(state: FetchState) -> int | None:
    if state.retired:
        return None
    return 0 if state.next_fetch is None else _microseconds(state.next_fetch)


def _microseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)
