"""Port of dedup's memory: sightings, the articles they belong to, and the outcome counted for each item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from ..core.dedup import Decision, Sighting, decide, same_article, seen
from ..core.records import Match, Outcome


class SeenState(Protocol):
    """Keeps sightings by article. Writes belong to the transaction of the batch being processed."""

    def group(self, article: str) -> tuple[str, Sequence[Sighting]] | None:
        """The article (its id) that this address belongs to and all its sightings; None when unknown."""

    def by_key(self, key: str) -> Sequence[Sighting]:
        """Every sighting with that key, any order."""

    def save(self, incoming: Sighting, id: str, joined: Iterable[str]) -> None:  # noqa: A002 - the field's word
        """Keep a sighting of article `id`; the articles `joined` become part of it."""

    def record(
        self, seq: int, outcome: Outcome, article: str | None, match: Match | None, reason: str
    ) -> None:
        """Count one item of the log under its outcome, with the reason."""

    def outcomes(self) -> dict[Outcome, int]:
        """How many items of the log ended in each outcome."""

    def groups(self) -> Iterator[tuple[str, Sequence[Sighting]]]:
        """Every article with its sightings, by id."""


class Deduplicator:
    """Asks the memory, decides by `core.dedup`, keeps the answer."""

    def __init__(self, state: SeenState) -> None:
        self._state = state

    def put(self, incoming: Sighting) -> Decision:
        """Decide on one sighting and remember it. One already remembered gives the same article again."""
        groups: dict[str, Sequence[Sighting]] = {}
        why = ""
        if known := self._state.group(incoming.article):
            groups[known[0]] = known[1]
            why = "the same address"
        for key in incoming.keys:
            for other in self._state.by_key(key):
                if other.article == incoming.article or not (reason := same_article(incoming, other)):
                    continue
                if (known := self._state.group(other.article)) and known[0] not in groups:
                    groups[known[0]] = known[1]
                    why = why or reason
        ordered = [[one for one in groups[id_] if one.item != incoming.item] for id_ in sorted(groups)]
        decision = decide(incoming, [group for group in ordered if group], why)
        self._state.save(incoming, decision.seen.id, groups)
        return decision


__all__ = ["Deduplicator", "SeenState", "seen"]
