"""One process, one file: the composition root of the embedded mode.

    items ─► log ─┐
                  ├─ one SQLite transaction per batch: stages, documents, change log, cursor
                  ▼
              documents

Exactly-once follows from the transaction: a kill at any moment loses nothing and repeats nothing. One
process writes; any number read.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from connectors.database import Database, Schema
from connectors.errors import StoreError
from connectors.publish import log as log_tables
from connectors.publish.log import Log
from connectors.records import Feed
from connectors.state import sqlite as feed_tables

from .core.compiled import Vocabulary
from .core.records import Outcome
from .core.sources import Sources
from .core.story import Stories
from .pipeline import Pipeline
from .retention import Cutoffs, Forgotten, forget
from .seen import sqlite as seen_tables
from .sinks import sqlite as index_tables
from .sinks import sqlite_arrivals as arrival_tables
from .sinks import sqlite_changes as change_tables
from .state import sqlite as story_tables

CURSOR = Schema(
    "pipeline", ("CREATE TABLE cursor (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER) STRICT;",)
)

SCHEMAS: tuple[Schema, ...] = (
    log_tables.SCHEMA,
    feed_tables.SCHEMA,
    seen_tables.SCHEMA,
    story_tables.SCHEMA,
    index_tables.SCHEMA,
    change_tables.SCHEMA,
    arrival_tables.SCHEMA,
    CURSOR,
)
"""Every table of an embedded instance, by the port that owns it."""

BATCH = 1000
"""Items worked in one transaction: large enough to share its cost, small enough to be felt as live."""


class Instance:
    """An embedded instance open for writing: append items, work them, read what came of it."""

    def __init__(self, store: Path, vocabulary: Vocabulary, feeds: Iterable[Feed] = ()) -> None:
        """Open the store, creating or migrating it; `feeds` tell of publishers beyond the store's own list.

        Raises StoreError.
        """
        self.database = Database(store, SCHEMAS)
        self.log = Log(self.database)
        self.feeds = feed_tables.SqliteFeedStateStore(self.database)
        self.seen = seen_tables.SqliteSeenState(self.database)
        self.index = index_tables.SqliteIndex(self.database)
        self.changes = change_tables.ChangeLog(self.database)
        self.arrivals = arrival_tables.ArrivalLog(self.database)
        self._noting = change_tables.Noting(self.index, self.changes, self.database)
        self._known_feeds = tuple(feeds)
        self._vocabulary = vocabulary
        self.pipeline = self._assemble()

    def _assemble(self) -> Pipeline:
        return Pipeline(
            read=self.log.read,
            seen=self.seen,
            stories=Stories(story_tables.SqliteStoryState(self.database)),
            index=self._noting,
            vocabulary=self._vocabulary,
            sources=self.sources(),
        )

    def judge_by(self, vocabulary: Vocabulary) -> None:
        """Work what comes from now on by this vocabulary; what is there already stays as it is."""
        self._vocabulary = self.pipeline.vocabulary = vocabulary

    def sources(self) -> Sources:
        """Publishers as the feed list has them now."""
        return Sources([*self._known_feeds, *(state.feed for state in self.feeds.all())])

    def add_feeds(self, feeds: Iterable[Feed]) -> int:
        """Put feeds on the list and learn from them who publishes; return how many were new."""
        added = self.feeds.add(feeds)
        self.pipeline.sources = self.sources()
        return added

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the next writer in."""
        self.database.close()

    @property
    def cursor(self) -> int:
        """Number of the last line of the log that is worked."""
        row = self.database.connection.execute("SELECT seq FROM cursor").fetchone()
        return int(row[0]) if row else 0

    def step(self, limit: int = BATCH) -> Counter[Outcome]:
        """Work the next lines of the log in one transaction; an empty tally when there are none."""
        lines = self.log.after(self.cursor, limit)
        if not lines:
            return Counter()
        with self.whole() as connection:
            self._noting.at = max(line.received for line in lines)
            tally = self.pipeline.process(lines)
            connection.execute("INSERT OR REPLACE INTO cursor VALUES (1, ?)", (lines[-1].seq,))
        return tally

    def drain(self) -> Counter[Outcome]:
        """Work the log to its end."""
        total: Counter[Outcome] = Counter()
        while tally := self.step():
            total += tally
        return total

    def ingest(
        self, bodies: Sequence[bytes], received: datetime, mark: Callable[[], None], *, quiet: bool = False
    ) -> Counter[Outcome]:
        """Append items and work them, in one transaction with `mark`, which notes how far the import is.

        An item that the log already has is counted as a duplicate and changes nothing. `quiet`: no
        subscription ever tells of them.
        """
        with self.whole(quiet=quiet):
            appended = self.log.append(bodies, received)
            tally = self.drain()
            tally["duplicate"] += appended.repeated
            mark()
        return +tally

    def forget(self, due: Cutoffs) -> Forgotten:
        """Remove what retention says is too old; by default nothing is."""
        with self.database.transaction():
            self.arrivals.forget(documents=due.documents, texts=due.texts)
        return forget(due, self.index, _WorkedItems(self.log, self.cursor))

    @contextlib.contextmanager
    def whole(self, *, quiet: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction that takes the story stage's memory back with it when it fails.

        `quiet`: no subscription ever tells of what changes in it.
        """
        before, self._noting.quiet = self._noting.quiet, self._noting.quiet or quiet
        try:
            begun = self.database.connection.in_transaction
            with self.database.transaction() as connection:
                if not begun:
                    self._noting.begin()
                yield connection
                self._noting.write_down()
        except BaseException as cause:
            self._noting.forget()
            if not self.database.connection.in_transaction:
                self.pipeline = self._assemble()
            if isinstance(cause, sqlite3.OperationalError):
                raise StoreError(
                    f"The store {self.database.path} cannot be written ({cause}). Nothing of the last batch "
                    "was kept: make room or mend the disk, then run the same command again."
                ) from cause
            raise
        finally:
            self._noting.quiet = before


@dataclass(frozen=True, slots=True)
class _WorkedItems:
    """The log as retention sees it: what is not worked yet is never dropped."""

    log: Log
    cursor: int

    def drop_before(self, moment: datetime) -> int:
        """See KeptItems."""
        return self.log.drop_before(moment, self.cursor)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading commands look at; it never waits for the writer nor stops it."""

    database: Database
    log: Log
    feeds: feed_tables.SqliteFeedStateStore
    seen: seen_tables.SqliteSeenState
    stories: Stories
    index: index_tables.SqliteIndex
    arrivals: arrival_tables.ArrivalLog

    @property
    def lag(self) -> int:
        """Items of the log not yet searchable."""
        row = self.database.connection.execute("SELECT seq FROM cursor").fetchone()
        query = "SELECT count(*) FROM items WHERE seq > ? AND length(body) > 0"
        return int(self.database.connection.execute(query, (row[0] if row else 0,)).fetchone()[0])


@contextlib.contextmanager
def reading(store: Path) -> Iterator[Reading]:
    """Open a store for reading only. Raises StoreError when there is none."""
    database = Database(store, SCHEMAS, writer=False)
    try:
        _check_begun(database)
        yield Reading(
            database=database,
            log=Log(database),
            feeds=feed_tables.SqliteFeedStateStore(database),
            seen=seen_tables.SqliteSeenState(database),
            stories=Stories(story_tables.SqliteStoryState(database)),
            index=index_tables.SqliteIndex(database),
            arrivals=arrival_tables.ArrivalLog(database),
        )
    finally:
        database.close()


def _check_begun(database: Database) -> None:
    """Raise StoreError for a store that was only given feeds so far."""
    versions = database.connection.execute("SELECT name FROM schema_versions").fetchall()
    if (CURSOR.name,) not in versions:
        raise StoreError(f"Nothing came into the store {database.path} yet. `biowire run` fetches its feeds.")
