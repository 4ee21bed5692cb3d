"""Which subscriptions the alert stage works, since when, and what of the past it takes in without telling it.

A subscription that is new, edited or resumed is seeded: the documents of its past are put as facts, and every
alert they give is hushed. The same happens to all of them when the archive itself is another.
"""

from __future__ import annotations

import itertools
import logging
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from connectors.errors import BiowireError
from connectors.publish.log import microseconds, moment

from .alerts import AlertStore, Followed
from .core.alerts.conditions import history_start, leads_start
from .core.alerts.folding import fold
from .core.alerts.leads import LeadTimes
from .core.alerts.matching import Matching
from .core.alerts.records import Fact, Subscription
from .core.query import Everything, Is, QuerySyntaxError
from .core.query_parse import parse
from .core.records import Document
from .sinks import ArticleSearch
from .subscriptions import SubscriptionStore

LOOK_BACK = timedelta(days=90)
"""The least of its past a subscription is seeded with."""

LATE = timedelta(days=30)
"""How late an article may come, and conditions around it still be decided as if it had come in time."""

DECIDED_BY = "1"
"""Rises when equal facts would give other alerts than before; every subscription is then seeded again."""

TICK = timedelta(seconds=30)
"""The least the clock alone moves the horizon."""

OURS = (BiowireError, sqlite3.Error)
"""Errors that no single subscription is to blame for."""

_BATCH = 500
_HORIZON, _LEADS = "horizon", "leads"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(9999, 1, 1, tzinfo=UTC)
_NEWEST = 100
"""Documents looked at for the newest: dates that lie ahead come first."""


_log = logging.getLogger(__name__)


