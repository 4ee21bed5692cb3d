"""How the feed list and what is remembered of each feed stand in Kafka, and how a partition is read whole.

    feeds        key URL          value JSON of Feed
    feeds.state  key `state URL`  value JSON of FetchState
                 key `seen URL`   value bytes of connectors.seen

Both are compacted, and a feed's records are all in the partition of its host. Who holds a partition reads it
once; from then on its memory is right about the state, and only the list can be changed by others. Where one
of them changes the state as well, or hands a feed over, the record of the list carries it in its headers.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .broker import Broker
from .errors import TransientError, UserError
from .kafka_errors import partition_counts, sentence
from .records import Feed
from .schedule import FetchState
from .state import FeedState
from .topics import feed_states, feeds

log = logging.getLogger(__name__)

STATE, SEEN, BY = "state", "seen", "by"
"""Headers of a record of the list: state and seen to be taken over, and who wrote it."""
_FEED = msgspec.json.Decoder(Feed)
_STATE = msgspec.json.Decoder(FetchState)
_STATE_KEY, _SEEN_KEY = b"state ", b"seen "


@dataclass(slots=True)
class Partition:
    """What one partition holds, by URL. A state may be there without its feed, never the other way."""

    feeds: dict[str, Feed] = field(default_factory=dict)
    states: dict[str, FetchState] = field(default_factory=dict)
    seen: dict[str, bytes] = field(default_factory=dict)
    end: int = 0
    """Offset in the list after what was read."""

    def known(self) -> Iterator[FeedState]:
        """Each feed of the list with its state."""
        for url, one in self.feeds.items():
            yield FeedState(one, self.states.get(url, FetchState()))


@dataclass(frozen=True, slots=True)
class Edit:
    """A record of the list, as it comes while the partition is held."""

    url: str
    feed: Feed | None
    """None: taken off the list."""
    by: str = ""
    state: FetchState | None = None
    seen: bytes | None = None


def state_key(url: str) -> bytes:
    """Key of a feed's state."""
    return _STATE_KEY + url.encode()


def seen_key(url: str) -> bytes:
    """Key of what was seen of a feed."""
    return _SEEN_KEY + url.encode()


def edit_of(record: Any) -> Edit | None:
    """Read a record of the list as kafka-python gives it; None, and a warning, for one that is none."""
    try:
        url = record.key.decode()
        headers = dict(record.headers)
        return Edit(
            url,
            _FEED.decode(record.value) if record.value is not None else None,
            headers.get(BY, b"").decode(),
            _STATE.decode(headers[STATE]) if STATE in headers else None,
            headers.get(SEEN),
        )
    except (AttributeError, UnicodeDecodeError, msgspec.DecodeError) as cause:
        log.warning(
            "not a feed", extra={"partition": record.partition, "offset": record.offset, "why": str(cause)}
        )
        return None


def read_partitions(broker: Broker, partitions: Iterable[int], timeout: float = 60.0) -> dict[int, Partition]:
    """Everything in these partitions, as of now. Raises TransientError when that takes too long."""
    from kafka import KafkaConsumer, TopicPartition
    from kafka.errors import KafkaError

    found = {number: Partition() for number in partitions}
    places = [TopicPartition(name, n) for name in (feeds(broker), feed_states(broker)) for n in found]
    try:
        with contextlib.closing(
            KafkaConsumer(
                **broker.client_options(),
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                bootstrap_timeout_ms=int(timeout * 1000),
                metrics_enabled=False,
            )
        ) as consumer:
            consumer.assign(places)
            ends = consumer.end_offsets(places)
            for record in _records(consumer, places, ends, timeout):
                _take(record, found[record.partition], feeds(broker))
    except KafkaError as cause:
        raise TransientError(sentence(cause, broker)) from cause
    for number, partition in found.items():
        partition.end = ends[TopicPartition(feeds(broker), number)]
    return found


def feed_partitions(broker: Broker) -> int:
    """Partitions of both topics. Raises UserError when they are missing or do not match."""
    counts = partition_counts(broker, [feeds(broker), feed_states(broker)])
    if len({*counts.values()}) > 1:
        raise UserError(
            f"The topics {' and '.join(counts)} have {' and '.join(map(str, counts.values()))} partitions, "
            "which have to be equal. Run `biowire provision`."
        )
    return counts[feeds(broker)]


def _records(consumer: Any, places: Sequence[Any], ends: dict[Any, int], timeout: float) -> Iterable[Any]:
    consumer.seek_to_beginning(*places)
    deadline = time.monotonic() + timeout
    while any(consumer.position(place) < ends[place] for place in places):
        if time.monotonic() > deadline:
            raise TransientError(f"The feed list could not be read within {timeout:.0f} seconds.")
        for records in consumer.poll(timeout_ms=500).values():
            yield from records


def _take(record: Any, into: Partition, list_topic: str) -> None:
    if record.topic == list_topic:
        edit = edit_of(record)
        if edit is not None and edit.feed is not None:
            into.feeds[edit.url] = edit.feed
        elif edit is not None:
            into.feeds.pop(edit.url, None)
        return
    key, value = record.key or b"", record.value
    try:
        url = key.partition(b" ")[2].decode()
        if key.startswith(_STATE_KEY):
            _put(into.states, url, None if value is None else _STATE.decode(value))
        elif key.startswith(_SEEN_KEY):
            _put(into.seen, url, value)
    except (UnicodeDecodeError, msgspec.DecodeError) as cause:
        log.warning("not a state", extra={"offset": record.offset, "why": str(cause)})


def _put(into: dict[str, Any], url: str, value: Any) -> None:
    if value is None:
        into.pop(url, None)
    else:
        into[url] = value
