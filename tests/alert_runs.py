"""Items through the pipeline and the alert stage, and what stands afterwards."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from builders import NOON

from connectors.database import Database
from streams.alerting.embedded import AlertStage
from streams.alerting.file import SCHEMAS, alerts_file
from streams.alerts import Raised
from streams.alerts.sqlite import SqliteAlertStore
from streams.core.alerts.conditions import with_defaults
from streams.core.alerts.records import KINDS, Alert, Subscription
from streams.embedded import Instance
from streams.seeds_files import vocabulary
from streams.subscriptions import SubscriptionStore
from streams.subscriptions.memory import MemorySubscriptions

SAID = {
    "threshold": {"count": 3},
    "spike": {"count": 3, "factor": 1.5},
    "silence": {"window": timedelta(hours=8)},
    "new-term": {"window": timedelta(days=7)},
    "new-entity": {"window": timedelta(days=7)},
    "new-pairing": {"window": timedelta(days=7)},
}
"""Numbers that bring out alerts of every kind within the three weeks of the sample world."""


def of_every_kind(query: str = "camera OR biometric OR facial") -> MemorySubscriptions:
    """A subscription for each kind of condition, named after it."""
    return MemorySubscriptions(
        Subscription(
            id=kind,
            name=kind,
            query=query,
            condition=with_defaults(kind, **SAID.get(kind, {})),
            changed_at=NOON,
        )
        for kind in KINDS
    )


def worked(
    home: Path,
    items: Iterable[dict[str, Any]],
    subscriptions: SubscriptionStore,
    size: int,
    *,
    quiet: bool = False,
    watch: Callable[[str], object] | None = None,
) -> Path:
    """Take items in, `size` in a batch, with the alert stage in step. Done again, it goes on where it was.

    `watch` is called before each statement that either file is asked.
    """
    items = list(items)
    with (
        Instance(home / "biowire.db", vocabulary({})) as instance,
        AlertStage(instance, subscriptions) as stage,
    ):
        for database in (instance.database, stage.database):
            database.connection.set_trace_callback(watch)
        stage.step(NOON)
        for start in range(0, len(items), size):
            bodies = [json.dumps(item).encode() for item in items[start : start + size]]
            instance.ingest(bodies, NOON, lambda: None, quiet=quiet)
            stage.step(NOON)
    return home


@contextlib.contextmanager
def kept(home: Path) -> Iterator[SqliteAlertStore]:
    """The alerts of a home, for looking."""
    database = Database(alerts_file(home / "biowire.db"), SCHEMAS, writer=False)
    try:
        yield SqliteAlertStore(database)
    finally:
        database.close()


def raised(home: Path) -> list[Raised]:
    """Every alert ever raised, in the order it was."""
    with kept(home) as store:
        return list(store.list(newest_first=False, limit=1_000_000))


def standing(alerts: Iterable[Raised]) -> Mapping[str, Alert]:
    """Those that hold, by id, with all they say and show; how large a story is, is as of when it was seen."""
    return {
        one.alert.id: replace(
            one.alert, shown=tuple(replace(shown, story_size=0) for shown in one.alert.shown)
        )
        for one in alerts
        if not one.withdrawn
    }