class Following:
    """The subscriptions in work, with the leads and the horizon they share."""

    def __init__(self, index: ArticleSearch, store: AlertStore, subscriptions: SubscriptionStore) -> None:
        self._index = index
        self._store = store
        self._subscriptions = subscriptions
        self._stamp: object = None
        self._left_out: dict[str, tuple[Subscription, str]] = {}
        self._leads: LeadTimes | None = None
        self._known = dict(store.followed())
        self.active: dict[str, Subscription] = {
            one.id: one for one in _running(subscriptions) if self._followed_as(one)
        }
        """Those in work; what was edited meanwhile is taken up by `refresh`."""

    def problems(self) -> Sequence[str]:
        """See Alerting."""
        return [
            *self._subscriptions.problems(),
            *(f"{id_}: {why}" for id_, (_, why) in sorted(self._left_out.items())),
        ]

    def refresh(self) -> bool:
        """See Alerting."""
        stamp = self._subscriptions.stamp()
        if stamp == self._stamp:
            return False
        wanted = {one.id: one for one in _running(self._subscriptions)}
        for id_ in self._known.keys() - wanted.keys():
            self._drop(id_)
        self._left_out = {
            id_: left for id_, left in self._left_out.items() if _asked(left[0]) == _asked_of(wanted.get(id_))
        }
        if wanted and not self.active:
            self._take_stock()
        for one in wanted.values():
            if one.id not in self._left_out and (self._followed_as(one) or self._take_up(one)):
                self.active[one.id] = one
        self._stamp = stamp
        return True

    def begin_anew(self) -> None:
        """Forget the archive that was; `refresh` then seeds every subscription from the one that is."""
        for id_ in list(self._known):
            self._drop(id_)
        self._stamp = None

    def _take_stock(self) -> None:
        """Learn how far the archive goes: while nobody was subscribed, nothing of it was kept."""
        self._store.drop_before(_END)
        newest = self._index.search(Everything(), limit=_NEWEST, copies=True).hits
        at = max((min(hit.document.when, hit.document.first_seen) for hit in newest), default=_EPOCH)
        for name in (_HORIZON, _LEADS):
            self._store.advance(name, microseconds(at))
        self._leads = None

    def leave_out(self, subscription: Subscription, why: str) -> None:
        """Work it no more until it is edited; it is seeded then, or at the next start."""
        self._left_out[subscription.id] = (subscription, why)
        self.active.pop(subscription.id, None)
        if known := self._known.get(subscription.id):
            self._follow(subscription.id, replace(known, asked=""))

    def forget_memory(self) -> None:
        """A transaction failed: what is held in memory may not be so."""
        self._leads = None
        self._known = dict(self._store.followed())

    def since(self, id_: str) -> datetime:
        """See Followed."""
        return self._known[id_].since

    def floor(self, id_: str) -> int:
        """See Followed."""
        return self._known[id_].floor

    @property
    def silent(self) -> set[str]:
        """Subscriptions to which time alone means something."""
        return {id_ for id_, one in self.active.items() if one.condition.kind == "silence"}

    @property
    def by_time(self) -> set[str]:
        """Subscriptions to which a document means something even if they do not match it."""
        return {
            id_ for id_, one in self.active.items() if leads_start(one.condition, self._horizon()) is not None
        }

    @property
    def horizon(self) -> datetime | None:
        """Nothing more is expected from before; None in an empty archive."""
        horizon = self._horizon()
        return None if horizon == _EPOCH else horizon

    def _horizon(self) -> datetime:
        return moment(self._store.cursor(_HORIZON))

    def horizon_moves(self, now: datetime) -> bool:
        """Say whether the clock is far enough past the horizon to move it."""
        return self._horizon() + TICK <= now

    def move_horizon(self, to: datetime | None) -> datetime | None:
        """Move the horizon, if that is forwards; returns where it is."""
        if to is not None and to > self._horizon():
            self._store.advance(_HORIZON, microseconds(to))
        return self.horizon

    def leads_of(self, subscription: Subscription) -> LeadTimes:
        """Stories opened, as far back as the subscription's condition looks."""
        if leads_start(subscription.condition, self._horizon()) is None:
            return LeadTimes()
        if self._leads is None:
            self._leads = LeadTimes(at for at, _ in self._store.leads(_EPOCH, _END))
        return self._leads

    def put_leads(self, facts: Iterable[Fact], gone: Collection[str]) -> datetime | None:
        """Keep the leads in memory up to date; returns the oldest time at which that changes anything."""
        if self._leads is None:
            return None
        facts = list(facts)
        before = self._store.lead_times([*(fact.id for fact in facts), *gone])
        after = {fact.id: fact.when for fact in facts if fact.role == "lead"}
        lost = [at for id_, at in before.items() if after.get(id_) != at]
        won = [at for id_, at in after.items() if before.get(id_) != at]
        for at in lost:
            self._leads.discard(at)
        for at in won:
            self._leads.add(at)
        return min([*lost, *won], default=None)

    def _followed_as(self, subscription: Subscription) -> bool:
        known = self._known.get(subscription.id)
        return known is not None and known.asked == _asked(subscription)

    def _drop(self, id_: str) -> None:
        self._store.forget(id_)
        self._known.pop(id_, None)
        self.active.pop(id_, None)

    def _follow(self, id_: str, followed: Followed) -> None:
        self._store.follow(id_, followed)
        self._known[id_] = followed

    def _take_up(self, subscription: Subscription) -> bool:
        """Seed a subscription; False when it cannot be worked."""
        try:
            self._seed(subscription)
        except QuerySyntaxError as error:
            self.leave_out(subscription, str(error))
        except OURS:
            raise
        except Exception as cause:  # noqa: BLE001 - the wall between subscriptions
            self.leave_out(subscription, unworkable(cause))
        return subscription.id not in self._left_out

    def _seed(self, subscription: Subscription) -> None:
        """Take in the past of a subscription and hush what it gives.

        A start killed on the way leaves facts of a subscription not followed yet: they are forgotten first.
        """
        query = parse(subscription.query)
        horizon = self._horizon()
        since = _EPOCH
        self._drop(subscription.id)
        if self.horizon:
            since = min(horizon - LOOK_BACK, history_start(subscription.condition, horizon - LATE))
            for batch in _batches(self._index.scan(query, since=since, copies=False)):
                self._store.put_facts([Matching.fact_of(one, subscription) for one in batch], subscription.id)
        self._seed_leads(subscription, horizon)
        facts = self._store.facts(subscription.id)
        standing = fold(subscription, facts, self.leads_of(subscription), self.horizon)
        with self._store.transaction():
            self._store.hush(subscription.id, [one.id for one in standing])
            last = self._store.list(limit=1)
            self._follow(
                subscription.id,
                Followed(asked=_asked(subscription), since=since, floor=last[0].seq if last else 0),
            )

    def _seed_leads(self, subscription: Subscription, horizon: datetime) -> None:
        """Bring in the leads that the condition looks at and that were not kept so far."""
        start = leads_start(subscription.condition, horizon - LATE)
        have = moment(self._store.cursor(_LEADS))
        if start is not None and start < have:
            for batch in _batches(self._index.scan(Is("lead"), since=start, until=have)):
                self._store.put_leads((one.when, one.id) for one in batch)
            self._store.advance(_LEADS, microseconds(start))
            self._leads = None


def unworkable(cause: Exception) -> str:
    """Say why a subscription is left out; where in our code is in the log."""
    _log.error("subscription failed", exc_info=cause)
    return f"it cannot be worked ({type(cause).__name__}: {cause})."


def _running(subscriptions: SubscriptionStore) -> Sequence[Subscription]:
    return [one for one in subscriptions.all() if not one.paused]


def _asked(subscription: Subscription) -> str:
    """All that decides which alerts a subscription gives."""
    said = (DECIDED_BY, subscription.query, subscription.condition, subscription.max_age)
    return msgspec.json.encode(said).decode()


def _asked_of(subscription: Subscription | None) -> str:
    return _asked(subscription) if subscription else ""


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    while batch := list(itertools.islice(documents, _BATCH)):
        yield batch
