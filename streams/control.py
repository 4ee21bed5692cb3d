"""Which generation is live, in the topic that says so: small, read at every start, written by few.

`biowire provision` writes the first record, a replay the others.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from connectors.broker import Broker
from connectors.errors import UserError
from connectors.kafka_errors import TIMEOUT, sentence

from . import topics
from .kafka_admin import consuming, quietly


class Control(msgspec.Struct, frozen=True):
    """Which generation answers questions, under which vocabulary, and which one is being built."""

    live: int
    vocabulary: str
    building: int | None = None


def read(broker: Broker, timeout: float = TIMEOUT) -> Control | None:
    """The newest record, None before the first. Raises UserError when topic or broker is not there."""
    partition = TopicPartition(topics.control(broker), 0)
    with consuming(broker, timeout) as consumer:
        value = _newest(consumer, partition, broker, time.monotonic() + timeout)
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=Control)
    except msgspec.DecodeError as cause:
        raise UserError(
            f"What stands in the topic {partition.topic} is not ours ({cause}); "
            "choose another topic_prefix and run `biowire provision`."
        ) from cause


def live(broker: Broker, timeout: float = TIMEOUT) -> Control:
    """The record; raises UserError when there is none."""
    if (control := read(broker, timeout)) is None:
        raise UserError(
            f"No generation is live at {broker.url} under the prefix `{broker.prefix}`. "
            "Run `biowire provision` first."
        )
    return control


def write(broker: Broker, control: Control, timeout: float = TIMEOUT) -> None:
    """Put a record in place of the last; returns when the broker has it. Raises UserError."""
    with quietly():
        producer = KafkaProducer(
            **broker.client_options(),
            bootstrap_timeout_ms=int(timeout * 1000),
            max_block_ms=int(timeout * 1000),
            delivery_timeout_ms=int(timeout * 1000),
            request_timeout_ms=int(timeout * 500),
        )
        try:
            producer.send(
                topics.control(broker), msgspec.json.encode(control), topics.GENERATION.encode(), partition=0
            ).get(timeout)
        except KafkaError as cause:
            raise UserError(sentence(cause, broker)) from cause
        finally:
            producer.close(timeout=timeout)


def _newest(consumer: KafkaConsumer, partition: TopicPartition, broker: Broker, deadline: float) -> Any:
    if not consumer.partitions_for_topic(partition.topic):
        raise UserError(
            f"The topic {partition.topic} is not at {broker.url}. Run `biowire provision` first, "
            "with the same broker and topic_prefix."
        )
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    end = consumer.end_offsets([partition])[partition]
    newest = None
    while consumer.position(partition) < end:
        if time.monotonic() > deadline:
            raise UserError(f"The broker {broker.url} did not answer in time.")
        for record in consumer.poll(timeout_ms=200).get(partition, ()):
            if record.key == topics.GENERATION.encode():
                newest = record.value
    return newest
