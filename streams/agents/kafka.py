"""How agents reach the broker beside their stream: awaited sends, and reading a partition again.

Both go on until the broker takes part: what waits is counted, and said once a while.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from connectors.broker import Broker

from ..partitions.store import Message, Record

_log = logging.getLogger(__name__)

LONGEST_PAUSE = 10.0
_SAY_EVERY = 30.0
"""Seconds between two lines about the same trouble."""


class Sender:
    """Sends messages through the app's producer, and returns when the broker has them all."""

    def __init__(self, producer: Callable[[], Any], waiting: Callable[[str], None]) -> None:
        """`waiting` is told why we wait, and `""` when we do no more."""
        self._producer, self._waiting = producer, waiting
        self._said = -_SAY_EVERY

    async def send(self, messages: Sequence[Message]) -> None:
        """Again and again until all are acknowledged; receivers know repeats by id and version."""
        pause = 0.2
        left = list(messages)
        while left:
            left, trouble = await self._try(left)
            if left:
                self._say(trouble, len(left))
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                pause = min(pause * 2, LONGEST_PAUSE)
        self._waiting("")

    async def _try(self, messages: Sequence[Message]) -> tuple[list[Message], str]:
        """Send each once; those that were not acknowledged, in order, and why."""
        futures: list[asyncio.Future[Any] | None] = []
        trouble = ""
        producer = self._producer()
        for message in messages:
            try:
                future = await producer.send(
                    message.topic,
                    key=message.key,
                    value=message.value,
                    partition=message.partition,
                    timestamp=None,
                    headers=list(message.headers),
                )
                futures.append(asyncio.ensure_future(future))
            except Exception as cause:  # noqa: BLE001 - Faust wraps what its driver raises in several ways
                trouble = f"{type(cause).__name__}: {cause}"
                futures.append(None)
        if sent := [future for future in futures if future is not None]:
            await asyncio.wait(sent)
        failed = []
        for message, future in zip(messages, futures, strict=True):
            error = _error(future) if future is not None else trouble
            if error:
                trouble = error
                failed.append(message)
        return failed, trouble

    def _say(self, trouble: str, count: int) -> None:
        self._waiting(trouble)
        now = asyncio.get_running_loop().time()
        if now - self._said >= _SAY_EVERY:
            self._said = now
            _log.warning("waiting for the broker", extra={"messages": count, "reason": trouble})


def _error(future: asyncio.Future[Any]) -> str:
    """Why a message was not acknowledged; empty when it was."""
    if future.cancelled():
        return "the client gave up"
    cause = future.exception()
    return "" if cause is None else f"{type(cause).__name__}: {cause}"


class Rereader:
    """Reads a partition of one topic again, outside the consumer group."""

    def __init__(self, broker: Broker, topic: str) -> None:
        self._broker, self._topic = broker, topic

    async def __call__(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[Record]]:
        """Records from `start` up to (without) `end`, in batches; waits for the broker when it is away."""
        place = TopicPartition(self._topic, partition)
        position = start
        while position < end:
            consumer = AIOKafkaConsumer(
                **aiokafka_options(self._broker), enable_auto_commit=False, auto_offset_reset="earliest"
            )
            try:
                await consumer.start()
                consumer.assign([place])
                consumer.seek(place, position)
                while position < end:
                    found = (await consumer.getmany(place, timeout_ms=1000, max_records=1000)).get(place, [])
                    records = [_record(one) for one in found if one.offset < end]
                    if records:
                        yield records
                    position = await consumer.position(place) if not found else found[-1].offset + 1
            except (KafkaError, OSError) as cause:
                _log.warning("reading again from the broker", extra={"reason": str(cause)})
                await asyncio.sleep(1)
            finally:
                await consumer.stop()


def _record(message: Any) -> Record:
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        headers={name: bytes(value) for name, value in message.headers},
        timestamp=message.timestamp / 1000,
    )


def aiokafka_options(broker: Broker) -> dict[str, Any]:
    """What every client of aiokafka is given."""
    options: dict[str, Any] = {
        "bootstrap_servers": list(broker.hosts),
        "security_protocol": broker.protocol,
    }
    if broker.tls:
        options["ssl_context"] = tls(broker)
    if broker.user:
        options["sasl_mechanism"] = broker.mechanism
        options["sasl_plain_username"] = broker.user
        options["sasl_plain_password"] = broker.password
    return options


def tls(broker: Broker) -> ssl.SSLContext:
    """Verify the brokers by their authority."""
    return ssl.create_default_context(cafile=broker.ca or None)
