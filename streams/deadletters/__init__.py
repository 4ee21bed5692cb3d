"""What a stage gave up on, kept as it came, and taken up again on request: one port for both modes.

record: one dead letter as Kafka keeps it; kafka: those of the distributed mode; embedded: those of a store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One item that a stage could not work; its bytes are asked for with `DeadLetters.body`."""

    id: str
    """What a person names it by: its number in the log, or its place `topic/partition/offset`."""
    stage: str
    received: datetime
    time: datetime | None
    """When it was given up; None where that is not kept."""
    reason: str
    tries: int
    size: int
    """Bytes of the body."""


class DeadLetters(Protocol):
    """All dead letters of an instance."""

    def all(self, stage: str | None = None) -> Sequence[DeadLetter]:
        """Every one, or those of a stage; oldest first. Raises UserError when they cannot be read."""

    def body(self, letter: DeadLetter) -> bytes:
        """Its original bytes."""

    def retry(self, letters: Sequence[DeadLetter]) -> dict[str, int]:
        """Take them up again; how many ended as what. Raises UserError."""

    def discard(self, letters: Sequence[DeadLetter]) -> None:
        """Give them up for good; returns when that is kept. Raises UserError."""


__all__ = ["DeadLetter", "DeadLetters"]
