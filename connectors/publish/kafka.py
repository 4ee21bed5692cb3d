"""Publisher to the topic articles.raw: returns when the brokers have confirmed every item.

    item ─► message ─► room ─► producer ─► acknowledged ─► the feed's state may move

The client keeps whatever it is given in memory while the brokers are away, without a bound. So what is not
confirmed has a bound of ours: who wants to publish more waits, and after a time is told to try later.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from ..broker import Broker
from ..errors import BiowireError, TransientError, UserError
from ..kafka_errors import existing, sentence
from ..records import Item
from ..topics import RECEIVED, partition_of, raw
from .log import microseconds
from .messages import Message, of_body, of_item

log = logging.getLogger(__name__)

IN_FLIGHT = 16 * 1024 * 1024
"""Bytes on their way that no broker has confirmed yet."""
DELIVERY = 60.0
"""Seconds after which an item that no broker confirmed is given back to its feed, which brings it again."""
CLOSING = 5.0
_PAUSE = 20.0
"""Milliseconds before a broker that is not ready is looked at again."""
_BATCH = 256 * 1024
_LARGEST = 16 * 1024 * 1024


def open_producer(broker: Broker, *, linger: int = 10, delivery: float = DELIVERY) -> Any:
    """A producer that keeps order and forgets nothing: one request at a time, confirmed by all replicas.

    It may repeat what was confirmed into a broken connection; our readers know what they had. The client's
    idempotent mode would not, but in 3.0.12 it never sends again once a message has failed by time.
    `linger`: milliseconds a batch waits for more. `delivery`: seconds after which a message has failed.
    """
    from kafka import KafkaProducer
    from kafka.net.compat import KafkaNetClient

    class _PatientClient(KafkaNetClient):  # type: ignore[misc]
        """In 3.0.12 the producer takes seconds for milliseconds here, and spins while a broker is silent."""

        def connection_delay(self, node_id: object) -> float:
            return float(max(super().connection_delay(node_id) * 1000, _PAUSE))

    return KafkaProducer(
        **broker.client_options(),
        enable_idempotence=False,
        max_in_flight_requests_per_connection=1,
        kafka_client=_PatientClient,
        acks="all",
        compression_type="gzip",
        batch_size=_BATCH,
        max_request_size=_LARGEST,
        linger_ms=linger,
        request_timeout_ms=int(delivery * 1000 / 3),
        delivery_timeout_ms=int(delivery * 1000),
        reconnect_backoff_max_ms=2000,
        max_block_ms=10_000,
        metrics_enabled=False,
    )


class KafkaPublisher:
    """Opens a client; `close` it. One event loop at a time uses `publish`.

    `topic_id`: of the topic as it is now; another when it was deleted and made again.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        in_flight: int = IN_FLIGHT,
        delivery: float = DELIVERY,
    ) -> None:
        """`clock`: when an item was received. `in_flight`: bytes, `delivery`: seconds, as above.

        Raises UserError when the brokers or the topic are missing.
        """
        self._broker, self._clock = broker, clock
        self._topic = raw(broker)
        topic = existing(broker, [self._topic])[self._topic]
        self._partitions = len(topic["partitions"])
        self.topic_id = str(topic["topic_id"])
        self._producer = open_producer(broker, delivery=delivery)
        self._producer.partitions_for(self._topic)  # what is not known yet would have to be waited for later
        self._sending = ThreadPoolExecutor(1, thread_name_prefix="publish")
        """`send` waits where the client has lost sight of the topic."""
        self._room = _Room(in_flight)
        self._limit, self._delivery = in_flight, delivery
        self._bulk: deque[tuple[Any, int]] = deque()
        self._bulk_bytes = 0

    async def publish(self, items: Sequence[Item]) -> None:
        """See Publisher."""
        from kafka.errors import KafkaError

        try:
            await self._publish(items)
        except KafkaError as error:
            raise self._meaning(error) from error
        except TimeoutError as late:
            raise TransientError("The brokers have not confirmed in time what was sent.") from late

    async def _publish(self, items: Sequence[Item]) -> None:
        received, loop = _stamp(self._clock()), asyncio.get_running_loop()
        delivery = _Delivery(loop, self._room)
        for item in items:
            message = of_item(item)
            await self._room.take(message.size, self._delivery)
            sent = loop.run_in_executor(self._sending, self._send, message, received)
            delivery.expect(message.size, sent)
            await sent
            if delivery.error:
                break
        async with asyncio.timeout(2 * self._delivery):
            await delivery.done()

    def publish_bodies(self, bodies: Iterable[bytes], received: datetime) -> Receipt:
        """Send lines of a file in their order, as many at once as there is room for.

        Raises like `publish`; what the receipt has not confirmed may have come or not, and can come again.
        """
        from kafka.errors import KafkaError

        try:
            stamp = _stamp(received)
            return Receipt([self._send_line(of_body(body), stamp) for body in bodies], self._meaning)
        except KafkaError as error:
            raise self._meaning(error) from error

    def _send_line(self, message: Message, received: bytes) -> Any:
        while self._bulk and self._bulk_bytes + message.size > self._limit:
            self._confirm_oldest()
        acknowledged = self._send(message, received)
        self._bulk.append((acknowledged, message.size))
        self._bulk_bytes += message.size
        return acknowledged

    def close(self, timeout: float = CLOSING) -> None:
        """Give what is under way `timeout` seconds; what is not confirmed then belongs to nobody's state."""
        from kafka.errors import KafkaTimeoutError

        self._sending.shutdown(wait=False, cancel_futures=True)
        try:
            self._producer.close(timeout=timeout)
        except KafkaTimeoutError:
            self._producer.close(timeout=0)
            log.warning("not everything was confirmed before the end")

    def _confirm_oldest(self) -> None:
        acknowledged, size = self._bulk.popleft()
        Receipt([acknowledged], self._meaning).wait()
        self._bulk_bytes -= size

    def _send(self, message: Message, received: bytes) -> Any:
        return self._producer.send(
            self._topic,
            value=message.body,
            key=message.key,
            headers=[(RECEIVED, received)],
            partition=partition_of(message.place, self._partitions),
        )

    def _meaning(self, error: BaseException) -> BiowireError:
        return meaning(error, self._broker)


