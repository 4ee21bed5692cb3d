"""What the stages cost by themselves, one after the other on one core: no broker, no index, no waiting.

It bounds what any number of workers can do: their cores have to do this, and Kafka's and Elasticsearch's work beside it.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from connectors.normalize import address
from connectors.publish.log import encode
from connectors.records import Item
from connectors.topics import RECEIVED, partition_of
from streams import topics
from streams.core.records import Outcome
from streams.core.sources import Sources
from streams.partitions.dedup import DedupPartition
from streams.partitions.store import Message, Record
from streams.partitions.story import StoryPartition
from streams.partitions.targets import Targets
from streams.seeds_files import starter_feeds, vocabulary
from streams.sinks.elasticsearch import document

PARTITIONS, BATCH = 8, 8 * 300


class _NoGauge:
    def observe(self, stage: str, seconds: float) -> None:
        """Not of interest."""

    def outcome(self, name: Outcome) -> None:
        """The same."""


class _Stages:
    def __init__(self, home: Path) -> None:
        sources = Sources(starter_feeds())
        targets = Targets(
            flagged=lambda language: ("flagged", topics.partition_of(language, PARTITIONS)),
            grouped="grouped",
            dead_letter=lambda _, reason, __: Message("deadletters", 0, None, reason.encode()),
            encoder=document,
        )
        self._dedup = [
            DedupPartition(
                home / f"dedup-{number}.db",
                vocabulary=vocabulary({}),
                sources=lambda: sources,
                targets=targets,
                gauge=_NoGauge(),
            )
            for number in range(PARTITIONS)
        ]
        self._story = [
            StoryPartition(home / f"story-{number}.db", targets=targets, gauge=_NoGauge())
            for number in range(PARTITIONS)
        ]
        self._offsets: Counter[tuple[str, int]] = Counter()
        self.spent: Counter[str] = Counter()
        """CPU seconds by stage."""

    def work(self, items: Sequence[Item]) -> None:
        """Take these items through both stages."""
        raw: dict[int, list[Record]] = defaultdict(list)
        for one in items:
            id_, host = address(one)
            partition = partition_of(host, PARTITIONS)
            headers = {RECEIVED: str(time.time_ns() // 1000).encode()}
            raw[partition].append(self._record("raw", partition, id_.encode(), encode(one), headers))
        flagged: dict[int, list[Record]] = defaultdict(list)
        for partition, records in raw.items():
            for one in self._timed("dedup", self._dedup[partition].work, records):
                if one.topic == "flagged" and one.partition is not None:
                    at = one.partition
                    flagged[at].append(self._record("flagged", at, one.key, one.value, {}))
        for partition, records in flagged.items():
            self._timed("story", self._story[partition].work, records)

    def close(self) -> None:
        """Let go of the files."""
        for one in (*self._dedup, *self._story):
            one.store.close()

    def _record(
        self, topic: str, partition: int, key: bytes | None, value: bytes, headers: dict[str, bytes]
    ) -> Record:
        offset = self._offsets[topic, partition]
        self._offsets[topic, partition] += 1
        return Record(topic, partition, offset, key, value, headers, time.time())

    def _timed(
        self, stage: str, work: Callable[[Sequence[Record]], list[Message]], records: list[Record]
    ) -> list[Message]:
        began = time.process_time()
        messages = work(records)
        self.spent[stage] += time.process_time() - began
        return messages


def alone(warm: Sequence[Item], given: Sequence[Item], home: Path) -> dict[str, Any]:
    """Milliseconds an article by stage, and articles a second that one core does of both."""
    home.mkdir()
    stages = _Stages(home)
    for items in (warm, given):
        stages.spent.clear()
        for at in range(0, len(items), BATCH):
            stages.work(items[at : at + BATCH])
    stages.close()
    spent = {stage: round(seconds / len(given) * 1000, 2) for stage, seconds in stages.spent.items()}
    return {
        "milliseconds": spent,
        "articles_per_second_and_core": round(len(given) / stages.spent.total()),
    }
