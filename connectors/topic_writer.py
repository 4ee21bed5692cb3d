"""Records of compacted topics, written in the background: the last value of each key gets there.

    put ─► waiting, one per key ─► sent together ─► confirmed ─► forgotten
                ▲                        └ not confirmed ┘

What waits is bounded by the number of keys, however long the brokers are away.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from .broker import Broker
from .errors import TransientError, UserError
from .publish.kafka import DELIVERY, meaning, open_producer

log = logging.getLogger(__name__)

RETRY = 2.0
"""Seconds before what was not confirmed is sent again."""
_SAY_AGAIN = 60.0


@dataclass(frozen=True, slots=True)
class Record:
    """One record; a value of None takes the key out of the topic."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class TopicWriter:
    """Opens a client and a thread; `close` it. Records put earlier are sent no later than later ones."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._producer = open_producer(broker, linger=0)
        self._waiting: dict[tuple[str, bytes], Record] = {}
        self._under_way: dict[tuple[str, bytes], Record] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._said = float("-inf")
        self.refused: UserError | None = None
        """The last record that the brokers will never take, in a sentence."""
        self._thread = threading.Thread(target=self._work, name="feed state", daemon=True)
        self._thread.start()

    def put(self, record: Record) -> None:
        """Take over a record; it replaces one of the same key that was not sent yet."""
        with self._changed:
            self._waiting.pop((record.topic, record.key), None)  # so that it comes after what was put before
            self._waiting[record.topic, record.key] = record
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Records not confirmed yet."""
        with self._changed:
            return len(self._waiting) + len(self._under_way)

    def flush(self, timeout: float) -> None:
        """Return when all is durable. Raises TransientError after `timeout` seconds, UserError if refused."""
        with self._changed:
            done = self._changed.wait_for(lambda: not self._waiting and not self._under_way, timeout)
            refused, self.refused = self.refused, None
        if refused:
            raise refused
        if not done:
            raise TransientError(f"The broker {self._broker.url} has not confirmed what was written to it.")

    def close(self, timeout: float) -> None:
        """Write what waits, for `timeout` seconds; what is not written then is forgotten."""
        deadline = time.monotonic() + timeout
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout)
        if left := self.waiting:
            log.warning("states of feeds not kept; these are fetched again", extra={"records": left})
        try:
            self._producer.close(timeout=max(deadline - time.monotonic(), 0))
        finally:
            self._thread.join(1.0)

    def _work(self) -> None:
        while self._take():
            failed = self._send()
            with self._changed:
                self._waiting = {
                    key: self._under_way[key] for key in failed if key not in self._waiting
                } | self._waiting
                self._under_way = {}
                self._changed.notify_all()
                if failed:
                    self._changed.wait_for(lambda: self._closing, RETRY)
                if failed and self._closing:
                    return

    def _take(self) -> bool:
        """Wait for something to do; False when there is nothing more."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._closing)
            self._under_way, self._waiting = self._waiting, {}
            return bool(self._under_way)

    def _send(self) -> list[tuple[str, bytes]]:
        """Send what is under way; return the keys of what was not confirmed and has to be sent again."""
        from kafka.errors import KafkaError

        sent: list[tuple[tuple[str, bytes], Any]] = []
        failed = []
        for key, record in self._under_way.items():
            try:
                sent.append((key, self._submit(record)))
            except KafkaError as error:
                failed += self._judge(key, error)
        for key, acknowledged in sent:
            try:
                acknowledged.get(timeout=2 * DELIVERY)
            except KafkaError as error:
                failed += self._judge(key, error)
        return failed

    def _submit(self, record: Record) -> Any:
        return self._producer.send(
            record.topic,
            value=record.value,
            key=record.key,
            headers=list(record.headers),
            partition=record.partition,
        )

    def _judge(self, key: tuple[str, bytes], error: Exception) -> list[tuple[str, bytes]]:
        means = meaning(error, self._broker)
        if time.monotonic() > self._said + _SAY_AGAIN:
            self._said = time.monotonic()
            log.warning("state of feeds not written yet", extra={"why": str(means)})
        if isinstance(means, UserError):
            self.refused = means
            return []
        return [key]
