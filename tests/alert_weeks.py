"""An embedded instance, its alert stage and its deliverer, fed with the real weeks as they were captured."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from messages import SIGNING
from real_articles import rows
from receiving import SETTINGS, receiving

from streams.alerting.delivering import Terms
from streams.alerting.embedded import AlertStage
from streams.alerting.file import alerts_file, open_alerts
from streams.alerting.messages import Messages
from streams.alerting.service import AlertService, Post
from streams.alerts import Raised
from streams.alerts.sqlite import SqliteAlertStore
from streams.channels.choose import channel_for
from streams.core.alerts.editing import MOST_ENTRIES
from streams.core.alerts.planning import Pace
from streams.core.alerts.records import Rhythm, Subscription
from streams.embedded import Instance
from streams.outbox.sqlite import SqliteOutbox
from streams.subscriptions.memory import MemorySubscriptions
from streams.vocabulary.files import load_vocabulary

BEGIN = datetime(1990, 1, 1, tzinfo=UTC)
"""When the subscriptions of these tests were made: before any article."""

DAY = timedelta(days=1)
APART = timedelta(minutes=2)
"""Between two batches of a day: more than between two messages."""


def captured(*files: str) -> list[dict[str, Any]]:
    """Items of files of the stream by day of capture; within a day as they stand there."""
    found = [row for name in files for row in rows("stream", name)]
    return sorted(found, key=lambda row: row["capture_day"])


def batches(items: Sequence[dict[str, Any]], size: int) -> Iterator[tuple[datetime, list[bytes]]]:
    """At most `size` items of one day of capture, and when: after that day's end, feed after feed."""
    for day, own in groupby(items, key=lambda row: row["capture_day"]):
        bodies = [json.dumps(row).encode() for row in own]
        for number, at in enumerate(range(0, len(bodies), size)):
            end = datetime.fromisoformat(day).replace(tzinfo=UTC) + DAY
            yield end + number * APART, bodies[at : at + size]


@dataclass
class Lived:
    """What live processing did, and what it left."""

    instance: Instance
    raised: list[Raised]
    """Every alert ever raised, also those withdrawn since."""
    sent: Counter[str]
    """Ids of alerts, with the number of messages that hold each, as the receiver of the messages counted."""
    end: datetime

    def of(self, subscription: str) -> list[Raised]:
        return [one for one in self.raised if one.alert.subscription == subscription]


def lived(
    home: Path, subscriptions: Iterable[Subscription], items: Sequence[dict[str, Any]], size: int
) -> Lived:
    """Take the items through an instance in batches, alerts and messages after each. Close the instance."""
    kept, end, store = MemorySubscriptions(), BEGIN, home / "biowire.db"
    instance = Instance(store, load_vocabulary())
    with receiving() as receiver:
        for one in subscriptions:
            kept.save(replace(one, to=(receiver.url,), rhythm=Rhythm(cap=MOST_ENTRIES)), "test", BEGIN)
        with AlertStage(instance, kept) as stage, _alerts(store) as (alerts, outbox):
            service = AlertService(_post(alerts, outbox, kept, lambda: end), clock=lambda: end)
            asyncio.run(service.once())
            stage.step(BEGIN)
            for end, bodies in batches(items, size):
                instance.ingest(bodies, end, lambda: None)
                stage.step(end)
                asyncio.run(service.once())
            end += APART
            stage.tick(end)
            asyncio.run(service.once())
            return Lived(instance, list(_raised(alerts)), receiver.alerts, end)


def _post(
    alerts: SqliteAlertStore, outbox: SqliteOutbox, kept: MemorySubscriptions, clock: Callable[[], datetime]
) -> Post:
    messages = Messages(alerts, base_url="https://desk.example/", sign=SIGNING.token, feeds=lambda: ())
    return Post(
        outbox=outbox,
        subscriptions=kept,
        compose=messages.compose,
        channel_for=lambda url: channel_for(url, SETTINGS, SIGNING, clock=clock),
        terms=Terms(),
        pace=Pace(),
    )


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
