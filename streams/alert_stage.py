"""The alert stage of an embedded instance: reads on in the store's change log, and works in `alerts.db`.

    biowire.db: changes ─► documents ─► alerting ─► alerts.db: facts, alerts, cursor

The cursor moves in the transaction that keeps what was decided, so a kill at any moment raises nothing twice
and leaves nothing out.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Self

from connectors.errors import StoreError

from .alert_file import alerts_file, open_alerts
from .alerting import Alerting
from .alerts.sqlite import SqliteAlertStore
from .embedded import Instance
from .retention import Cutoffs
from .subscriptions import SubscriptionStore

BATCH = 1000
"""Lines of the change log worked in one transaction."""

_GENERATION, _CHANGES = "generation", "changes"

_log = logging.getLogger(__name__)


class AlertStage:
    """What a process that writes to a store does after each batch of it."""

    def __init__(self, instance: Instance, subscriptions: SubscriptionStore) -> None:
        """Open `alerts.db` beside the store. Raises StoreError."""
        self._changes = instance.changes
        self._path = alerts_file(instance.database.path)
        self._database = open_alerts(self._path)
        self._store = SqliteAlertStore(self._database)
        self._alerting = Alerting(instance.index.several, instance.index, self._store, subscriptions)
        self._problems: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def step(self, now: datetime, *, quiet: bool = False) -> int:
        """Work what changed since the last time, then take up edits of subscriptions; returns alerts raised.

        `quiet`: nothing of the changes is ever told. Raises StoreError when the file cannot be written.
        """
        with self._errors():
            if self._lost():
                self._begin_anew()
            raised = self._read_on(now, quiet=quiet)
            if self._alerting.refresh():
                self._report()
        return raised

    def tick(self, now: datetime) -> int:
        """Time has passed, whatever came in; returns alerts raised. See Alerting."""
        with self._errors():
            return len(self._alerting.tick(now))

    def forget(self, cutoffs: Cutoffs) -> None:
        """Retention removed documents: what is known of them goes, alerts on them stay."""
        if cutoffs.documents:
            with self._errors():
                self._alerting.forget(cutoffs.documents)

    def _lost(self) -> bool:
        """Say whether the log is another one than was read so far, or lacks lines that were not read."""
        cursor = self._store.cursor(_CHANGES)
        return (
            self._store.cursor(_GENERATION) != self._changes.generation
            or not self._changes.first - 1 <= cursor <= self._changes.last
        )

    def _begin_anew(self) -> None:
        with self._alerting.whole():
            self._alerting.begin_anew()
            self._store.advance(_GENERATION, self._changes.generation)
            self._store.advance(_CHANGES, self._changes.last)

    def _read_on(self, now: datetime, *, quiet: bool) -> int:
        raised = 0
        if self._alerting.idle:
            self._pass(self._changes.last)
        while lines := self._changes.after(self._store.cursor(_CHANGES), BATCH):
            changed = list(dict.fromkeys(line.id for line in lines))
            known = set(changed) - {line.id for line in lines if line.fresh}
            with self._alerting.whole():
                raised += len(self._alerting.work(changed, (), now, known=known, quiet=quiet))
                self._store.advance(_CHANGES, lines[-1].seq)
            self._changes.prune(lines[-1].seq)
        return raised

    def _pass(self, seq: int) -> None:
        """Nobody wants to know: what changed is taken in when somebody does."""
        if seq > self._store.cursor(_CHANGES):
            self._store.advance(_CHANGES, seq)
            self._changes.prune(seq)

    def _report(self) -> None:
        """Log what is wrong with subscriptions, once."""
        problems = list(self._alerting.problems())
        for one in problems:
            if one not in self._problems:
                _log.warning("subscription not worked", extra={"problem": one})
        self._problems = problems

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as cause:
            raise StoreError(
                f"The alerts in {self._path} cannot be written ({cause}). Nothing of the last batch was "
                "kept there: make room or mend the disk, then start again; it goes on where it was."
            ) from cause
