"""An embedded instance and its alert stage, fed with the real weeks as they were captured, batch by batch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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
from streams.subscriptions.memory import MemorySubscriptions
from streams.vocabulary_files import load_vocabulary

BEGIN = datetime(1990, 1, 1, tzinfo=UTC)
"""When the subscriptions of these tests were made: before any article."""

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
    end: datetime

    def of(self, subscription: str) -> list[Raised]:
        return [one for one in self.raised if one.alert.subscription == subscription]


def lived(
    home: Path, subscriptions: Iterable[Subscription], items: Sequence[dict[str, Any]], size: int
) -> Lived:
    """Take the items through an instance in batches, the alert stage after each. Close the instance."""
    kept, end = MemorySubscriptions(), BEGIN
    for one in subscriptions:
        kept.save(one, "test", BEGIN)
    instance = Instance(home / "biowire.db", load_vocabulary())
    with AlertStage(instance, kept) as stage:
        stage.step(BEGIN)
        for now, bodies in batches(items, size):
            instance.ingest(bodies, now, lambda: None)
            stage.step(now)
            end = now
        stage.tick(end)
    return Lived(instance, list(_raised(home / "biowire.db")), end)


def _raised(store: Path) -> Iterator[Raised]:
    database = open_alerts(alerts_file(store))
    try:
        alerts, after = SqliteAlertStore(database), 0
        while page := alerts.list(after=after, newest_first=False, limit=1000):
            yield from page
            after = page[-1].seq
    finally:
        database.close()
