"""Which generation is live, in the topic that says so: small, read at every start, written by few.

`biowire provision` writes the first record, a replay the others.
"""

from __future__ import annotations

import time

import msgspec

from connectors.broker import Broker
from connectors.errors import NotYet, UserError
from connectors.kafka_errors import TIMEOUT

from . import topics
from .kafka_admin import consuming
from .kafka_log import Sending, read_whole

_KEY = topics.GENERATION.encode()


class Control(msgspec.Struct, frozen=True):
    """Which generation answers questions, under which vocabulary, and which one is being built."""

    live: int
    vocabulary: str
    building: int | None = None
    building_vocabulary: str = ""
    highest: int = 1
    """The last number that any generation was given: none is given twice, whatever became of the first."""

    @property
    def generations(self) -> tuple[int, ...]:
        """All that are worked."""
        return (self.live,) if self.building in (None, self.live) else (self.live, self.building)


def read(broker: Broker, timeout: float = TIMEOUT) -> Control | None:
    """The newest record, None before the first. Raises UserError when topic or broker is not there."""
    topic = topics.control(broker)
    newest = None
    with consuming(broker, timeout) as consumer:
        for record in read_whole(consumer, topic, broker, time.monotonic() + timeout):
            newest = record.value if record.key == _KEY else newest
    if newest is None:
        return None
    try:
        return msgspec.json.decode(newest, type=Control)
    except msgspec.DecodeError as cause:
        raise UserError(
            f"What stands in the topic {topic} is not ours ({cause}); "
            "choose another topic_prefix and run `biowire provision`."
        ) from cause


def live(broker: Broker, timeout: float = TIMEOUT) -> Control:
    """The record; raises UserError when there is none."""
    if (control := read(broker, timeout)) is None:
        raise NotYet(
            f"No generation is live at {broker.url} under the prefix `{broker.prefix}`. "
            "Run `biowire provision` first."
        )
    return control


def write(broker: Broker, control: Control, timeout: float = TIMEOUT) -> None:
    """Put a record in place of the last; returns when the broker has it. Raises UserError."""
    with Sending(broker, timeout) as sending:
        sending.send(topics.control(broker), 0, _KEY, msgspec.json.encode(control))
        sending.wait()
