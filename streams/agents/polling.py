"""How Faust's consumer asks for messages: briefly, and of each topic a share.

Briefly: aiokafka asks a broker again only when its last question has been answered. Partitions that were
worked off while an answer is waited for are not in that question, so it may not wait long: with Faust's
1.5 s, for which it has no setting, a partition with a backlog stood still for most of the time once the
others were empty.

A share: aiokafka hands out what it fetched first come, first served. A backlog in articles.raw would keep
story and index idle until the last of it is deduplicated, with nothing to do for Elasticsearch meanwhile. And
Faust puts all it was handed into the queue of an agent, however full: shares bound what an agent that waits
for Elasticsearch has in memory, and do not hold up the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import faust
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

WAIT_MS = 100
AGAIN = 0.05
"""Seconds after which it is seen whether an agent that had enough takes more."""


class _Thread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = WAIT_MS  # noqa: SLF001 - read when it is started
        return consumer

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[Any],
        timeout: Any = None,  # noqa: ASYNC109 - Faust's signature
        max_records: Any = None,  # noqa: ARG002 - the same
    ) -> Any:
        """A share of each topic that has something; waits only when none has."""
        full = {place.topic for place in set(self.consumer._buffered_partitions)}  # noqa: SLF001 - kept to itself
        hungry = {place for place in set(active_partitions) if place.topic not in full}
        shares = cast("_Transport", self.consumer.transport).shares
        found: dict[Any, Any] = {}
        for topic in {place.topic for place in hungry}:
            places = {place for place in hungry if place.topic == topic}
            found |= await super()._fetch_records(consumer, places, 0, shares[topic])
        if found:
            return found
        if hungry:
            wait = AGAIN if full else timeout
            return await super()._fetch_records(consumer, hungry, wait, min(shares.values()))
        await asyncio.sleep(AGAIN)
        return found


class _Consumer(Consumer):
    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Transport(Transport):
    Consumer = _Consumer
    shares: Mapping[str, int]


def poll_fairly(app: faust.App, shares: Mapping[str, int]) -> faust.App:
    """Have an app that was not started yet read so; returns it.

    `shares`: by topic, how many messages it hands out at a time. Faust stops asking when an agent's queue is
    four fifths full, so a share of a fifth of it never overflows.
    """
    transport = _Transport(app.conf.broker_consumer, app)
    transport.shares = shares
    app.transport = transport
    return app
