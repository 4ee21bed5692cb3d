"""The topics that connectors write and read, and which partition holds what.

    articles.raw    key article id     partition by host: dedup joins within one host
    feeds           key URL            partition by host: one connector keeps one host's politeness
    feeds.state     key `state URL` or `seen URL`, in the partition of its feed

`streams.topics` adds the rest; nothing else spells a topic name.
"""

from __future__ import annotations

from zlib import crc32

from .broker import Broker
from .urls import canonical_host

RECEIVED = "received"
"""Header of articles.raw: when the item was received, microseconds since the epoch in ASCII digits."""
RETRY = "retry"
"""Header of articles.raw: work the item though it came before; its value is the dead letter's key."""


def raw(broker: Broker) -> str:
    """Every item ever delivered: the truth, from which all else can be rebuilt."""
    return f"{broker.prefix}articles.raw"


def feeds(broker: Broker) -> str:
    """The feed list."""
    return f"{broker.prefix}feeds"


def feed_states(broker: Broker) -> str:
    """What is remembered of each feed between two fetches."""
    return f"{broker.prefix}feeds.state"


def connectors_group(broker: Broker) -> str:
    """The consumer group that shares the feeds out."""
    return f"{broker.prefix}connectors"


def partition_of(name: str, partitions: int) -> int:
    """The partition of a host or language: the same on every machine, in every version."""
    return crc32(name.encode()) % partitions


def partition_of_feed(url: str, partitions: int) -> int:
    """The partition of a feed: by host, so that politeness is kept by the one who has it."""
    rest = url.partition("://")[2]
    host = rest.partition("/")[0].rpartition("@")[2]
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return partition_of(canonical_host(name), partitions)
