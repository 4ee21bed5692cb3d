"""FeedStateStore in Kafka: in memory for the partitions held, and written to compacted topics.

    topics ─► hold ─► memory ─► due, get, …          save ─► memory at once, topic soon after

Not thread-safe: whoever reads the topics in a thread of his own calls `hold`, `drop` and `apply` in the event
loop. A state that was not written when the process died means that the feed is fetched again, no more.
"""

from __future__ import annotations

import bisect
import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from ..broker import Broker
from ..errors import BiowireError
from ..feed_topics import BY, SEEN, STATE, Edit, Partition, read_partitions, seen_key, state_key
from ..records import Feed
from ..schedule import FetchState
from ..topic_writer import Record, TopicWriter
from ..topics import feed_states, feeds, partition_of_feed
from . import FeedState

CONFIRM = 15.0
"""Seconds that adding and removing waits for the brokers."""
LOOK_UP = 3.0
"""Seconds that a feed which moves waits for the place it moves to."""
log = logging.getLogger(__name__)

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_FRESH = FetchState()


class KafkaFeedStateStore:
    """Knows the feeds of the partitions it holds; those of others are not on its list.

    `editor`: someone else may hold the same partitions (a command beside running connectors): what is saved
    is handed to him by the list.
    """

    def __init__(
        self,
        broker: Broker,
        partitions: int,
        writer: TopicWriter,
        *,
        editor: bool = False,
    ) -> None:
        """`partitions`: of each of the two topics."""
        self._broker, self.partitions, self._writer = broker, partitions, writer
        self._editor = editor
        self._held: dict[int, Partition] = {}
        self._waiting: list[tuple[datetime, str]] = []
        """When each feed that is not retired is due, sorted."""
        self._name = uuid.uuid4().hex

    # the partitions

    @property
    def held(self) -> frozenset[int]:
        """Partitions this process has."""
        return frozenset(self._held)

    def hold(self, partitions: Mapping[int, Partition]) -> None:
        """Take partitions over, as they were read."""
        for number, partition in partitions.items():
            self._held[number] = partition
            for url in partition.feeds:
                self._wait(url)

    def drop(self, partitions: Iterable[int]) -> list[str]:
        """Let partitions go; return the URLs of their feeds. What is saved of them now is not kept."""
        gone = [url for number in partitions if number in self._held for url in self._held[number].feeds]
        for url in gone:
            self._wait_no_more(url)
        for number in partitions:
            self._held.pop(number, None)
        return gone

    def apply(self, edit: Edit) -> None:
        """Follow a change of the list, by whomever."""
        partition = self._of(edit.url)
        if partition is None:
            return
        self._wait_no_more(edit.url)
        if edit.feed is None:
            partition.feeds.pop(edit.url, None)
            self._forget(partition, edit.url)
            return
        partition.feeds[edit.url] = edit.feed
        if edit.by != self._name:
            if edit.state is not None:
                partition.states[edit.url] = edit.state
            if edit.seen is not None:
                partition.seen[edit.url] = edit.seen
        self._wait(edit.url)

    # FeedStateStore

    def add(self, feeds: Iterable[Feed]) -> int:
        """See FeedStateStore; of partitions not held, none is added. Raises TransientError, UserError."""
        new = {feed.url: feed for feed in reversed([*feeds]) if self.get(feed.url) is None}
        for url, feed in new.items():
            if (partition := self._of(url)) is not None:
                self._forget(partition, url)  # of an earlier time on the list
                partition.feeds[url] = feed
                self._wait(url)
                self._write_feed(feed)
        self._writer.flush(CONFIRM)
        return len(new)

    def update(self, feed: Feed) -> None:
        """See FeedStateStore."""
        partition = self._of(feed.url)
        if partition is not None and feed.url in partition.feeds:
            partition.feeds[feed.url] = feed
            self._write_feed(feed)
            self._writer.flush(CONFIRM)

    def remove(self, url: str) -> bool:
        """See FeedStateStore."""
        partition = self._of(url)
        if partition is None or url not in partition.feeds:
            return False
        self._take_off(partition, url)
        self._writer.flush(CONFIRM)
        return True

    def get(self, url: str) -> FeedState | None:
        """See FeedStateStore."""
        partition = self._of(url)
        if partition is None or (feed := partition.feeds.get(url)) is None:
            return None
        return FeedState(feed, partition.states.get(url, _FRESH))

    def all(self) -> list[FeedState]:
        """See FeedStateStore."""
        urls = sorted(url for partition in self._held.values() for url in partition.feeds)
        return [*self._read(urls)]

    def due(self, now: datetime, limit: int) -> list[FeedState]:
        """See FeedStateStore."""
        end = bisect.bisect_right(self._waiting, now, key=lambda one: one[0])
        return [*self._read(url for _, url in self._waiting[: min(end, limit)])]

    def next_due(self) -> datetime | None:
        """See FeedStateStore."""
        return self._waiting[0][0] if self._waiting else None

    def save(self, url: str, state: FetchState, seen: bytes | None = None, moved_to: str = "") -> None:
        """See FeedStateStore; durable soon after."""
        partition = self._of(url)
        if partition is None or url not in partition.feeds:
            return
        self._wait_no_more(url)
        partition.states[url] = state
        if seen is not None:
            partition.seen[url] = seen
        if not (moved_to and moved_to != url and self._move(partition, url, moved_to)):
            self._wait(url)
            self._write_state(url, state, seen)
            if self._editor:
                self._write_feed(partition.feeds[url], state, seen)

    def seen(self, url: str) -> bytes:
        """See FeedStateStore."""
        partition = self._of(url)
        return partition.seen.get(url, b"") if partition is not None else b""

    # how it is done

    def _of(self, url: str) -> Partition | None:
        return self._held.get(partition_of_feed(url, self.partitions))

    def _read(self, urls: Iterable[str]) -> Iterator[FeedState]:
        for url in urls:
            if (known := self.get(url)) is not None:
                yield known

    def _move(self, partition: Partition, url: str, moved_to: str) -> bool:
        """Give the feed its new URL, the new one first; False when that has to wait for another time.

        A crash on the way leaves both on the list; the old one is then taken off when it moves again.
        """
        there = self._of(moved_to)
        try:
            listed = moved_to in (there or self._look_up(moved_to)).feeds
        except BiowireError as cause:
            log.info("a feed moves later", extra={"feed": url, "to": moved_to, "why": str(cause)})
            return False
        if not listed:
            state = partition.states[url]
            state = replace(state, moved_from=(*state.moved_from, url)[-5:])
            feed, seen = replace(partition.feeds[url], url=moved_to), partition.seen.get(url, b"")
            self._write_state(moved_to, state, seen)
            self._write_feed(feed, state, seen)
            if there is not None:
                there.feeds[moved_to], there.states[moved_to], there.seen[moved_to] = feed, state, seen
                self._wait(moved_to)
        self._take_off(partition, url)
        return True

    def _look_up(self, url: str) -> Partition:
        """The partition of a URL that another process holds, as it is now: rare, and soon done."""
        place = partition_of_feed(url, self.partitions)
        return read_partitions(self._broker, [place], LOOK_UP)[place]

    def _take_off(self, partition: Partition, url: str) -> None:
        self._wait_no_more(url)
        del partition.feeds[url]
        self._write(feeds(self._broker), url, url.encode(), None)
        self._forget(partition, url)

    def _forget(self, partition: Partition, url: str) -> None:
        """A feed that left the list leaves no state behind."""
        if partition.states.pop(url, None) is not None:
            self._write(feed_states(self._broker), url, state_key(url), None)
        if partition.seen.pop(url, None) is not None:
            self._write(feed_states(self._broker), url, seen_key(url), None)

    def _write_state(self, url: str, state: FetchState, seen: bytes | None) -> None:
        self._write(feed_states(self._broker), url, state_key(url), msgspec.json.encode(state))
        if seen is not None:
            self._write(feed_states(self._broker), url, seen_key(url), seen)

    def _write_feed(self, feed: Feed, state: FetchState | None = None, seen: bytes | None = None) -> None:
        headers = [(BY, self._name.encode())]
        if state is not None:
            headers.append((STATE, msgspec.json.encode(state)))
        if seen is not None:
            headers.append((SEEN, seen))
        self._write(feeds(self._broker), feed.url, feed.url.encode(), msgspec.json.encode(feed), headers)

    def _write(
        self, topic: str, url: str, key: bytes, value: bytes | None, headers: Iterable[tuple[str, bytes]] = ()
    ) -> None:
        place = partition_of_feed(url, self.partitions)
        self._writer.put(Record(topic, place, key, value, tuple(headers)))

    def _wait(self, url: str) -> None:
        known = self.get(url)
        if known is not None and not known.state.retired:
            bisect.insort(self._waiting, (known.state.next_fetch or _LONG_AGO, url))

    def _wait_no_more(self, url: str) -> None:
        known = self.get(url)
        if known is None or known.state.retired:
            return
        entry = (known.state.next_fetch or _LONG_AGO, url)
        at = bisect.bisect_left(self._waiting, entry)
        if at < len(self._waiting) and self._waiting[at] == entry:
            del self._waiting[at]
