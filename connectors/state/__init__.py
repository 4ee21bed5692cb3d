"""Port FeedStateStore: the feed list, and what is remembered of each feed between two fetches.

    service ─► due ─► (fetch, publish) ─► save

Adapters: `sqlite.py` (embedded), `memory.py`. All pass tests/contract/test_feed_state.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..records import Feed
from ..schedule import FetchState

__all__ = ["FeedState", "FeedStateStore"]


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed of the list with its state."""

    feed: Feed
    state: FetchState


class FeedStateStore(Protocol):
    """Feeds by URL. Every method is durable when it returns; none raises for a URL it does not know."""

    def add(self, feeds: Iterable[Feed]) -> int:
        """Add those not on the list yet, all or none; return how many were new. Known ones stay."""
        ...

    def update(self, feed: Feed) -> None:
        """Replace what the list says of a feed; its state stays."""
        ...

    def remove(self, url: str) -> bool:
        """Take a feed and its state off the list; False when it was not on it."""
        ...

    def get(self, url: str) -> FeedState | None:
        """Return one feed, None when it is not on the list."""
        ...

    def all(self) -> list[FeedState]:
        """Return every feed, by URL."""
        ...

    def due(self, now: datetime, limit: int) -> list[FeedState]:
        """Return feeds whose time has come, longest waiting first; retired ones never."""
        ...

    def next_due(self) -> datetime | None:
        """Return the earliest time a feed is due; None when there is none. Never fetched ones: long ago."""
        ...

    def save(self, url: str, state: FetchState, seen: bytes | None = None, moved_to: str = "") -> None:
        """Keep the state after a fetch, and what was seen (None: as it was).

        `moved_to` gives the feed a new URL; where that is on the list already, the old entry goes.
        A feed that was removed meanwhile stays removed.
        """
        ...

    def seen(self, url: str) -> bytes:
        """Return what `save` kept for connectors.seen; empty when nothing was."""
        ...
