"""Dedup's memory without a file: for tests and for trying things out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..core.dedup import Sighting
from ..core.records import Match, Outcome


class MemorySeenState:
    """SeenState in dictionaries."""

    def __init__(self) -> None:
        self._roots: dict[str, str] = {}
        self._groups: dict[str, list[Sighting]] = {}
        self._keys: dict[str, list[Sighting]] = {}
        self._outcomes: dict[int, Outcome] = {}

    def group(self, article: str) -> tuple[str, Sequence[Sighting]] | None:
        """See SeenState."""
        root = self._roots.get(article)
        return (root, tuple(self._groups[root])) if root is not None else None

    def by_key(self, key: str) -> Sequence[Sighting]:
        """See SeenState."""
        return tuple(self._keys.get(key, ()))

    def save(self, incoming: Sighting, id: str, joined: Iterable[str]) -> None:  # noqa: A002
        """See SeenState."""
        members = [one for root in joined for one in self._groups.pop(root, ())]
        members = [one for one in members if one.item != incoming.item]
        self._groups[id] = [*members, incoming]
        for one in self._groups[id]:
            self._roots[one.article] = id
        for key in incoming.keys:
            kept = [one for one in self._keys.get(key, ()) if one.item != incoming.item]
            self._keys[key] = [*kept, incoming]

    def record(
        self, seq: int, outcome: Outcome, article: str | None, match: Match | None, reason: str
    ) -> None:
        """See SeenState."""
        self._outcomes[seq] = outcome

    def outcomes(self) -> dict[Outcome, int]:
        """See SeenState."""
        return dict(Counter(self._outcomes.values()))

    def groups(self) -> Iterator[tuple[str, Sequence[Sighting]]]:
        """See SeenState."""
        yield from sorted(self._groups.items())
