"""Which generation is live, and who has its alerts, in the topic that says so: small, written by few.

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
    newest = _newest(broker, _KEY, timeout)
    if newest is None:
        return None
    try:
        return msgspec.json.decode(newest, type=Control)
    except msgspec.DecodeError as cause:
        raise UserError(
            f"What stands in the topic {topics.control(broker)} is not ours ({cause}); "
            "choose another topic_prefix and run `biowire provision`."
        ) from cause


def _newest(broker: Broker, key: bytes, timeout: float) -> bytes | None:
    newest = None
    with consuming(broker, timeout) as consumer:
        for record in read_whole(consumer, topics.control(broker), broker, time.monotonic() + timeout):
            newest = record.value if record.key == key else newest
    return newest


def alert_owner(broker: Broker, generation: int, timeout: float = TIMEOUT) -> str:
    """Which file the alert stage of a generation is kept in; empty before the first. Raises UserError."""
    return (_newest(broker, _owner(generation), timeout) or b"").decode()


def own_alerts(broker: Broker, generation: int, file: str, timeout: float = TIMEOUT) -> None:
    """Say that it is kept in this file now: any other is out of date. Raises UserError."""
    with Sending(broker, timeout) as sending:
        sending.send(topics.control(broker), 0, _owner(generation), file.encode())
        sending.wait()


def _owner(generation: int) -> bytes:
    return f"alerts of g{generation}".encode()


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
