"""Dead letters of an embedded instance: items that stand in its log and ended as failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ..core.compiled import Vocabulary
from ..core.records import Outcome
from ..embedded import Instance, Reading, reading
from ..seeds_files import starter_feeds
from . import DeadLetter

_BATCH = 100


class EmbeddedDeadLetters:
    """See DeadLetters. Each call opens the store for as long as it takes."""

    def __init__(
        self,
        store: Path,
        vocabulary: Callable[[], Vocabulary],
        writing: Callable[[], AbstractContextManager[Instance]] | None = None,
    ) -> None:
        """`vocabulary` is read only by what changes something.

        `writing`: the instance open for writing in this process; else each change opens one.
        """
        self._store = store
        self._writing = writing or (lambda: Instance(store, vocabulary(), starter_feeds()))

    def all(self, stage: str | None = None) -> Sequence[DeadLetter]:
        """See DeadLetters; a store does not tell at which stage an item failed."""
        with reading(self._store) as ports:
            return [one for one in _failed(ports) if stage in (None, one.stage)]

    def body(self, letter: DeadLetter) -> bytes:
        """See DeadLetters."""
        with reading(self._store) as ports:
            return b"".join(line.body for line in ports.log.read([int(letter.id)]))

    def retry(self, letters: Sequence[DeadLetter]) -> dict[str, int]:
        """See DeadLetters; by outcome, and a new failure stays a dead letter."""
        total: Counter[Outcome] = Counter()
        with self._writing() as instance:
            for at in range(0, len(letters), _BATCH):
                with instance.whole():
                    lines = instance.log.read([int(one.id) for one in letters[at : at + _BATCH]])
                    total += instance.pipeline.process(lines)
        return {str(outcome): count for outcome, count in total.items()}

    def discard(self, letters: Sequence[DeadLetter]) -> None:
        """See DeadLetters; the items stay in the log, as skipped."""
        with self._writing() as instance, instance.whole():
            for one in letters:
                reason = f"Discarded by hand; it had failed: {one.reason}"
                instance.seen.record(int(one.id), "skipped", None, None, reason)


def _failed(ports: Reading) -> Iterator[DeadLetter]:
    for seq, reason in ports.seen.failures():
        for line in ports.log.read([seq]):
            yield DeadLetter(
                id=str(seq),
                stage="normalize",
                received=line.received,
                time=None,
                reason=reason,
                tries=1,
                size=len(line.body),
            )
