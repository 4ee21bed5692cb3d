"""Publisher in memory: keeps what it was given, for tests and for looking without storing."""

from __future__ import annotations

from collections.abc import Sequence

from ..records import Item


class MemoryPublisher:
    """`items`: everything published, in order."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    async def publish(self, items: Sequence[Item]) -> None:
        """See Publisher."""
        self.items.extend(items)
