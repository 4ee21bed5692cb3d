"""Alerts and messages on their way, for commands and the API: one place that opens them, whatever the mode.

Reading and writing both work beside a `run` that goes on: `alerts.db` has many writers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from connectors.console import Context
from connectors.database import Database

from ..alerts import Raised
from ..alerts.sqlite import SqliteAlertStore
from ..core.alerts.records import Delivery, DeliveryState
from ..outbox.sqlite import SqliteOutbox
from .file import SCHEMAS, alerts_file, open_alerts


class Alerts(Protocol):
    """The reading side of an AlertStore."""

    def get(self, id: str) -> Raised | None:  # noqa: A002
        """See AlertStore."""

    def list(
        self,
        *,
        subscription: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int | None = None,
        newest_first: bool = True,
        limit: int = 100,
    ) -> Sequence[Raised]:
        """See AlertStore."""

    def counts(self) -> dict[str, int]:
        """See AlertStore."""


class Deliveries(Protocol):
    """What people see and ask of an Outbox."""

    def get(self, id: str) -> Delivery | None:  # noqa: A002
        """See Outbox."""

    def of_alert(self, alert: str) -> Sequence[Delivery]:
        """See Outbox."""

    def list(
        self, *, subscription: str | None = None, state: DeliveryState | None = None, limit: int = 100
    ) -> Sequence[Delivery]:
        """See Outbox."""

    def retry(self, delivery: str, now: datetime) -> bool:
        """See Outbox; where another process delivers, it is asked to."""


@dataclass(frozen=True, slots=True)
class AlertReading:
    """What was decided, and what became of it."""

    alerts: Alerts
    outbox: Deliveries


@contextlib.contextmanager
def alerts(context: Context) -> Iterator[AlertReading]:
    """Open what the settings name. Raises StoreError or UserError."""
    if context.distributed:
        from .reading_distributed import alerts as indexed

        with indexed(context.settings) as (kept, outbox):
            yield AlertReading(kept, outbox)
        return
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
