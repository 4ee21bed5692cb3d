"""The alert stage of an embedded instance: reads on in the store's change log, and works in `alerts.db`.

    biowire.db: changes ─► documents ─► alerting ─► alerts.db: facts, alerts, cursor

The cursor moves in the transaction that keeps what was decided, so a kill at any moment raises nothing twice
and leaves nothing out.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sized
from datetime import datetime, timedelta
from typing import Self

from connectors.errors import StoreError

from ..alerts.sqlite import SqliteAlertStore
from ..embedded import Instance
from ..retention import Cutoffs
from ..sinks.sqlite_changes import Change
from ..subscriptions import SubscriptionStore
from .file import alerts_file, open_alerts
from .stage import Alerting

BATCH = 1000
"""Lines of the change log worked in one transaction."""

CATCHING_UP = timedelta(minutes=15)
"""After a start the clock says nothing of silence for so long: every feed due is looked at first."""

SECONDS = 0.2
"""Of a live step given to the past of new subscriptions: feeds are read and requests answered in between."""

_GENERATION, _CHANGES = "generation", "changes"

_log = logging.getLogger(__name__)


class AlertStage:
    """What a process that writes to a store does after each batch of it."""

    def __init__(self, instance: Instance, subscriptions: SubscriptionStore) -> None:
        """Open `alerts.db` beside the store. Raises StoreError."""
        self._changes = instance.changes
        self._path = alerts_file(instance.database.path)
        self.database = open_alerts(self._path)
        self._store = SqliteAlertStore(self.database)
        self._alerting = Alerting(instance.index.several, instance.index, self._store, subscriptions)
        self._problems: list[str] = []
        self._began: datetime | None = None
        self._meanwhile: list[Callable[..., Sized]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def step(self, now: datetime, seconds: float | None = None) -> int:
        """Work what changed since the last time, then take up edits of subscriptions; returns alerts raised.

        At most so many `seconds` are given to the past of new subscriptions; the next step goes on there.
        Raises StoreError when the file cannot be written.
        """
        with self._errors():
            if self._lost():
                self._begin_anew()
            raised = self._read_on(now)
            if self._alerting.refresh(seconds):
                self._report()
                raised += self._catch_up(now)
        return raised

    def tick(self, now: datetime) -> int:
        """Time has passed, whatever came in; returns alerts raised. See Alerting."""
        with self._errors():
            return len(self._alerting.tick(now))

    def live(self, now: datetime) -> None:
        """A step, and a tick once feeds had the time to bring what they brought while nothing ran."""
        self._began = self._began or now
        self.step(now, SECONDS)
        if now - self._began >= CATCHING_UP:
            self.tick(now)

    def counts(self) -> dict[str, int]:
        """How many alerts hold, by subscription: those in work, and those that ever had one."""
        counts = dict.fromkeys(self._alerting.following.active, 0) | self._store.counts()
        return dict(sorted(counts.items()))

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

    def _read_on(self, now: datetime) -> int:
        raised = 0
        if self._alerting.idle:
            self._pass(self._changes.last)
        while lines := self._changes.after(self._store.cursor(_CHANGES), BATCH):
            with self._alerting.whole():
                for quiet, own in itertools.groupby(lines, key=lambda line: line.quiet):
                    raised += self._work(list(own), now, quiet=quiet)
                self._store.advance(_CHANGES, lines[-1].seq)
            self._changes.prune(lines[-1].seq)
        return raised

    def _work(self, lines: list[Change], now: datetime, *, quiet: bool) -> int:
        changed = list(dict.fromkeys(line.id for line in lines))
        known = frozenset(changed) - {line.id for line in lines if line.fresh}
        work = functools.partial(self._alerting.work, changed, (), known=known, quiet=quiet)
        if self._alerting.following.seeding:
            self._meanwhile.append(work)
        return len(work(now=now))

    def _catch_up(self, now: datetime) -> int:
        """Work again what came in while subscriptions were taken up: to the others it is nothing new."""
        if not self._meanwhile:
            return 0
        with self._alerting.whole():
            raised = sum(len(work(now=now)) for work in self._meanwhile)
        if not self._alerting.following.seeding:
            self._meanwhile.clear()
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
