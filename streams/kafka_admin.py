"""A short conversation with the brokers: what goes wrong in it is one sentence, in bounded time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaError

from connectors.broker import Broker
from connectors.errors import NotYet, UserError
from connectors.kafka_errors import TIMEOUT, reachable, sentence
from connectors.service_log import quietly

_C = TypeVar("_C", KafkaAdminClient, KafkaConsumer)


@contextlib.contextmanager
def administering(broker: Broker, timeout: float = TIMEOUT) -> Iterator[KafkaAdminClient]:
    """A client for topics, groups and offsets. Raises UserError when the brokers cannot be reached."""
    with _talking(broker, KafkaAdminClient, timeout) as client:
        yield client


@contextlib.contextmanager
def consuming(broker: Broker, timeout: float = TIMEOUT) -> Iterator[KafkaConsumer]:
    """A reader without a group. Raises UserError as well."""
    with _talking(broker, KafkaConsumer, timeout) as client:
        yield client


@contextlib.contextmanager
def _talking(broker: Broker, kind: Callable[..., _C], timeout: float) -> Iterator[_C]:
    reachable(broker, timeout)
    milliseconds = int(timeout * 1000)
    options: dict[str, int] = {"bootstrap_timeout_ms": milliseconds, "request_timeout_ms": milliseconds}
    if kind is KafkaConsumer:
        options["session_timeout_ms"] = min(milliseconds, 10_000) - 1
    try:
        with quietly("kafka"), contextlib.closing(kind(**broker.client_options(), **options)) as client:
            yield client
    except KafkaError as cause:
        raise UserError(sentence(cause, broker)) from cause


def missing(topic: str, broker: Broker) -> NotYet:
    """What a person is told about a topic that is not there."""
    return NotYet(
        f"The topic {topic} is not at {broker.url}. Run `biowire provision` first, "
        "with the same broker and topic_prefix."
    )
