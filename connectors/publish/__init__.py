"""Port Publisher: where items go when they leave the connector.

Adapters: `log.py` (embedded, SQLite), `memory.py`; with a broker, `kafka.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..records import Item

__all__ = ["Publisher"]


class Publisher(Protocol):
    """Takes items over. The state of a feed moves on only after this."""

    async def publish(self, items: Sequence[Item]) -> None:
        """Return when the items are durable, all of them; raise TransientError or StoreError otherwise.

        The same items may come again after a failure: what reads them knows them by content.
        """
        ...
