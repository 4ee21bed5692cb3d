"""What a partition needs of the outside: where messages go, how the index wants them, who counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Protocol

from ..core.days import Node
from ..core.index import Stored
from ..core.records import Dedup, Outcome, Story, StoryRef
from .store import Message, Record


class Gauge(Protocol):
    """What the stages tell of their work; `streams.metrics` shows it."""

    def observe(self, stage: str, seconds: float) -> None:
        """Time a stage (a word of `pipeline.STAGES`) took for one batch."""

    def outcome(self, name: Outcome) -> None:
        """One item ended so."""


class Laps:
    """Time by stage, told once a batch: a stopwatch with a word for each lap."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._spent: dict[str, float] = {}
        self._last = perf_counter()

    def start(self) -> None:
        """Count from now on."""
        self._last = perf_counter()

    def lap(self, stage: str) -> None:
        """What passed since the last lap was this stage."""
        now = perf_counter()
        self._spent[stage] = self._spent.get(stage, 0.0) + now - self._last
        self._last = now

    def tell(self) -> None:
        """Hand the batch's times on."""
        for stage, seconds in self._spent.items():
            self._gauge.observe(stage, seconds)
        self._spent.clear()


class Encoder(Protocol):
    """How the index wants its documents; `sinks.elasticsearch.document`."""

    def encode(self, stored: Stored, node: Node) -> bytes:
        """JSON of an article without its place among others."""

    def splice(self, body: bytes, *, dedup: Dedup, story_id: str, story: StoryRef) -> bytes:
        """Add that place."""

    def story_body(self, story: Story) -> bytes:
        """JSON of a story."""

    def month_of(self, when: datetime) -> str:
        """Whose index an article belongs to, as `2023-08`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Where a stage sends."""

    flagged: Callable[[str], tuple[str, int]]
    """Topic and partition of a language."""
    grouped: str
    """Topic of operations; any partition."""
    dead_letter: Callable[[str, str, Record], Message]
    """Of a stage, for a reason."""
    encoder: Encoder
