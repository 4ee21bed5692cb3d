"""Alerts and messages on their way, for commands and the API: one place that opens them, whatever the mode.

Reading and writing both work beside a `run` that goes on: `alerts.db` has many writers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.console import Context
from connectors.database import Database

from .alert_file import SCHEMAS, alerts_file, open_alerts
from .alerts import AlertStore
from .alerts.sqlite import SqliteAlertStore
from .outbox import Outbox
from .outbox.sqlite import SqliteOutbox


@dataclass(frozen=True, slots=True)
class AlertReading:
    """What was decided, and what became of it."""

    alerts: AlertStore
    outbox: Outbox


@contextlib.contextmanager
def alerts(context: Context) -> Iterator[AlertReading]:
    """Open what the settings name. Raises StoreError or UserError."""
    database = open_alerts(alerts_file(context.store))
    try:
        yield AlertReading(SqliteAlertStore(database), SqliteOutbox(database))
    finally:
        database.close()


def alert_counts(store: Path) -> dict[str, int]:
    """How many alerts hold, by subscription; none when there is no file yet. Writes nothing."""
    path = alerts_file(store)
    if not path.exists():
        return {}
    database = Database(path, SCHEMAS, writer=False)
    try:
        return SqliteAlertStore(database).counts()
    finally:
        database.close()
