"""Dead letters followed in their topics: what came and what ended since the last look, a piece at a time.

deadletters.STAGE ─► FollowedLetters ─► index `deadletters`, for people in Kibana
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from connectors.broker import Broker
from connectors.errors import TransientError

from .. import topics
from ..kafka_admin import consuming, missing
from . import DeadLetter
from .kafka import letter_of
from .record import from_message

BEGINNING = 2000
"""Bytes given of a letter's body, which may have megabytes."""
_ANSWER = 5.0
"""Seconds for the broker to let us in."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A dead letter, or that there is none any more at that place."""

    stage: str
    place: str
    letter: DeadLetter | None
    """None: it was retried or discarded."""
    beginning: bytes = b""
    """Of its body."""


class FollowedLetters:
    """Reads on from where it was; from the start when it is new. Compaction may have removed what ended."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._stages = {
            TopicPartition(topics.dead_letters(broker, stage), 0): stage for stage in topics.STAGES
        }
        self._next: dict[TopicPartition, int] = {}
        self.whole = False
        """Whether the last reading came to the end of every topic."""

    def read(self, seconds: float) -> Iterator[list[Followed]]:
        """What is new, in pieces, up to the end as it is now or for so long. Raises BiowireError."""
        deadline = time.monotonic() + seconds
        self.whole = False
        with consuming(self._broker, _ANSWER) as consumer:
            ends = self._placed(consumer)
            while any(consumer.position(one) < end for one, end in ends.items()):
                if time.monotonic() >= deadline:
                    return
                for one, records in consumer.poll(timeout_ms=200).items():
                    yield [_followed(self._stages[one], record) for record in records]
                    self._next[one] = records[-1].offset + 1
        self.whole = True

    def _placed(self, consumer: KafkaConsumer) -> dict[TopicPartition, int]:
        """Have the consumer read on; the ends of the topics."""
        for one in self._stages:
            if not consumer.partitions_for_topic(one.topic):
                raise missing(one.topic, self._broker)
        consumer.assign([*self._stages])
        ends: dict[TopicPartition, int] = consumer.end_offsets([*self._stages])
        for one, end in ends.items():
            at = self._next.get(one)
            if at is None:
                consumer.seek_to_beginning(one)
            elif at > end:
                raise TransientError(f"The topic {one.topic} was made anew; it is read from its start.")
            else:
                consumer.seek(one, at)
        return ends


def _followed(stage: str, message: Any) -> Followed:
    if message.value is None:
        return Followed(stage, (message.key or b"").decode("utf-8", "backslashreplace"), None)
    record = from_message(stage, message.key, message.value, message.headers)
    return Followed(stage, record.place, letter_of(record), record.body[:BEGINNING])
