"""How long Faust's consumer waits at the broker when there is nothing new: briefly.

aiokafka asks a broker again only when its last question has been answered. Partitions that were worked off
while an answer is waited for are not in that question, so it may not wait long: with Faust's 1.5 s, for which
it has no setting, a partition with a backlog stood still for most of the time once the others were empty.
"""

from __future__ import annotations

from typing import Any

import faust
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

WAIT_MS = 100


class _Thread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = WAIT_MS  # noqa: SLF001 - read when it is started
        return consumer


class _Consumer(Consumer):
    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Transport(Transport):
    Consumer = _Consumer


def poll_briefly(app: faust.App) -> faust.App:
    """Have an app that was not started yet read so; returns it."""
    app.transport = _Transport(app.conf.broker_consumer, app)
    return app
