"""Dedup of the articles of some hosts, then classify and flag, which need nothing but the article.

    articles.raw ─► normalize ─► dedup ─► classify ─► flag ─► articles.flagged (by language)

All sightings of a host stand in one partition, so the partition decides alone. An article that moves to
another language, or turns out to be a sighting of another, is taken back from where it was put before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.database import Schema
from connectors.errors import PermanentError
from connectors.normalize import EmptyItem, item_from_json, normalize
from connectors.publish import log as log_tables
from connectors.publish.log import Log, Logged, identity, microseconds, moment
from connectors.records import Article
from connectors.topics import RECEIVED, RETRY

from .. import wire
from ..core.classify import classify
from ..core.compiled import Vocabulary
from ..core.dedup import Decision, Seen, sighting, stand
from ..core.flag import flag
from ..core.matcher import scan
from ..core.nodes import node_of
from ..core.records import Flagged, Outcome
from ..core.sources import Sources
from ..pipeline import stored
from ..seen import Deduplicator
from ..seen import sqlite as seen_tables
from ..wire import FlaggedRecord, Operation
from . import sightings
from .store import Message, PartitionStore, Record
from .targets import Gauge, Laps, Targets

PLACED = Schema(
    "placed",
    (
        """
        CREATE TABLE placed (
            id TEXT PRIMARY KEY,
            language TEXT NOT NULL,  -- in whose partition the article was put last
            months TEXT NOT NULL     -- in whose indices it may be, parted by commas
        ) STRICT, WITHOUT ROWID;
        """,
    ),
)
SCHEMAS = (log_tables.SCHEMA, seen_tables.SCHEMA, PLACED)

_log = logging.getLogger(__name__)


class DedupPartition:
    """One partition of articles.raw."""

    def __init__(
        self,
        path: Path,
        *,
        vocabulary: Vocabulary,
        sources: Callable[[], Sources],
        targets: Targets,
        gauge: Gauge,
    ) -> None:
        """Open its file, creating it. Raises StoreError."""
        self.store = PartitionStore(path, SCHEMAS)
        self._log = Log(self.store.database)
        self._seen = seen_tables.SqliteSeenState(self.store.database)
        self._dedup = Deduplicator(self._seen)
        self._execute = self.store.database.connection.execute
        self._vocabulary, self._sources = vocabulary, sources
        self._to, self._gauge, self._laps = targets, gauge, Laps(gauge)

    def work(self, records: Sequence[Record], *, quiet: bool = False) -> list[Message]:
        """Take the next records; returns what is to be sent.

        `quiet`: only to know what another worker has done and sent; the same state comes of it.
        """
        messages: list[Message] = []
        with self.store.batch(records[-1].offset + 1, messages):
            for record in records:
                self._laps.start()
                messages.extend(self._take(record, quiet=quiet))
        self._laps.tell()
        return messages

    def _take(self, record: Record, *, quiet: bool) -> Sequence[Message]:
        """One item to its one outcome. What is wrong with an item never stops the others."""
        line = self._admit(record)
        if line is None:
            self._count("duplicate", quiet=quiet)
            return ()
        work = _Work()
        self._execute("SAVEPOINT item")
        try:
            return self._decide(line, record, work, quiet=quiet)
        except EmptyItem as cause:
            self._execute("ROLLBACK TO item")
            return self._refuse(line, record, "skipped", str(cause), quiet=quiet)
        except PermanentError as cause:
            self._execute("ROLLBACK TO item")
            return self._give_up(line, record, work.stage, str(cause), quiet=quiet)
        except Exception as cause:  # noqa: BLE001 - the stages' outer wall: one item never stops the rest
            self._execute("ROLLBACK TO item")
            _log.exception("item failed", extra={"place": record.place})
            return self._give_up(line, record, work.stage, f"{type(cause).__name__}: {cause}", quiet=quiet)
        finally:
            self._execute("RELEASE item")

    def _admit(self, record: Record) -> Logged | None:
        """The line of an item to be worked; None for one that came before and was."""
        body = record.value or b""
        stamp = record.headers.get(RECEIVED, b"")
        received = moment(int(stamp)) if stamp.isdigit() else datetime.fromtimestamp(record.timestamp, UTC)
        if self._log.append([body], received).new:
            return Logged(self._log.last, received, body)
        line = self._log.find(body)
        if line is None:
            return None
        before = self._seen.reasons([line.seq]).get(line.seq)
        again = RETRY in record.headers or before is None or before["outcome"] == "failed"
        return line if again else None

    def _decide(self, line: Logged, record: Record, work: _Work, *, quiet: bool) -> Sequence[Message]:
        article = normalize(item_from_json(line.body), line.received)
        incoming = sighting(article, line.seq)
        decision = self._dedup.put(incoming)
        speaks = decision.seen.speaker.item == article.item_hash
        standing = stand(article, decision.seen) if speaks else self._standing(decision.seen)
        about = sightings.of_article(incoming, decision, record)
        self._seen.record(line.seq, decision.outcome, article.id, None, decision.reason)
        moved, months = self._place(decision, standing)
        self._laps.lap("dedup")
        if quiet:
            return ()
        self._count(decision.outcome, quiet=False)
        if standing is None:
            return (self._report(about, record.offset),)
        flagged = self._analyze(standing, work)
        return (*moved, self._hand_on(flagged, decision.seen, months, about))

    def _standing(self, seen: Seen) -> Article | None:
        """The article in the words of a sighting that came before; None when retention removed them."""
        for line in self._log.read([seen.speaker.seq]):
            return stand(normalize(item_from_json(line.body), line.received), seen)
        return None

    def _analyze(self, article: Article, work: _Work) -> Flagged:
        work.stage = "classify"
        hits = scan(article, self._vocabulary)
        classified = classify(article, hits, self._vocabulary)
        self._laps.lap("classify")
        work.stage = "flag"
        flags = flag(article, hits, self._vocabulary)
        self._laps.lap("flag")
        return Flagged(article=article, classified=classified, flags=flags)

    def _place(self, decision: Decision, standing: Article | None) -> tuple[list[Message], tuple[str, ...]]:
        """Note where the article is put now; take it, and those it swallowed, back from elsewhere.

        Returns the messages that do so, and the months in whose indices the article may be.
        """
        messages = []
        months: tuple[str, ...] = ()
        count = decision.seen.sightings
        for merged in decision.merged:
            language, places = self._placed(merged)
            if language:
                self._execute("DELETE FROM placed WHERE id = ?", (merged,))
                gone = FlaggedRecord(id=merged, sightings=count, elsewhere=places, absorbed=True)
                messages.append(self._flagged(language, gone))
        if standing is not None:
            language, months = self._placed(standing.id)
            if language and language != standing.language:
                messages.append(self._flagged(language, FlaggedRecord(id=standing.id, sightings=count)))
            months = tuple(sorted({*months, self._to.encoder.month_of(standing.when)}))
            self._execute(
                "INSERT OR REPLACE INTO placed VALUES (?, ?, ?)",
                (standing.id, standing.language, ",".join(months)),
            )
        return messages, months

    def _placed(self, article: str) -> tuple[str, tuple[str, ...]]:
        row = self._execute("SELECT language, months FROM placed WHERE id = ?", (article,)).fetchone()
        return (row[0], tuple(row[1].split(","))) if row else ("", ())

    def _hand_on(
        self, flagged: Flagged, seen: Seen, months: tuple[str, ...], about: dict[str, Any]
    ) -> Message:
        article = flagged.article
        month = self._to.encoder.month_of(article.when)
        document = stored(flagged, seen, self._sources(), self._vocabulary.version)
        node = node_of(flagged)
        record = FlaggedRecord(
            id=article.id,
            sightings=seen.sightings,
            node=node,
            host=document.source.host,
            revision=seen.revision,
            month=month,
            elsewhere=tuple(one for one in months if one != month),
            body=self._to.encoder.encode(document, node),
            sighting=about,
        )
        return self._flagged(article.language, record)

    def _flagged(self, language: str, record: FlaggedRecord) -> Message:
        topic, partition = self._to.flagged(language)
        key = (
            f"{record.id}@{record.sightings}"  # not the id alone: compaction keeps the last, not the highest
        )
        return Message(topic, partition, key.encode(), wire.encode(record))

    def _give_up(
        self, line: Logged, record: Record, stage: str, reason: str, *, quiet: bool
    ) -> list[Message]:
        messages = self._refuse(line, record, "failed", reason, quiet=quiet)
        return messages if quiet else [*messages, self._to.dead_letter(stage, reason, record)]

    def _refuse(
        self, line: Logged, record: Record, outcome: Outcome, reason: str, *, quiet: bool
    ) -> list[Message]:
        self._seen.record(line.seq, outcome, None, None, reason)
        self._count(outcome, quiet=quiet)
        item = identity(line.body).hex()
        about = sightings.of_none(item, outcome, reason, line.received, record)
        return [] if quiet else [self._report(about, record.offset)]

    def _report(self, about: dict[str, Any], offset: int) -> Message:
        """What became of an item that brings no document with it."""
        body, received = sightings.encode(about), microseconds(about["received"])
        operation = Operation("sighting", about["item"], offset + 1, "", body, received)
        return Message(self._to.grouped, None, None, wire.encode((operation,)))

    def _count(self, outcome: Outcome, *, quiet: bool) -> None:
        if not quiet:
            self._gauge.outcome(outcome)


@dataclass(slots=True)
class _Work:
    """How far one item is: whose dead letter it would be."""

    stage: str = "dedup"
