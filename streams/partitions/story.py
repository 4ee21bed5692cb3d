"""Stories of the articles of some languages, and what each change of them writes into the index.

    articles.flagged ─► story ─► documents, stories, sightings as operations ─► articles.grouped

All articles of a language stand in one partition, so stories do not depend on how many workers there
are. A document is written again when its own place changes; its version says how much of the topic it
knows. What its story comes to (size, outlets) is up to date in the story, and in the document of the
article that leads it. The others are written again when one of the numbers reaches another power of
two, so that "told by two outlets or more" holds for each of them, and a story of n articles costs some
n writes and not n². Readers join the story: `sinks.elasticsearch.placed`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from connectors.database import Schema
from connectors.publish.log import microseconds

from .. import wire
from ..core.index import dedup_of, story_ref
from ..core.records import Grouping, Match, Story
from ..core.story import Changes, Stories
from ..state import sqlite as story_tables
from ..wire import FlaggedRecord, Operation, version
from . import sightings
from .store import Message, PartitionStore, Record
from .targets import Gauge, Laps, Targets

ARTICLES = Schema(
    "grouped",
    (
        """
        CREATE TABLE articles (
            id TEXT PRIMARY KEY,
            sightings INTEGER NOT NULL,  -- of the newest record, also of one that took the article away
            host TEXT NOT NULL,
            revision INTEGER NOT NULL,
            month TEXT NOT NULL,
            elsewhere TEXT NOT NULL,     -- months parted by spaces
            body BLOB                    -- JSON for the index; NULL when the article is not here (any more)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE groupings (id TEXT PRIMARY KEY, story_id TEXT NOT NULL, record BLOB NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE INDEX groupings_by_story ON groupings (story_id);
        CREATE TABLE stories (id TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
        """,
        # Rows of some kilobytes are put at the end of a table, not in between by id: a batch costs less.
        """
        ALTER TABLE articles RENAME TO articles_by_id;
        CREATE TABLE articles (
            id TEXT PRIMARY KEY,
            sightings INTEGER NOT NULL,
            host TEXT NOT NULL,
            revision INTEGER NOT NULL,
            month TEXT NOT NULL,
            elsewhere TEXT NOT NULL,
            body BLOB
        ) STRICT;
        INSERT INTO articles SELECT * FROM articles_by_id;
        DROP TABLE articles_by_id;
        """,
    ),
)
SCHEMAS = (story_tables.SCHEMA, ARTICLES)

MESSAGE_BYTES = 250_000
"""Of operations sent together: some fifty articles. What waits for the index is counted in messages."""

_log = logging.getLogger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_grouping = msgspec.msgpack.Decoder(Grouping).decode
_story = msgspec.msgpack.Decoder(Story).decode


class StoryPartition:
    """One partition of articles.flagged."""

    def __init__(self, path: Path, *, targets: Targets, gauge: Gauge) -> None:
        """Open its file, creating it. Raises StoreError."""
        self.store = PartitionStore(path, SCHEMAS)
        self._execute = self.store.database.connection.execute
        self._stories = self._fresh()
        self._to, self._laps = targets, Laps(gauge)

    def _fresh(self) -> Stories:
        return Stories(story_tables.SqliteStoryState(self.store.database))

    def work(self, records: Sequence[Record], *, quiet: bool = False) -> list[Message]:
        """Take the next records, all or a part of them: `store.next` says how far; what is to be sent.

        A record that the stage cannot take goes to the dead letters, and the others are taken without it.
        `quiet`: only to know what another worker has done and sent; the same state comes of it.
        """
        messages: list[Message] = []
        try:
            with self.store.batch(records[-1].offset + 1, messages):
                operations = self._take(records, quiet=quiet)
                if not quiet:
                    messages.extend(packed(self._to.grouped, records[0].partition, operations))
        except Exception as cause:  # noqa: BLE001 - the stage's outer wall: one record never stops the rest
            self._stories = self._fresh()  # what it holds in memory went further than what was kept
            if len(records) > 1:
                return self.work(records[: len(records) // 2], quiet=quiet)
            return self._give_up(records[0], cause, quiet=quiet)
        return messages

    def _give_up(self, record: Record, cause: Exception, *, quiet: bool) -> list[Message]:
        _log.error("article failed", exc_info=cause, extra={"place": record.place})
        messages: list[Message] = []
        with self.store.batch(record.offset + 1, messages):
            if not quiet:
                messages.append(self._to.dead_letter("story", f"{type(cause).__name__}: {cause}", record))
        return messages

    def _take(self, records: Sequence[Record], *, quiet: bool) -> list[Operation]:
        operations: dict[tuple[str, str, str], Operation] = {}
        touched: dict[str, None] = {}

        def add(operation: Operation) -> None:
            operations[operation.kind, operation.id, operation.month] = operation

        end = records[-1].offset + 1  # 0 is for what leaves a partition: it yields to where the article went
        self._laps.start()
        told = _Told(self._kept_story)
        for record in records:
            for operation in self._put(wire.decode_flagged(record.value or b""), touched, told):
                add(operation)
            # One by one: another worker may have stopped, and told what it knew, at any record of these. What
            # was different there for a moment has to be told again, or its word would stand.
            told.add(self._stories.decide())
        self._stories.save()
        touched.update(dict.fromkeys(self._keep(told)))
        self._laps.lap("story")
        if not quiet:
            for story_id, story in told.stories.items():
                add(self._story_changed(story_id, story, end))
            for article in touched:
                for operation in self._document(article, end):
                    add(operation)
            self._laps.lap("index")
            self._laps.tell()
        return list(operations.values())

    def _put(self, flagged: FlaggedRecord, touched: dict[str, None], told: _Told) -> Iterator[Operation]:
        """Take in one record, unless a newer one of its article was here before."""
        row = self._execute("SELECT sightings FROM articles WHERE id = ?", (flagged.id,)).fetchone()
        matches: tuple[Match, ...] = ()
        if row is None or row[0] <= flagged.sightings:
            if flagged.node is None:
                yield from self._remove(flagged)
                touched.pop(flagged.id, None)
                told.groupings.pop(flagged.id, None)
            else:
                matches = self._stories.put_node(flagged.node)
                self._save(flagged, flagged.body)
                touched[flagged.id] = None
        if flagged.sighting is not None:
            about = flagged.sighting
            if matches and about["outcome"] == "new":
                about = sightings.as_copy(about, matches[0])
            yield self._sighting(about)

    def _remove(self, flagged: FlaggedRecord) -> Iterator[Operation]:
        self._stories.remove(flagged.id)
        self._execute("DELETE FROM groupings WHERE id = ?", (flagged.id,))
        self._save(flagged, None)
        if flagged.absorbed:
            for month in flagged.elsewhere:
                yield Operation("gone", flagged.id, version(flagged.sightings, 0), month)

    def _save(self, flagged: FlaggedRecord, body: bytes | None) -> None:
        self._execute(
            "INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(flagged.id, flagged.sightings, flagged.host, flagged.revision, flagged.month),
                *(" ".join(flagged.elsewhere), body),
            ),
        )

    def _sighting(self, about: dict[str, Any]) -> Operation:
        offset = int(about["place"].rpartition("/")[2])
        body = sightings.encode(about)
        received = microseconds(about["received"])
        return Operation("sighting", about["item"], offset + 1, "", body, received)

    def _keep(self, told: _Told) -> Iterable[str]:
        """Remember what was told; ids of the articles whose documents it changes."""
        connection = self.store.database.connection
        connection.executemany(
            "INSERT OR REPLACE INTO groupings VALUES (?, ?, ?)",
            ((one.id, one.story_id, _encode(one)) for one in told.groupings.values()),
        )
        kept = [story for story in told.stories.values() if story]
        connection.executemany(
            "INSERT OR REPLACE INTO stories VALUES (?, ?)", ((story.id, _encode(story)) for story in kept)
        )
        gone = [(story_id,) for story_id, story in told.stories.items() if not story]
        connection.executemany("DELETE FROM stories WHERE id = ?", gone)
        yield from told.groupings  # those that left a story in between are among them
        for story in kept:
            yield story.lead
            if story.id in told.turned:
                members = self._execute("SELECT id FROM groupings WHERE story_id = ?", (story.id,))
                yield from [article for (article,) in members]

    def _kept_story(self, story_id: str) -> Story | None:
        row = self._execute("SELECT record FROM stories WHERE id = ?", (story_id,)).fetchone()
        return _story(row[0]) if row else None

    def _story_changed(self, story_id: str, story: Story | None, end: int) -> Operation:
        number = self._story_version(story_id, end)
        if story is None:
            return Operation("gone-story", story_id, number, "")
        return Operation("story", story_id, number, "", self._to.encoder.story_body(story))

    def _story_version(self, story_id: str, end: int) -> int:
        """A story goes with the article that leads it, also to another language's partition."""
        question = "SELECT sightings, body IS NOT NULL FROM articles WHERE id = ?"
        row = self._execute(question, (story_id[1:],)).fetchone()
        if row is None:
            return version(1, end)
        return version(row[0], end if row[1] else 0)

    def _document(self, article: str, end: int) -> Iterator[Operation]:
        """The article as it stands, into the index of its month and out of any other."""
        row = self._execute("SELECT * FROM articles WHERE id = ?", (article,)).fetchone()
        if row is None or row[-1] is None:
            return
        _, count, host, revision, month, elsewhere, body = row
        found = self._execute(
            "SELECT g.record, s.record FROM groupings g LEFT JOIN stories s ON s.id = g.story_id "
            "WHERE g.id = ?",
            (article,),
        ).fetchone()
        grouping = _grouping(found[0]) if found else None
        story = _story(found[1]) if found and found[1] else None
        whole = self._to.encoder.splice(
            body,
            dedup=dedup_of(revision, grouping),
            story_id=grouping.story_id if grouping else article,
            story=story_ref(article, host, grouping, story),
        )
        number = version(count, end)
        yield Operation("document", article, number, month, whole)
        for other in elsewhere.split():
            yield Operation("gone", article, number, other)


@dataclass(slots=True)
class _Told:
    """What the story stage told in one batch: its last word on each article and story."""

    before: Callable[[str], Story | None]
    """A story as it was told before the batch."""
    groupings: dict[str, Grouping] = field(default_factory=dict)
    stories: dict[str, Story | None] = field(default_factory=dict)
    """None for one that is gone."""
    turned: set[str] = field(default_factory=set)
    """Ids of stories that reached another magnitude, if only for a moment."""

    def add(self, changes: Changes) -> None:
        """What was told after one more record."""
        for story in changes.stories:
            known = self.stories[story.id] if story.id in self.stories else self.before(story.id)
            if known is None or _magnitude(known) != _magnitude(story):
                self.turned.add(story.id)
        self.groupings.update((one.id, one) for one in changes.groupings)
        self.stories.update(dict.fromkeys(changes.gone))
        self.stories.update((story.id, story) for story in changes.stories)


def _magnitude(story: Story) -> tuple[int, int]:
    """The powers of two that its numbers reach."""
    return story.size.bit_length(), story.independent.bit_length()


def packed(topic: str, partition: int, operations: Iterable[Operation]) -> Iterator[Message]:
    """Operations in as few messages as a broker takes well; those of one language stay in order."""
    batch: list[Operation] = []
    size = 0
    for operation in operations:
        weight = len(operation.body or b"") + 100
        if batch and size + weight > MESSAGE_BYTES:
            yield Message(topic, partition, None, wire.encode(tuple(batch)))
            batch, size = [], 0
        batch.append(operation)
        size += weight
    if batch:
        yield Message(topic, partition, None, wire.encode(tuple(batch)))
