"""Subscriptions in Kafka: a compacted topic of one partition; each has one record with all its versions.

    commands, API ─► topic subscriptions (key: id) ─► every process that looks

Whoever looks reads on to the end of the topic, which takes a question to the broker, and less when nothing
changed. Where two change one subscription in the same moment, the later one stands; the other is told so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from connectors.broker import Broker
from connectors.errors import UserError
from connectors.kafka_errors import TIMEOUT, partition_counts, sentence

from .. import topics
from ..core.alerts.changes import changes
from ..core.alerts.editing import asked, checked, refuse_stale
from ..core.alerts.records import Subscription
from ..kafka_log import NotReadWholeError, Sending
from .history import REMOVED, Version

_versions = msgspec.json.Decoder(list[Version]).decode


class KafkaSubscriptions:
    """Opens a client; `close` it. May be used by several threads."""

    def __init__(self, broker: Broker, timeout: float = TIMEOUT) -> None:
        """Read all there are. Raises UserError when broker or topic is not there."""
        self._broker, self._timeout = broker, timeout
        self._topic = topics.subscriptions(broker)
        partition_counts(broker, [self._topic])
        self._place = TopicPartition(self._topic, 0)
        self._lock = threading.RLock()
        self._versions: dict[str, list[Version]] = {}
        self._problems: dict[str, str] = {}
        self._position = 0
        milliseconds = int(timeout * 1000)
        self._consumer = KafkaConsumer(
            **broker.client_options(),
            enable_auto_commit=False,
            bootstrap_timeout_ms=milliseconds,
            request_timeout_ms=milliseconds,
            session_timeout_ms=min(milliseconds, 10_000) - 1,
            metrics_enabled=False,
        )
        self._consumer.assign([self._place])
        self._consumer.seek_to_beginning(self._place)
        try:
            self._look()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the broker."""
        with self._lock:
            self._consumer.close(autocommit=False)

    def position(self) -> int:
        """Offset up to which the topic is known: rises with every change."""
        with self._lock:
            self._look()
            return self._position

    def stamp(self) -> object:
        """See `position`."""
        return self.position()

    def known(self) -> tuple[int, Sequence[Subscription]]:
        """All subscriptions, and the position they are as of."""
        with self._lock:
            self._look()
            return self._position, self._all()

    def all(self) -> Sequence[Subscription]:
        """By id."""
        return self.known()[1]

    def _all(self) -> list[Subscription]:
        return [
            own[-1].subscription for _, own in sorted(self._versions.items()) if own and not own[-1].removed
        ]

    def problems(self) -> Sequence[str]:
        """Records that are none of ours."""
        with self._lock:
            self._look()
            return [problem for _, problem in sorted(self._problems.items())]

    def get(self, id: str) -> Subscription | None:  # noqa: A002 - the port's
        """By id, else by name."""
        there = self.all()
        return next((one for one in there if one.id == id), None) or next(
            (one for one in there if one.name == id), None
        )

    def save(self, subscription: Subscription, by: str, now: datetime) -> Subscription:
        """Keep it under the next version, if it is `checked` and differs. Raises UserError."""
        checked(subscription)
        with self._lock:
            own = self._of(subscription.id)
            old = own[-1].subscription if own and not own[-1].removed else None
            if old is not None and asked(old) == asked(subscription):
                return old
            refuse_stale(subscription, old)
            version = own[-1].subscription.version + 1 if own else 1
            new = replace(subscription, version=version, changed_at=now, changed_by=by)
            self._write(new.id, [*own, Version(changes(old, new), new)])
            return new

    def remove(self, id: str, by: str, now: datetime) -> bool:  # noqa: A002 - the port's
        """The last version stays in the history, once more, as the one removed."""
        with self._lock:
            own = self._of(id)
            if not own or own[-1].removed:
                return False
            last = own[-1].subscription
            gone = replace(last, version=last.version + 1, changed_at=now, changed_by=by)
            self._write(id, [*own, Version(REMOVED, gone)])
            return True

    def history(self, id: str) -> Sequence[tuple[Subscription, str]]:  # noqa: A002 - the port's
        """Oldest first."""
        with self._lock:
            return [(one.subscription, one.what) for one in self._of(id)]

    def _of(self, id_: str) -> list[Version]:
        self._look()
        return self._versions.get(id_, [])

    def _write(self, id_: str, versions: list[Version]) -> None:
        """Put all versions in place of those that were there, and read them back."""
        with Sending(self._broker, self._timeout) as sending:
            sending.send(self._topic, 0, id_.encode(), msgspec.json.encode(versions))
            sending.wait()
        self._look()
        if self._versions.get(id_) != versions:
            raise UserError(f"Somebody else changed {id_} in the same moment: look at it, and try again.")

    def _look(self) -> None:
        """Read on to where the topic ends now."""
        deadline = time.monotonic() + self._timeout
        try:
            end = self._consumer.end_offsets([self._place])[self._place]
            while (at := self._consumer.position(self._place)) < end:
                if time.monotonic() > deadline:
                    raise NotReadWholeError(self._topic, self._broker, end - at)
                for record in self._consumer.poll(timeout_ms=200).get(self._place, ()):
                    self._take(record)
        except KafkaError as cause:
            raise UserError(sentence(cause, self._broker)) from cause
        self._position = end

    def _take(self, record: Any) -> None:
        id_ = (record.key or b"").decode(errors="replace")
        self._problems.pop(id_, None)
        try:
            self._versions[id_] = [] if record.value is None else _versions(record.value)
        except msgspec.MsgspecError as cause:
            self._versions.pop(id_, None)
            self._problems[id_] = f"{self._topic}: the record of {id_ or 'nothing'} is not ours ({cause})."


class AsOf:
    """Subscriptions as they were at one position of the topic: what is asked of them goes together."""

    def __init__(self, store: KafkaSubscriptions) -> None:
        """As they are now."""
        self._store = store
        self.position, self._all = store.known()

    def renew(self) -> int:
        """As they are now; the position."""
        self.position, self._all = self._store.known()
        return self.position

    def stamp(self) -> object:
        """The position."""
        return self.position

    def all(self) -> Sequence[Subscription]:
        """By id."""
        return self._all

    def problems(self) -> Sequence[str]:
        """As they are now."""
        return self._store.problems()

    def get(self, id: str) -> Subscription | None:  # noqa: A002 - the port's
        """By id."""
        return next((one for one in self._all if one.id == id), None)

    def save(self, subscription: Subscription, by: str, now: datetime) -> Subscription:
        """See KafkaSubscriptions."""
        return self._store.save(subscription, by, now)

    def remove(self, id: str, by: str, now: datetime) -> bool:  # noqa: A002 - the port's
        """See KafkaSubscriptions."""
        return self._store.remove(id, by, now)

    def history(self, id: str) -> Sequence[tuple[Subscription, str]]:  # noqa: A002 - the port's
        """See KafkaSubscriptions."""
        return self._store.history(id)
