"""How much was monitored when, in all: the leads that conditions count, as far back as they look."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from connectors.publish.log import microseconds, moment

from ..alerts import AlertStore
from ..core.alerts.leads import LeadTimes
from ..core.alerts.records import Fact
from ..core.query import Is
from ..sinks import ArticleSearch

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)

_CURSOR = "leads"
"""Cursor of the store: all leads published since are in it."""
_BATCH = 500
_T = TypeVar("_T")


class ArchiveLeads:
    """See core.alerts.leads.Leads; read from the store when first asked, then kept up to date."""

    def __init__(self, index: ArticleSearch, store: AlertStore) -> None:
        self._index = index
        self._store = store
        self._times: LeadTimes | None = None

    def count(self, since: datetime, until: datetime) -> int:
        """See Leads."""
        if self._times is None:
            self._times = LeadTimes(at for at, _ in self._store.leads(EPOCH, END))
        return self._times.count(since, until)

    def put(self, facts: Iterable[Fact], gone: Collection[str]) -> datetime | None:
        """Take in documents about to be put; returns the oldest time at which that changes a count."""
        facts = list(facts)
        before = self._store.lead_times([*(fact.id for fact in facts), *gone])
        after = {fact.id: fact.when for fact in facts if fact.role == "lead"}
        lost = [at for id_, at in before.items() if after.get(id_) != at]
        won = [at for id_, at in after.items() if before.get(id_) != at]
        if self._times is not None:
            for at in lost:
                self._times.discard(at)
            for at in won:
                self._times.add(at)
        return min([*lost, *won], default=None)

    def reach(self, start: datetime) -> Iterator[None]:
        """Bring in the leads published since `start` that are not there yet, in steps."""
        have = moment(self._store.cursor(_CURSOR))
        if start < have:
            for batch in batches(self._index.scan(Is("lead"), since=start, until=have), _BATCH):
                self._store.put_leads((one.when, one.id) for one in batch)
                yield
            self._store.advance(_CURSOR, microseconds(start))
            self.forget_memory()

    def begin(self, horizon: datetime) -> None:
        """Nothing is there but what comes from now on."""
        self._store.advance(_CURSOR, microseconds(horizon))
        self.forget_memory()

    def forget_memory(self) -> None:
        """What is held in memory may not be so: read it again when asked."""
        self._times = None


def batches(values: Iterator[_T], size: int) -> Iterator[list[_T]]:
    """Cut what comes lazily."""
    while batch := list(itertools.islice(values, size)):
        yield batch