def meaning(error: BaseException, broker: Broker) -> BiowireError:
    """Whether a person has to mend what a send failed with, or time will."""
    from kafka import errors

    if isinstance(error, errors.MessageSizeTooLargeError | errors.RecordListTooLargeError):
        return UserError(
            f"The topic {raw(broker)} takes no messages of {_LARGEST // 1024 // 1024} MB. "
            "Run `biowire provision`, which sets max.message.bytes."
        )
    if isinstance(error, errors.AuthorizationError | errors.SaslAuthenticationFailedError):
        return UserError(sentence(error, broker))
    return TransientError(sentence(error, broker))


class Receipt:
    """What was sent in one go, and whether it has been confirmed."""

    def __init__(self, sent: Sequence[Any], meaning: Callable[[BaseException], BiowireError]) -> None:
        self._sent, self._meaning = sent, meaning

    def wait(self) -> None:
        """Return when all of it is durable; raise TransientError or UserError when it will not be."""
        from kafka.errors import KafkaError

        try:
            for acknowledged in self._sent:
                acknowledged.get(timeout=2 * DELIVERY)
        except KafkaError as error:
            raise self._meaning(error) from error


class _Room:
    """At most so many bytes under way; one message always fits when nothing else is."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._freed = asyncio.Event()

    async def take(self, size: int, patience: float) -> None:
        """Wait for room; raise TimeoutError when there was none for `patience` seconds."""
        async with asyncio.timeout(patience):
            while self._used and self._used + size > self._limit:
                self._freed.clear()
                await self._freed.wait()
        self._used += size

    def give_back(self, size: int) -> None:
        self._used -= size
        self._freed.set()


class _Delivery:
    """The messages of one call: counted down as the client's thread hears of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, room: _Room) -> None:
        self._loop, self._room = loop, room
        self._missing = 0
        self._settled = asyncio.Event()
        self.error: BaseException | None = None

    def expect(self, size: int, sent: asyncio.Future[Any]) -> None:
        """Count a message that is being sent, whatever becomes of the one who waits for it."""
        self._missing += 1
        sent.add_done_callback(lambda done: self._follow(size, done))

    async def done(self) -> None:
        """Wait for the last; raise the first error as soon as there is one."""
        while self._missing and not self.error:
            self._settled.clear()
            await self._settled.wait()
        if self.error:
            raise self.error

    def _follow(self, size: int, sent: asyncio.Future[Any]) -> None:
        if sent.cancelled() or sent.exception():
            self._settle(size, sent.exception() if not sent.cancelled() else None)
            return
        sent.result().add_callback(lambda _: self._tell(size, None))
        sent.result().add_errback(lambda error: self._tell(size, error))

    def _tell(self, size: int, error: BaseException | None) -> None:
        """In the client's thread, perhaps after the loop is gone."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._settle, size, error)

    def _settle(self, size: int, error: BaseException | None) -> None:
        self._room.give_back(size)
        self._missing -= 1
        self.error = self.error or error
        self._settled.set()


def _stamp(received: datetime) -> bytes:
    return str(microseconds(received)).encode()
