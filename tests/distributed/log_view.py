"""What Kafka itself says: where logs end, what groups have committed, which dead letters are there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from connectors.broker import Broker
from connectors.normalize import address, item_hash
from connectors.publish.log import encode, microseconds
from connectors.records import Item
from streams import topics


def worked_topics(broker: Broker, generation: int = 1) -> list[str]:
    """What workers read, in the order of the path."""
    return [topics.raw(broker), topics.flagged(broker, generation), topics.grouped(broker, generation)]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    stage: str
    key: bytes
    value: bytes
    headers: dict[str, bytes]


class LogView:
    """Reads as the workers' group without joining it; one per use, or the consumer ages with the broker's kills."""

    def __init__(self, broker: Broker, generation: int = 1) -> None:
        self._broker, self._generation = broker, generation
        self._consumer = KafkaConsumer(
            **broker.client_options(),
            group_id=topics.workers_group(broker, generation),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    @property
    def worked_topics(self) -> list[str]:
        return worked_topics(self._broker, self._generation)

    def partitions(self, topic: str) -> list[TopicPartition]:
        return [
            TopicPartition(topic, number)
            for number in sorted(self._consumer.partitions_for_topic(topic) or ())
        ]

    def ends(self) -> dict[TopicPartition, int]:
        """Log ends of all that workers read; partitions that never had a message are left out."""
        wanted = [one for topic in self.worked_topics for one in self.partitions(topic)]
        return {one: end for one, end in self._consumer.end_offsets(wanted).items() if end}

    def committed(self) -> dict[TopicPartition, int]:
        return {one: self._consumer.committed(one) or 0 for one in self.ends()}

    def lag(self) -> dict[TopicPartition, int]:
        """Messages not committed, by partition, where there are any."""
        ends = self.ends()
        behind = {one: end - (self._consumer.committed(one) or 0) for one, end in ends.items()}
        return {one: count for one, count in behind.items() if count}

    def messages(
        self, topic: str
    ) -> list[tuple[TopicPartition, int, bytes | None, bytes | None, dict[str, bytes]]]:
        """All of a topic, as it is now."""
        wanted = self.partitions(topic)
        ends = {one: end for one, end in self._consumer.end_offsets(wanted).items() if end}
        if not ends:
            return []
        self._consumer.assign(list(ends))
        self._consumer.seek_to_beginning()
        found, deadline = [], time.monotonic() + 60
        while any(self._consumer.position(one) < end for one, end in ends.items()):
            assert time.monotonic() < deadline, f"{topic} cannot be read to its end"
            for records in self._consumer.poll(500, max_records=2000).values():
                found += [
                    (
                        TopicPartition(one.topic, one.partition),
                        one.offset,
                        one.key,
                        one.value,
                        dict(one.headers or ()),
                    )
                    for one in records
                ]
        self._consumer.assign([])
        return found

    def dead_letters(self) -> list[DeadLetter]:
        """Those that no retry took back, by key once (the topics are compacted)."""
        found: dict[tuple[str, bytes], DeadLetter] = {}
        for stage in topics.STAGES:
            for _, _, key, value, headers in self.messages(topics.dead_letters(self._broker, stage)):
                name = stage, key or b""
                if value is None:
                    found.pop(name, None)
                else:
                    found[name] = DeadLetter(stage, key or b"", value, headers)
        return list(found.values())


def append(
    broker: Broker, hop: int, messages: list[tuple[bytes | None, bytes | None, int]], received: int
) -> None:
    """Put bytes (key, value, partition) into articles.raw, or a later hop, past all of our own checks."""
    topic = worked_topics(broker)[hop]
    producer = KafkaProducer(
        **broker.client_options(), acks="all", max_request_size=16 * 1024 * 1024, bootstrap_timeout_ms=5000
    )
    try:
        sent = [
            producer.send(
                topic,
                key=key,
                value=value,
                partition=partition,
                headers=[("received", str(received).encode())],
            )
            for key, value, partition in messages
        ]
        for future in sent:
            future.get(timeout=60)
    finally:
        producer.close()


def append_items(broker: Broker, items: list[Item]) -> set[str]:
    """Put items into articles.raw as a connector does; returns their hashes once all are acknowledged."""
    received = microseconds(datetime.now(UTC))
    messages = []
    for one in items:
        id_, host = address(one)
        messages.append((id_.encode(), encode(one), topics.partition_of(host, broker.partitions)))
    append(broker, 0, messages, received)
    return {item_hash(one) for one in items}
