"""The alert stage of a worker put together: file, stage, deliverer, and what it brings into the index.

taken over ─► AlertPartition ─► shipped ─► AlertService in a thread of its own
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from connectors.broker import Broker
from connectors.console import Context
from connectors.database import Database
from connectors.errors import BiowireError
from connectors.state import FeedState

from .. import topics
from ..alerting.file import SCHEMAS
from ..alerting.service import AlertService, Beside, post_of
from ..lag import worked
from ..partitions import alert_rows
from ..partitions.alert import AlertPartition, WorkedIndex
from ..partitions.alert_keeping import Ahead, ShippedOutbox, Shipping, taken_over
from ..partitions.store import Record, after
from ..sinks.elasticsearch.alerts import AlertIndexing
from ..sinks.elasticsearch.document import month_of
from ..sinks.elasticsearch.ready import talking
from ..sinks.elasticsearch.settings import REQUEST_SECONDS, Index
from ..sinks.elasticsearch.several import several
from ..subscriptions.kafka import AsOf, KafkaSubscriptions
from .health import HealthIndexing

CATCHING_UP = timedelta(minutes=15)
"""After the stage was opened the clock says nothing of silence for so long: see `alert_stage`."""

_log = logging.getLogger(__name__)


class _Closed(Protocol):
    def close(self) -> None: ...


_C = TypeVar("_C", bound=_Closed)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPlan:
    """What the stage of a worker is made of."""

    context: Context
    broker: Broker
    index: Index
    generation: int
    home: Path
    subscriptions: KafkaSubscriptions
    feeds: Callable[[], Sequence[FeedState]]
    """The feed list, with how each feed fares."""
    drained: Callable[[], bool]
    """Everything that came in is worked: only then does the clock say anything of silence."""

    @property
    def path(self) -> Path:
        """The file."""
        return self.home / f"g{self.generation}" / "alerts.db"


class OpenStage:
    """See Stage. Opens everything; raises BiowireError."""

    def __init__(self, plan: AlertPlan, passed: int, ours: Callable[[], bool]) -> None:
        """`passed`: offset up to which facts were let go by while the generation was not live.

        Raises NotOursError where the stage is no longer `ours`, before anything was sent.
        """
        self._plan = plan
        self._opened: datetime | None = None
        with contextlib.ExitStack() as stack:
            self._shipping = _closing(stack, Shipping(plan.broker, plan.generation))
            database = _closing(stack, taken_over(plan.path, plan.broker, plan.generation, ours))
            client = stack.enter_context(talking(plan.index, REQUEST_SECONDS))
            ahead = _closing(stack, Ahead(plan.broker, plan.generation, database))
            self._database = database
            self._begin_at(passed)
            self._partition = AlertPartition(
                database,
                WorkedIndex(client, plan.index, database, ahead.ids),
                AsOf(plan.subscriptions),
                lambda asked: several(client, plan.index, plan.generation, asked),
                month_of,
            )
            self._indexing = AlertIndexing(client, plan.index, database)
            self._health = HealthIndexing(client, plan.index, plan.broker, plan.feeds)
            self._partition.refresh()
            self._shipping.ship(database)
            stack.enter_context(self._delivering())
            self._stack = stack.pop_all()
        _log.info("alert stage opened", extra={"next": self._partition.next})

    def work(self, records: Sequence[Record], now: datetime) -> int:
        """See Stage."""
        raised = 0
        if left := after(records, self._partition.next):
            raised = self._partition.work(left, now)
        self._shipping.ship(self._database)
        return raised

    def look(self, now: datetime) -> None:
        """See Stage."""
        self._opened = self._opened or now
        self._partition.refresh()
        if now - self._opened >= CATCHING_UP and self._plan.drained():
            self._partition.tick(now)
        self._shipping.ship(self._database)
        self._indexing.step()
        self._health.look(now)

    def close(self) -> None:
        """See Stage."""
        with contextlib.suppress(BiowireError):
            self._shipping.ship(self._database)
        self._stack.close()
        _log.info("alert stage closed")

    def _begin_at(self, passed: int) -> None:
        """Where the file does not say: nothing before what the group has committed comes again."""
        topic = topics.facts(self._plan.broker, self._plan.generation)
        done = worked(self._plan.broker, self._plan.generation).get((topic, 0), 0)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO place VALUES (1, ?) ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
                (max(passed, done),),
            )

    @contextlib.contextmanager
    def _delivering(self) -> Iterator[None]:
        """The service works in a thread of its own, with a connection of its own."""
        plan = self._plan
        database = Database(plan.path, (*SCHEMAS, alert_rows.SCHEMA), shared=True)
        try:
            outbox = ShippedOutbox(database, self._shipping)
            service = AlertService(post_of(plan.context, database, outbox, plan.subscriptions))
            beside = Beside(service.run)
            try:
                yield
            finally:
                beside.stop()
                beside.join()
                with contextlib.suppress(BiowireError):
                    self._shipping.ship(database)
        finally:
            database.close()


def _closing(stack: contextlib.ExitStack, thing: _C) -> _C:
    stack.callback(thing.close)
    return thing
