"""One dead letter as Kafka keeps it: the original bytes, and in the headers where, when and why.

Written by the agents, read by `kafka`. The topic is compacted by place, so a letter given up again after a
crash is the same letter, and a tombstone ends it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.broker import Broker

from .. import topics

Headers = list[tuple[str, bytes]]

ERROR_LIMIT = 2000
"""Characters kept of an error: it may quote what broke it, and a header is no place for a document."""

TRIES = "tries"
"""Header of a message sent again: how often it was given up before."""

_KEY = "key"
_ORIGINAL = "original."
"""Before the names of the headers that the item came with."""
_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterRecord:
    """One item that a stage could not work, as it came."""

    stage: str
    """Which of `topics.STAGES`."""
    time: datetime
    error: str
    """What went wrong, with the kind of the error."""
    place: str
    """`topic/partition/offset` it stood at; for the stage index with `/id` of the operation."""
    tries: int
    key: bytes
    """Of the message it came in; empty for none."""
    body: bytes
    """Original bytes; for the stage index `wire.encode((operation,))`."""
    headers: tuple[tuple[str, bytes], ...] = ()
    """Of the message it came in."""

    def to_message(self, broker: Broker) -> tuple[str, bytes, bytes, Headers]:
        """Topic, key, value and headers, as any client sends them; the topic has one partition."""
        headers = [
            ("stage", self.stage.encode()),
            ("time", self.time.astimezone(UTC).isoformat().encode()),
            ("error", self.error[:ERROR_LIMIT].encode("utf-8", "backslashreplace")),
            ("place", self.place.encode()),
            (TRIES, str(self.tries).encode()),
            (_KEY, self.key),
            *((_ORIGINAL + name, value) for name, value in self.headers),
        ]
        return topics.dead_letters(broker, self.stage), self.place.encode(), self.body, headers


def from_message(
    stage: str, key: bytes | None, value: bytes, headers: Iterable[tuple[str, bytes | None]]
) -> DeadLetterRecord:
    """Read back what stands in the topic of a stage; what is missing or damaged is empty, never an error."""
    given = [(name, content or b"") for name, content in headers]
    named = dict(given)
    return DeadLetterRecord(
        stage=stage,
        time=_time(named.get("time", b"")),
        error=_text(named.get("error", b"")),
        place=_text(key or b""),
        tries=_number(named.get(TRIES, b"")),
        key=named.get(_KEY, b""),
        body=value,
        headers=tuple(
            (name.removeprefix(_ORIGINAL), content) for name, content in given if name.startswith(_ORIGINAL)
        ),
    )


def tries_before(headers: Mapping[str, bytes]) -> int:
    """How often the message with these headers was given up before it was sent again."""
    return _number(headers.get(TRIES, b""))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _number(raw: bytes) -> int:
    return int(raw) if raw.isdigit() and len(raw) < 10 else 0


def _time(raw: bytes) -> datetime:
    with contextlib.suppress(ValueError):
        time = datetime.fromisoformat(_text(raw))
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    return _START
