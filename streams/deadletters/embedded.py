"""Items that a stage gave up on: kept in the log as they came, taken up again on request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors.publish.log import Log

from ..core.records import Outcome
from ..embedded import Instance
from ..seen.sqlite import SqliteSeenState


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One item without a document: where it stands in the log, why it failed, and its original bytes."""

    id: int
    received: datetime
    reason: str
    body: bytes


def dead_letters(log: Log, seen: SqliteSeenState) -> Iterator[DeadLetter]:
    """Every failed item, oldest first."""
    for seq, reason in seen.failures():
        for line in log.read([seq]):
            yield DeadLetter(seq, line.received, reason, line.body)


def retry(instance: Instance, only: int | None = None) -> Counter[Outcome]:
    """Take failed items through the stages again, all or the one at `only`; a new failure stays one."""
    seqs = [one.id for one in dead_letters(instance.log, instance.seen) if only in (None, one.id)]
    total: Counter[Outcome] = Counter()
    for at in range(0, len(seqs), 100):
        with instance.whole():
            total += instance.pipeline.process(instance.log.read(seqs[at : at + 100]))
    return total
