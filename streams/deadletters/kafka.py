"""Dead letters of the distributed mode: read from their topics, sent back to where they came from.

    deadletters.STAGE ─► list, show
                      ─► retry: original bytes ─► the topic of the stage ─► acknowledged ─► tombstone

A kill between the two sends leaves both: the item comes twice, which every stage takes for the same.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition

from connectors.broker import Broker
from connectors.errors import UserError
from connectors.kafka_errors import TIMEOUT
from connectors.publish.log import moment
from connectors.topics import RECEIVED, RETRY

from .. import topics
from ..control import Control, live
from ..kafka_admin import consuming
from ..kafka_log import NotReadWholeError, Sending, read_whole
from . import DeadLetter
from .record import TRIES, DeadLetterRecord, from_message

_AT_ONCE = 50
"""Letters on their way at a time; each may have megabytes."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A dead letter without its body, and where it stands."""

    letter: DeadLetter
    key: bytes
    partition: TopicPartition
    offset: int


class KafkaDeadLetters:
    """See DeadLetters. Each call talks to the brokers for as long as it takes, which has a bound."""

    def __init__(self, broker: Broker, timeout: float = 60.0) -> None:
        """`timeout`: seconds for reading all letters, and for the brokers to take what is sent."""
        self._broker = broker
        self._timeout = timeout
        self._known: dict[tuple[str, str], _Kept] = {}

    def all(self, stage: str | None = None) -> Sequence[DeadLetter]:
        """See DeadLetters."""
        stages = topics.STAGES if stage is None else (stage,)
        with consuming(self._broker) as consumer:
            self._known = {
                (kept.letter.stage, kept.letter.id): kept
                for name in stages
                for kept in self._of_stage(consumer, name)
            }
        letters = [kept.letter for kept in self._known.values()]
        return sorted(letters, key=lambda one: (one.time or one.received, one.id))

    def body(self, letter: DeadLetter) -> bytes:
        """See DeadLetters."""
        with consuming(self._broker) as consumer:
            return self._record(consumer, letter).body

    def retry(self, letters: Sequence[DeadLetter]) -> dict[str, int]:
        """See DeadLetters: `sent`; `outdated` (its generation is gone); `unknown` place."""
        outcomes: Counter[str] = Counter()
        control = live(self._broker)
        with consuming(self._broker) as consumer, Sending(self._broker, self._timeout) as sending:
            for at in range(0, len(letters), _AT_ONCE):
                again = []
                for letter in letters[at : at + _AT_ONCE]:
                    record = self._record(consumer, letter)
                    target = target_of(record, self._broker, control)
                    outcomes[target if isinstance(target, str) else "sent"] += 1
                    if not isinstance(target, str):
                        sending.send(*target, record.key or None, record.body, headers_of(record))
                        again.append(letter)
                sending.wait()
                self._end(sending, again)
        return dict(outcomes)

    def discard(self, letters: Sequence[DeadLetter]) -> None:
        """See DeadLetters."""
        with Sending(self._broker, self._timeout) as sending:
            self._end(sending, letters)

    def count(self, timeout: float = 5.0) -> int:
        """How many there are; where `timeout` seconds do not suffice to read them, at most how many."""
        total = 0
        with consuming(self._broker) as consumer:
            deadline = time.monotonic() + timeout
            for stage in topics.STAGES:
                topic = topics.dead_letters(self._broker, stage)
                keys: set[bytes] = set()
                try:
                    for record in read_whole(consumer, topic, self._broker, deadline):
                        (keys.discard if record.value is None else keys.add)(record.key or b"")
                except NotReadWholeError as stopped:
                    total += stopped.left
                total += len(keys)
        return total

    def _end(self, sending: Sending, letters: Sequence[DeadLetter]) -> None:
        """Put a tombstone on each."""
        for one in letters:
            kept = self._known[one.stage, one.id]
            sending.send(kept.partition.topic, kept.partition.partition, kept.key, None)
        sending.wait()

    def _of_stage(self, consumer: KafkaConsumer, stage: str) -> Iterator[_Kept]:
        """The last message of each key, unless it is a tombstone."""
        name = topics.dead_letters(self._broker, stage)
        found: dict[bytes, _Kept] = {}
        for record in read_whole(consumer, name, self._broker, time.monotonic() + self._timeout):
            key = record.key or b""
            found.pop(key, None)
            if record.value is not None:
                letter = letter_of(from_message(stage, key, record.value, record.headers))
                found[key] = _Kept(letter, key, TopicPartition(name, 0), record.offset)
        yield from found.values()

    def _record(self, consumer: KafkaConsumer, letter: DeadLetter) -> DeadLetterRecord:
        """With its body; raises UserError when it is gone meanwhile."""
        kept = self._known[letter.stage, letter.id]
        consumer.assign([kept.partition])
        consumer.seek(kept.partition, kept.offset)
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            for record in consumer.poll(timeout_ms=500, max_records=1).get(kept.partition, ()):
                if record.offset == kept.offset and record.value is not None:
                    return from_message(letter.stage, record.key, record.value, record.headers)
                raise UserError(f"The dead letter {letter.id} is not there any more; list them again.")
        raise UserError(f"The broker {self._broker.url} did not answer in time.")


def target_of(record: DeadLetterRecord, broker: Broker, control: Control) -> tuple[str, int] | str:
    """Topic and partition a letter came from, where it is worked again; else `outdated` or `unknown`."""
    topic, _, rest = record.place.partition("/")
    number = rest.partition("/")[0]
    if not (number.isascii() and number.isdigit() and int(number) < 100_000):
        return "unknown"
    worked: Mapping[str, set[str]] = {
        "story": {topics.flagged(broker, one) for one in control.generations},
        "index": {topics.grouped(broker, one) for one in control.generations},
    }
    if topic in worked.get(record.stage, {topics.raw(broker)}):
        return topic, int(number)
    return "outdated" if topic.startswith(f"{broker.prefix}articles.") else "unknown"


def headers_of(record: DeadLetterRecord) -> list[tuple[str, bytes]]:
    """The headers it came with, and that it is worked though it came before."""
    kept = [(name, value) for name, value in record.headers if name not in (RETRY, TRIES)]
    return [*kept, (RETRY, record.place.encode()), (TRIES, str(record.tries).encode())]


def letter_of(record: DeadLetterRecord) -> DeadLetter:
    """What people are told of it."""
    stamp = dict(record.headers).get(RECEIVED, b"")
    return DeadLetter(
        id=record.place,
        stage=record.stage,
        received=moment(int(stamp)) if stamp.isdigit() and len(stamp) < 18 else record.time,
        time=record.time,
        reason=record.error,
        tries=record.tries,
        size=len(record.body),
    )
