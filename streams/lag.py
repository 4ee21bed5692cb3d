"""How far behind the workers are: what lies in the topics between connectors and index, not worked yet.

From committed offsets, which follow effects: an item counts until it can be searched for.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from connectors.broker import Broker
from connectors.kafka_errors import TIMEOUT

from . import topics
from .kafka_admin import administering, missing

_Offsets = dict[TopicPartition, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Messages outstanding, by topic. In a compacted topic at most so many: offsets are counted."""

    raw: int
    """Items that no worker has taken through dedup, classify and flag."""
    flagged: int
    """Articles that wait for the story stage."""
    grouped: int
    """Batches of writes that wait for the index."""
    partitions: Mapping[tuple[str, int], int] = field(default_factory=dict, compare=False)
    """The same by (topic, partition); those without any are left out."""

    @property
    def total(self) -> int:
        """0 when everything that came in can be searched for."""
        return self.raw + self.flagged + self.grouped

    def of(self, partitions: Collection[tuple[str, int]]) -> int:
        """Of these (topic, partition) pairs alone."""
        return sum(number for one, number in self.partitions.items() if one in partitions)

    def by_topic(self) -> dict[str, int]:
        """For figures: the three topics by their short names."""
        return {"raw": self.raw, "flagged": self.flagged, "grouped": self.grouped}


def lag(broker: Broker, generation: int, timeout: float = TIMEOUT) -> Lag:
    """How far the workers of a generation are behind. Raises UserError where that cannot be asked."""
    with administering(broker, timeout) as admin:
        return measure(admin, broker, generation, timeout)


def measure(admin: KafkaAdminClient, broker: Broker, generation: int, timeout: float = TIMEOUT) -> Lag:
    """The same through a client that is kept open, for those who ask again and again."""
    names = [
        topics.raw(broker),
        topics.flagged(broker, generation),
        topics.grouped(broker, generation),
    ]
    partitions = _partitions(admin, names, broker)
    committed = _committed(admin, topics.workers_group(broker, generation), timeout)
    # Ends are asked after commits: what moved on meanwhile is counted twice rather than not at all.
    first = _offsets(admin, partitions, OffsetSpec.EARLIEST)
    end = _offsets(admin, partitions, OffsetSpec.LATEST)
    behind = {
        (one.topic, one.partition): number
        for one in partitions
        if (number := end[one] - max(committed.get(one, 0), first[one])) > 0
    }
    raw, flagged, grouped = (
        sum(number for (topic, _), number in behind.items() if topic == name) for name in names
    )
    return Lag(raw=raw, flagged=flagged, grouped=grouped, partitions=behind)


def worked(broker: Broker, generation: int, timeout: float = TIMEOUT) -> dict[tuple[str, int], int]:
    """Offset up to which each (topic, partition) is finished by a generation's workers. Raises UserError."""
    with administering(broker, timeout) as admin:
        offsets = _committed(admin, topics.workers_group(broker, generation), timeout)
    return {(one.topic, one.partition): offset for one, offset in offsets.items()}


def _partitions(admin: KafkaAdminClient, names: list[str], broker: Broker) -> list[TopicPartition]:
    described = {topic["name"]: topic["partitions"] for topic in admin.describe_topics(names)}
    for name in names:
        if not described.get(name):
            raise missing(name, broker)
    return [TopicPartition(name, one["partition_index"]) for name in names for one in described[name]]


def _committed(admin: KafkaAdminClient, group: str, timeout: float) -> _Offsets:
    """A group nobody ever joined has committed nothing. A broker just started first has to find it."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            offsets = admin.list_group_offsets([group])[group]
        except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return {one: found.offset for one, found in offsets.items() if found.offset >= 0}


def _offsets(admin: KafkaAdminClient, partitions: list[TopicPartition], which: OffsetSpec) -> _Offsets:
    found = admin.list_partition_offsets(dict.fromkeys(partitions, which))
    return {one: offset.offset for one, offset in found.items()}
