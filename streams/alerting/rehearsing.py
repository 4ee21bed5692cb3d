"""What a subscription would have been sent: the stage and the planner themselves, over what came in when.

    arrivals ─► documents as they stood ─► Alerting ─► Planner ─► messages (a file that is thrown away)

A backtest says which alerts stand with all that is known today. Some were told that do not: an article came
late. Which, depends on what came when, so here everything comes once more, in the order and the portions in
which it did come, and nothing is decided here that is not decided by what runs live.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Protocol, Self

from ..alerts.sqlite import SqliteAlertStore
from ..core.alerts.backtest import Sent
from ..core.alerts.conditions import leads_start
from ..core.alerts.matching import Matching
from ..core.alerts.records import Fact, Subscription
from ..core.index import compose
from ..core.query import narrow
from ..core.query_parse import parse
from ..core.records import Document
from ..outbox.sqlite import SqliteOutbox
from ..sinks import ArticleSearch
from ..sinks.memory import MemoryIndex
from ..sinks.sqlite_arrivals import Arrival, History
from ..subscriptions.memory import MemorySubscriptions
from .embedded import BATCH
from .file import open_alerts
from .planning import CurrentSubscriptions, Planner
from .stage import Alerting

_AT_ONCE = 500
_CHANNEL = "https://rehearsal.invalid/"
_LEASE = timedelta(days=1)
_ALL = 2**31
_NOW = datetime(2000, 1, 1, tzinfo=UTC)
"""Any moment."""


class Arrivals(Protocol):
    """How an archive came to be: `sinks.sqlite_arrivals.ArrivalLog`."""

    @property
    def complete(self) -> bool:
        """Say whether all its documents are in the history."""

    def history(self) -> History:
        """Every step."""


Several = Callable[[Sequence[str]], Iterable[Document]]


def rehearse(
    subscription: Subscription,
    index: ArticleSearch,
    several: Several,
    arrivals: Arrivals,
    since: datetime,
    until: datetime,
) -> tuple[Sent, ...] | None:
    """Every alert it would have been sent about what is true from `since` on, before `until`.

    As if it had been there before the first article came in, and each message had arrived at once. `several`:
    documents by id. None where the archive does not know how it came to be. Raises QuerySyntaxError.
    """
    if not arrivals.complete:
        return None
    asked = replace(
        subscription, to=(_CHANNEL,), paused=False, muted=False, snoozed_until=None, changed_at=since
    )
    past = _Past(asked, index, several, arrivals.history())
    with tempfile.TemporaryDirectory(prefix="biowire-") as folder, _Stage(asked, Path(folder)) as stage:
        found = stage.go_through(past, since, until)
    return tuple(one for one in found if since <= one.alert.when < until)


class _Past:
    """The facts of each step, of those documents that the subscription may ask for."""

    def __init__(
        self, subscription: Subscription, index: ArticleSearch, several: Several, history: History
    ) -> None:
        self._subscription = subscription
        self._history = history
        self._every = leads_start(subscription.condition, _NOW) is not None
        states = Counter(one.id for step in history.steps for one in step.arrivals)
        self._changing = {id_ for id_, times in states.items() if times > 1}
        """Documents that stood otherwise once: today's index cannot say whether they matched."""
        found = index.scan(narrow(parse(subscription.query)), copies=True)
        self._documents = {one.id: one for one in found}
        wanted = iter(sorted(self._changing - self._documents.keys()))
        while batch := list(islice(wanted, _AT_ONCE)):
            self._documents.update((one.id, one) for one in several(batch))

    def steps(self) -> Iterator[tuple[datetime, list[list[Fact | str]]]]:
        """Each step in the portions of the stage: facts, and ids of documents that are no more."""
        for number, step in enumerate(self._history.steps):
            found = [self._fact(number, one) for one in step.arrivals]
            cut = (found[at : at + BATCH] for at in range(0, len(found), BATCH))
            yield step.at, [[one for one in portion if one is not None] for portion in cut]

    def _fact(self, number: int, arrival: Arrival) -> Fact | str | None:
        if arrival.gone:
            return arrival.id
        document = self._document(number, arrival)
        if document is not None:
            return Matching.fact_of(document, self._subscription)
        return _unmatched(arrival) if self._every else None

    def _document(self, number: int, arrival: Arrival) -> Document | None:
        """The document as it stood after that step, if the subscription may ask for it."""
        versions = self._history.before.get(arrival.id, ())
        old = next((one.stored for one in versions if number < one.until), None)
        document = self._documents.get(arrival.id) if old is None else compose(old, None, None)
        return None if document is None else _placed(document, arrival)


class _Stage:
    """What runs live, in a file that is thrown away, with a channel that takes everything at once."""

    def __init__(self, subscription: Subscription, folder: Path) -> None:
        kept = MemorySubscriptions([subscription])
        self._database = open_alerts(folder / "alerts.db")
        self._store = SqliteAlertStore(self._database)
        self._outbox = SqliteOutbox(self._database)
        self._alerting = Alerting(lambda _: (), MemoryIndex(), self._store, kept)
        self._planner = Planner(self._outbox, CurrentSubscriptions(kept))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def go_through(self, past: _Past, since: datetime, until: datetime) -> list[Sent]:
        """Take in every step, and let time pass in between; returns what was sent."""
        now: datetime | None = None
        with self._database.transaction():
            self._alerting.refresh()
            for at, portions in past.steps():
                now = self._wait(now or min(since, at), at)
                for portion in portions:
                    facts = [one for one in portion if isinstance(one, Fact)]
                    self._alerting.take(facts, [one for one in portion if isinstance(one, str)], now)
                self._send(now)
            now = self._wait(now or since, until)
            self._alerting.tick(now)
            self._send(now)
            return self._sent()

    def _wait(self, now: datetime, then: datetime) -> datetime:
        """Send what is held back until then; returns the later of the two moments."""
        self._send(now)
        while (due := self._planner.next_look(now)) is not None and due < then:
            now = due
            self._send(now)
        return max(now, then)

    def _send(self, now: datetime) -> None:
        if self._planner.plan(now):
            for one in self._outbox.claim(_CHANNEL, now, _LEASE):
                self._outbox.settle(one.id, _CHANNEL, "delivered", now)

    def _sent(self) -> list[Sent]:
        ids = [id_ for one in self._outbox.list(limit=_ALL) for id_ in one.alerts]
        raised = [one for id_ in ids if (one := self._store.get(id_)) is not None]
        raised.sort(key=lambda one: (one.alert.when, one.alert.key))
        return [Sent(alert=one.first or one.alert, withdrawn=bool(one.withdrawn)) for one in raised]


def _placed(document: Document, arrival: Arrival) -> Document:
    outcome = document.dedup.outcome if document.dedup.outcome != "near_duplicate" else "new"
    return replace(
        document,
        story_id=arrival.story_id,
        story=replace(document.story, role=arrival.role),
        dedup=replace(document.dedup, outcome="near_duplicate" if arrival.copy else outcome),
    )


def _unmatched(arrival: Arrival) -> Fact:
    """All that is asked of a document that the subscription does not match."""
    return Fact(
        id=arrival.id,
        when=arrival.when,
        first_seen=arrival.first_seen,
        story_id=arrival.story_id,
        title="",
        url="",
        source="",
        host="",
        language="",
        role=arrival.role,
        copy=arrival.copy,
        story_size=1,
        names=(),
    )
