"""Between the alert stage's file and Kafka: rows sent after each change, and read back by who takes over.

file ─► ship ─► alerts, alerts.deliveries, alerts.state.gN ─► taken_over ─► file of another worker
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from connectors.broker import Broker
from connectors.database import Database
from connectors.errors import BiowireError, UserError
from connectors.kafka_errors import TIMEOUT, sentence
from connectors.publish.kafka import meaning, open_producer

from .. import topics, wire
from ..alerting.file import SCHEMAS
from ..control import alert_owner, own_alerts
from ..core.alerts.records import Delivery
from ..kafka_admin import consuming
from ..kafka_log import read_whole
from ..outbox.sqlite import SqliteOutbox
from . import alert_rows
from .alert import next_of

RESTORING = 600.0
"""Seconds that reading the topics back may take."""
LETTING_GO = 2.0
"""Seconds for another owner that is still there to say what it has sent."""
HANDOVER = 15.0
"""Seconds the first owner of a new generation waits: by then that of the last one knows that it is over."""
_CONFIRMED = 60.0
_LOOKING = 0.2
_ALL = (*SCHEMAS, alert_rows.SCHEMA)

_log = logging.getLogger(__name__)


class NotOursError(BiowireError):
    """The stage was given to another worker while it was taken over."""

    def __init__(self) -> None:
        super().__init__("the alert stage was given to another worker while it was taken over")


class Shipping:
    """Sends what changed, from any thread, one at a time: no older row comes after a newer one."""

    def __init__(self, broker: Broker, generation: int) -> None:
        """Open a client; `close` it."""
        self._broker = broker
        self._producer = open_producer(broker)
        self._lock = threading.Lock()
        self._topics = {
            "alerts": topics.alerts(broker),
            "deliveries": topics.deliveries(broker),
            "state": topics.alert_state(broker, generation),
        }

    def ship(self, database: Database) -> None:
        """Return when the brokers have all that changed so far. Raises BiowireError."""
        with self._lock:
            last, rows = alert_rows.changed(database.connection)
            if not last:
                return
            try:
                futures = [
                    self._producer.send(self._topics[row.where], row.value, row.key, partition=0)
                    for row in rows
                ]
                for future in futures:
                    future.get(_CONFIRMED)
            except KafkaError as error:
                raise meaning(error, self._broker) from error
            with database.transaction() as connection:
                alert_rows.sent(connection, last)

    def close(self) -> None:
        """Let go of the broker."""
        self._producer.close(timeout=2)


class ShippedOutbox(SqliteOutbox):
    """An outbox that gives nothing to be sent before the brokers know what it holds.

    Whoever takes over then makes up no other message of the same alerts.
    """

    def __init__(self, database: Database, shipping: Shipping) -> None:
        super().__init__(database)
        self._shipped, self._shipping = database, shipping

    def claim(self, worker: str, now: datetime, lease: timedelta, limit: int = 10) -> Sequence[Delivery]:
        """See Outbox. Raises BiowireError while the brokers are away."""
        self._shipping.ship(self._shipped)
        return super().claim(worker, now, lease, limit)


def taken_over(path: Path, broker: Broker, generation: int, ours: Callable[[], bool]) -> Database:
    """The file as the stage left it: our own, or made anew from the topics where another had the stage since.

    Raises BiowireError; NotOursError soon after the stage is no longer `ours`, with nothing kept.
    """
    database = Database(path, _ALL, shared=True)
    token, owner = alert_rows.owner(database.connection), alert_owner(broker, generation)
    if token and token == owner:
        return database
    database.close()
    if owner:
        _wait(LETTING_GO, ours)
    elif generation > 1:
        _wait(HANDOVER, ours)
    for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        name.unlink(missing_ok=True)
    token = secrets.token_hex(16)
    own_alerts(broker, generation, token)
    database = Database(path, _ALL, shared=True)
    try:
        _restore(database, broker, generation, token, ours)
    except BaseException:
        database.close()
        raise
    return database


def _restore(
    database: Database, broker: Broker, generation: int, token: str, ours: Callable[[], bool]
) -> None:
    began = time.monotonic()
    with database.transaction() as connection:
        count = alert_rows.restore(connection, _kept(broker, generation, ours))
        alert_rows.set_owner(connection, token)
    seconds = round(time.monotonic() - began, 1)
    _log.info(
        "alerts taken over",
        extra={"rows": count, "next": next_of(database.connection.execute), "seconds": seconds},
    )


def _kept(
    broker: Broker, generation: int, ours: Callable[[], bool]
) -> Iterator[tuple[bytes | None, bytes | None]]:
    names = topics.alerts(broker), topics.deliveries(broker), topics.alert_state(broker, generation)
    for name in names:
        with consuming(broker, TIMEOUT) as consumer:
            for record in read_whole(consumer, name, broker, time.monotonic() + RESTORING):
                _check(ours)
                yield record.key, record.value


def _wait(seconds: float, ours: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        _check(ours)
        time.sleep(min(left, _LOOKING))
    _check(ours)


def _check(ours: Callable[[], bool]) -> None:
    if not ours():
        raise NotOursError


class Ahead:
    """Ids of documents in the topic of facts from the place of the stage on. `close` it."""

    def __init__(self, broker: Broker, generation: int, database: Database) -> None:
        self._broker = broker
        self._execute = database.connection.execute
        self._place = TopicPartition(topics.facts(broker, generation), 0)
        self._found: dict[str, int] = {}
        self._consumer = KafkaConsumer(
            **broker.client_options(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metrics_enabled=False,
        )
        self._consumer.assign([self._place])

    def ids(self) -> set[str]:
        """As of now. Raises UserError when the broker does not tell."""
        begin = next_of(self._execute)
        self._found = {id_: offset for id_, offset in self._found.items() if offset >= begin}
        deadline = time.monotonic() + TIMEOUT
        try:
            end = self._consumer.end_offsets([self._place])[self._place]
            if self._consumer.position(self._place) < begin:
                self._consumer.seek(self._place, begin)
            while self._consumer.position(self._place) < end:
                if time.monotonic() > deadline:
                    raise UserError(f"The broker {self._broker.url} did not give all facts in time.")
                for record in self._consumer.poll(timeout_ms=200).get(self._place, ()):
                    self._take(record)
        except KafkaError as cause:
            raise UserError(sentence(cause, self._broker)) from cause
        return set(self._found)

    def _take(self, record: Any) -> None:
        try:
            told = wire.decode_told(record.value or b"")
        except msgspec.MsgspecError:
            return  # the stage says so when it comes to it
        ids = [fact.id for _, fact in told.facts] + [id_ for _, id_, _ in told.unmatched]
        self._found |= dict.fromkeys(ids, record.offset)

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close(autocommit=False)
