"""FeedStateStore in memory: for tests, and for a look at feeds that leaves no trace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from ..records import Feed
from ..schedule import FetchState
from . import FeedState

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryFeedStateStore:
    """Gone when the process ends."""

    def __init__(self) -> None:
        self._feeds: dict[str, FeedState] = {}
        self._seen: dict[str, bytes] = {}

    def add(self, feeds: Iterable[Feed]) -> int:
        """See FeedStateStore."""
        new = {feed.url: feed for feed in reversed([*feeds]) if feed.url not in self._feeds}
        self._feeds |= {url: FeedState(feed, FetchState()) for url, feed in new.items()}
        return len(new)

    def update(self, feed: Feed) -> None:
        """See FeedStateStore."""
        if feed.url in self._feeds:
            self._feeds[feed.url] = FeedState(feed, self._feeds[feed.url].state)

    def remove(self, url: str) -> bool:
        """See FeedStateStore."""
        self._seen.pop(url, None)
        return self._feeds.pop(url, None) is not None

    def get(self, url: str) -> FeedState | None:
        """See FeedStateStore."""
        return self._feeds.get(url)

    def all(self) -> list[FeedState]:
        """See FeedStateStore."""
        return [self._feeds[url] for url in sorted(self._feeds)]

    def due(self, now: datetime, limit: int) -> list[FeedState]:
        """See FeedStateStore."""
        waiting = [(known.state.next_fetch or _LONG_AGO, known.feed.url) for known in self._active()]
        return [self._feeds[url] for when, url in sorted(waiting) if when <= now][:limit]

    def next_due(self) -> datetime | None:
        """See FeedStateStore."""
        return min((known.state.next_fetch or _LONG_AGO for known in self._active()), default=None)

    def save(self, url: str, state: FetchState, seen: bytes | None = None, moved_to: str = "") -> None:
        """See FeedStateStore."""
        known = self._feeds.get(url)
        if known is None:
            return
        if seen is not None:
            self._seen[url] = seen
        self._feeds[url] = FeedState(known.feed, state)
        if moved_to and moved_to != url:
            self._move(url, moved_to)

    def seen(self, url: str) -> bytes:
        """See FeedStateStore."""
        return self._seen.get(url, b"")

    def _move(self, url: str, moved_to: str) -> None:
        known, seen = self._feeds.pop(url), self._seen.pop(url, b"")
        if moved_to not in self._feeds:
            state = replace(known.state, moved_from=(*known.state.moved_from, url)[-5:])
            self._feeds[moved_to] = FeedState(replace(known.feed, url=moved_to), state)
            self._seen[moved_to] = seen

    def _active(self) -> list[FeedState]:
        return [known for known in self._feeds.values() if not known.state.retired]
