"""An embedded instance and its alert stage, fed with the real weeks as they were captured, batch by batch."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from real_articles import rows

from streams.alert_file import alerts_file, open_alerts
from streams.alert_stage import AlertStage
from streams.alerts import Raised
from streams.alerts.sqlite import SqliteAlertStore
from streams.core.alerts.records import Subscription
from streams.embedded import Instance
from streams.outbox.sqlite import SqliteOutbox
from streams.planning import CurrentSubscriptions, Planner
from streams.subscriptions.memory import MemorySubscriptions
from streams.vocabulary_files import load_vocabulary

BEGIN = datetime(1990, 1, 1, tzinfo=UTC)
"""When the subscriptions of these tests were made: before any article."""

CHANNEL = "https://desk.example/hook"
DAY = timedelta(days=1)


def captured(*files: str) -> list[dict[str, Any]]:
    """Items of files of the stream by day of capture; within a day as they stand there."""
    found = [row for name in files for row in rows("stream", name)]
    return sorted(found, key=lambda row: row["capture_day"])


def batches(items: Sequence[dict[str, Any]], size: int) -> Iterator[tuple[datetime, list[bytes]]]:
    """At most `size` items of one day of capture, and the end of that day; within it feed after feed."""
    for day, own in groupby(items, key=lambda row: row["capture_day"]):
        bodies = [json.dumps(row).encode() for row in own]
        for at in range(0, len(bodies), size):
            yield datetime.fromisoformat(day).replace(tzinfo=UTC) + DAY, bodies[at : at + size]


@dataclass
class Lived:
    """What live processing did, and what it left."""

    instance: Instance
    raised: list[Raised]
    """Every alert ever raised, also those withdrawn since."""
    sent: Counter[str]
    """Ids of alerts, with the number of messages that hold each."""
    end: datetime

    def of(self, subscription: str) -> list[Raised]:
        return [one for one in self.raised if one.alert.subscription == subscription]


def lived(
    home: Path, subscriptions: Iterable[Subscription], items: Sequence[dict[str, Any]], size: int
) -> Lived:
    """Take the items through an instance in batches, alerts and messages after each. Close the instance."""
    kept, end, store = MemorySubscriptions(), BEGIN, home / "biowire.db"
    for one in subscriptions:
        kept.save(replace(one, to=(CHANNEL,)), "test", BEGIN)
    instance = Instance(store, load_vocabulary())
    with AlertStage(instance, kept) as stage, _alerts(store) as (alerts, outbox):
        planner = Planner(outbox, CurrentSubscriptions(kept))
        planner.plan(BEGIN)
        stage.step(BEGIN)
        for end, bodies in batches(items, size):
            instance.ingest(bodies, end, lambda: None)
            stage.step(end)
            _send(planner, outbox, end)
        stage.tick(end)
        _send(planner, outbox, end)
        sent = Counter(id_ for one in outbox.list(limit=1_000_000) for id_ in one.alerts)
        return Lived(instance, list(_raised(alerts)), sent, end)


def _send(planner: Planner, outbox: SqliteOutbox, now: datetime) -> None:
    """Every message that is to go out now is taken by its receiver."""
    planner.plan(now)
    while claimed := outbox.claim("test", now, DAY, limit=1000):
        for one in claimed:
            assert outbox.settle(one.id, "test", "delivered", now)


@contextlib.contextmanager
def _alerts(store: Path) -> Iterator[tuple[SqliteAlertStore, SqliteOutbox]]:
    database = open_alerts(alerts_file(store))
    try:
        yield SqliteAlertStore(database), SqliteOutbox(database)
    finally:
        database.close()


def _raised(alerts: SqliteAlertStore) -> Iterator[Raised]:
    after = 0
    while page := alerts.list(after=after, newest_first=False, limit=1000):
        yield from page
        after = page[-1].seq
