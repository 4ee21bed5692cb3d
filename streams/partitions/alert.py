"""The alert stage of the distributed mode: facts in, alerts in a file like that of an embedded instance.

    alerts.facts ─► newest of each document ─► Alerting ─► SQLite: facts, alerts, place in the topic

One process has it at a time, in one thread. Everything moves in one transaction; what changed is then sent
to the topics of `alert_rows`, from which the next one takes over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.database import Database

from .. import wire
from ..alerting.stage import Alerting
from ..alerts.sqlite import SqliteAlertStore
from ..core.query import Everything, Query
from ..core.records import Document
from ..outbox.sqlite import SqliteOutbox
from ..sinks import SearchResult
from ..sinks.elasticsearch.search import ElasticIndex
from ..sinks.elasticsearch.settings import Index
from ..subscriptions.kafka import AsOf
from ..wire import Told
from .store import Record

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_BATCH = 500
_FURTHEST = 5000
"""How far behind documents to come the newest one that was worked is looked for."""

_log = logging.getLogger(__name__)

Asked = tuple[int, str, str]
"""Version, id and month of a document."""


class AlertPartition:
    """The one partition of alerts.facts."""

    def __init__(
        self,
        database: Database,
        index: WorkedIndex,
        subscriptions: AsOf,
        fetch: Callable[[Sequence[Asked]], Sequence[Document]],
        month_of: Callable[[datetime], str],
    ) -> None:
        """`fetch`: documents of at least that version, waiting for the index to have them."""
        self._execute = database.connection.execute
        self._subscriptions = subscriptions
        self._fetch, self._month_of = fetch, month_of
        self._outbox = SqliteOutbox(database)
        self._alerting = Alerting(lambda _: (), index, SqliteAlertStore(database), subscriptions)
        self._problems: list[str] = []

    @property
    def next(self) -> int:
        """Offset of the first record not worked yet."""
        return next_of(self._execute)

    def work(self, records: Sequence[Record], now: datetime) -> int:
        """Take the next records; returns alerts raised."""
        told = [one for record in records if (one := _read(record)) is not None]
        if any(one.known > self._subscriptions.position for one in told):
            self.refresh()
        with self._alerting.whole():
            raised = sum(self._take(one, now) for one in told)
            self._execute("INSERT OR REPLACE INTO place VALUES (1, ?)", (records[-1].offset + 1,))
        return raised

    def refresh(self) -> bool:
        """Take up what was added, edited, paused or removed; False when nothing was."""
        self._subscriptions.renew()
        if not self._alerting.refresh():
            return False
        problems = list(self._alerting.problems())
        for one in problems:
            if one not in self._problems:
                _log.warning("subscription not worked", extra={"problem": one})
        self._problems = problems
        return True

    def tick(self, now: datetime) -> int:
        """Everything that came in is worked, and time has passed; returns alerts raised."""
        return len(self._alerting.tick(now))

    def _take(self, told: Told, now: datetime) -> int:
        for id_ in told.retry:
            self._outbox.retry(id_, now)
        known = self._worked([fact.id for _, fact in told.facts] + [one[1] for one in told.unmatched])
        facts = [(version, fact) for version, fact in told.facts if known.get(fact.id, -1) <= version]
        unmatched = [one for one in told.unmatched if known.get(one[1], -1) <= one[0]]
        gone = self._newest_gone(told)
        for id_, version in (
            *((fact.id, version) for version, fact in facts),
            *((id_, version) for version, id_, _ in unmatched),
            *gone.items(),
        ):
            self._execute("INSERT OR REPLACE INTO worked VALUES (?, ?)", (id_, version))
        if self._alerting.idle:
            return 0
        if unmatched or told.known < self._subscriptions.position:
            asked = [(version, fact.id, self._month_of(fact.when)) for version, fact in facts]
            fresh = self._alerting.facts(self._fetch([*asked, *unmatched]))
        else:
            fresh = [fact for _, fact in facts]
        return len(self._alerting.take(fresh, list(gone), now, known=known.keys()))

    def _newest_gone(self, told: Told) -> dict[str, int]:
        known = self._worked([id_ for _, id_ in told.gone])
        return {id_: version for version, id_ in told.gone if known.get(id_, -1) <= version}

    def _worked(self, ids: Sequence[str]) -> dict[str, int]:
        """Versions of those documents that were worked before."""
        asked = msgspec.json.encode(ids).decode()
        return dict(
            self._execute(
                "SELECT id, version FROM worked WHERE id IN (SELECT value FROM json_each(?))", (asked,)
            )
        )


def next_of(execute: Callable[..., Any]) -> int:
    """Offset of the first record that a file says is not worked yet."""
    row = execute("SELECT next FROM place").fetchone()
    return int(row[0]) if row else 0


def _read(record: Record) -> Told | None:
    try:
        return wire.decode_told(record.value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
        _log.error("not told", extra={"place": record.place, "reason": str(cause)})
        return None


class WorkedIndex(ElasticIndex):
    """The archive as far as the alert stage worked it: without documents whose facts are still to come."""

    def __init__(
        self, client: Elasticsearch, index: Index, database: Database, ahead: Callable[[], set[str]]
    ) -> None:
        """`ahead`: ids of all documents told of and not worked yet, as of now."""
        super().__init__(client, index)
        self._execute = database.connection.execute
        self._ahead = ahead

    def scan(self, query: Query = Everything(), **period: Any) -> Iterator[Document]:  # noqa: B008 - frozen
        """See ArticleSearch."""
        self.refresh()
        found = super().scan(query, **period)
        while batch := list(islice(found, _BATCH)):
            ahead = self._unworked()  # asked after the documents: none is found before it is told of
            yield from (one for one in batch if one.id not in ahead)

    def search(self, query: Query, **asked: Any) -> SearchResult:
        """See ArticleSearch."""
        self.refresh()
        limit = int(asked.pop("limit", 20))
        ahead = len(self._unworked())
        found = super().search(query, limit=min(limit + ahead, _FURTHEST), **asked)
        unworked = self._unworked()
        hits = tuple(hit for hit in found.hits if hit.document.id not in unworked)[:limit]
        return SearchResult(hits=hits, total=len(hits), exact=False)

    def _unworked(self) -> set[str]:
        ahead = self._ahead()
        return {
            id_ for id_ in ahead if not self._execute("SELECT 1 FROM worked WHERE id = ?", (id_,)).fetchone()
        }
