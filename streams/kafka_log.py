"""Topics of one partition, small enough to be read whole, and written to a few messages at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from connectors.broker import Broker
from connectors.errors import UserError
from connectors.kafka_errors import sentence
from connectors.service_log import quietly

from .kafka_admin import missing

_LARGEST = 17 * 1024 * 1024
"""Bytes of a message: the largest item, and why it is a dead letter."""


class NotReadWholeError(UserError):
    """Time was up before the end of a topic. `left`: messages not read, at most."""

    def __init__(self, topic: str, broker: Broker, left: int) -> None:
        super().__init__(
            f"The broker {broker.url} did not give all of {topic} in time: {left} messages are left; "
            "try again when it is less busy."
        )
        self.left = left


def read_whole(consumer: KafkaConsumer, topic: str, broker: Broker, deadline: float) -> Iterator[Any]:
    """Each message of partition 0 up to the end as it is now.

    Raises NotReadWholeError at `deadline` (of the monotonic clock), UserError when there is no such topic.
    """
    if not consumer.partitions_for_topic(topic):
        raise missing(topic, broker)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    end = consumer.end_offsets([partition])[partition]
    while (position := consumer.position(partition)) < end:
        if time.monotonic() >= deadline:
            raise NotReadWholeError(topic, broker, end - position)
        for record in consumer.poll(timeout_ms=200).get(partition, ()):
            if record.offset < end:
                yield record


class Sending:
    """A producer for the length of one command: what it cannot deliver in time is one sentence."""

    def __init__(self, broker: Broker, timeout: float) -> None:
        """`timeout`: seconds until the brokers have to have a message."""
        self._broker, self._timeout = broker, timeout
        self._futures: list[Any] = []

    def __enter__(self) -> Self:
        self._quiet = quietly("kafka")
        self._quiet.__enter__()
        milliseconds = int(self._timeout * 1000)
        try:
            self._producer = KafkaProducer(
                **self._broker.client_options(),
                acks="all",
                compression_type="gzip",
                max_request_size=_LARGEST,
                bootstrap_timeout_ms=milliseconds,
                max_block_ms=milliseconds,
                request_timeout_ms=milliseconds // 3,
                delivery_timeout_ms=milliseconds,
                metrics_enabled=False,
            )
        except KafkaError as cause:
            self._quiet.__exit__(None, None, None)
            raise UserError(sentence(cause, self._broker)) from cause
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.close(timeout=0 if self._futures else 5)
        self._quiet.__exit__(None, None, None)

    def send(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Hand over; `wait` for it."""
        try:
            sent = self._producer.send(topic, value, key, headers=list(headers), partition=partition)
        except KafkaError as cause:
            raise UserError(sentence(cause, self._broker)) from cause
        self._futures.append(sent)

    def wait(self) -> None:
        """Return when the brokers have all of it."""
        try:
            for future in self._futures:
                future.get(self._timeout)
        except KafkaError as cause:
            raise UserError(sentence(cause, self._broker)) from cause
        self._futures.clear()
