"""Taking over the alert stage on a real broker, and giving up where the group gave it to another meanwhile."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Kafka

from connectors.broker import Broker, broker_of
from streams.alerts.sqlite import SqliteAlertStore
from streams.control import alert_owner
from streams.kafka_admin import administering
from streams.partitions.alert_keeping import HANDOVER, NotOursError, Shipping, taken_over
from streams.provision.broker import provision

pytestmark = pytest.mark.servers

CURSORS = {f"cursor {number}": number for number in range(50)}

WAITING = 20
"""Looks at whether the stage is still ours before the first record, at most."""


@pytest.fixture
def broker(kafka: Kafka, prefix: str) -> Iterator[Broker]:
    broker = broker_of({"broker": kafka.url, "topic_prefix": f"{prefix}.", "topic_partitions": 1})
    assert broker is not None
    provision(broker, 1)
    yield broker
    with administering(broker) as admin:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(broker.prefix)])


def always() -> bool:
    return True


def work(path: Path, broker: Broker) -> None:
    """Have the stage, and leave something of it with the broker."""
    with (
        contextlib.closing(taken_over(path, broker, 1, always)) as database,
        contextlib.closing(Shipping(broker, 1)) as shipping,
    ):
        store = SqliteAlertStore(database)
        for name, place in CURSORS.items():
            store.advance(name, place)
        shipping.ship(database)


def found(path: Path, broker: Broker) -> dict[str, int]:
    with contextlib.closing(taken_over(path, broker, 1, always)) as database:
        return dict(database.connection.execute("SELECT name, value FROM cursors"))


def test_who_waits_for_the_last_owner_gives_up_at_once_and_has_claimed_nothing(
    broker: Broker, tmp_path: Path
) -> None:
    provision(broker, 2)
    began = time.monotonic()
    with pytest.raises(NotOursError):
        taken_over(tmp_path / "alerts.db", broker, 2, lambda: time.monotonic() < began + 1)
    assert time.monotonic() - began < HANDOVER / 2
    assert not alert_owner(broker, 2)


def test_who_reads_back_gives_up_in_the_middle_and_begins_anew_the_next_time(
    broker: Broker, tmp_path: Path
) -> None:
    work(tmp_path / "first.db", broker)
    second, owner, looks = tmp_path / "second.db", alert_owner(broker, 1), itertools.count(1)
    with pytest.raises(NotOursError):
        taken_over(second, broker, 1, lambda: next(looks) <= WAITING + len(CURSORS) // 2)
    assert alert_owner(broker, 1) != owner, "it had begun to read"
    assert found(second, broker) == CURSORS
    assert found(tmp_path / "first.db", broker) == CURSORS
