"""Which subscriptions the alert stage works, since when, and what of the past it takes in without telling it.

A subscription that is new, edited or resumed is seeded: the documents of its past are put as facts, and every
alert they give is hushed. The same happens to all of them when the archive itself is another.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from connectors.errors import BiowireError
from connectors.publish.log import microseconds, moment

from ..alerts import AlertStore, Followed
from ..core.alerts.conditions import history_start, leads_start
from ..core.alerts.folding import fold
from ..core.alerts.leads import Leads, LeadTimes
from ..core.alerts.matching import Matching
from ..core.alerts.records import Subscription
from ..core.query import Everything, QuerySyntaxError
from ..core.query_parse import parse
from ..sinks import ArticleSearch
from ..subscriptions import SubscriptionStore
from .leads import END, EPOCH, ArchiveLeads, batches

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
_HORIZON = "horizon"
_NEWEST = 100
"""Documents looked at for the newest: dates that lie ahead come first."""


_DONE = object()

_log = logging.getLogger(__name__)


class Following:
    """The subscriptions in work, with the leads and the horizon they share."""

    def __init__(self, index: ArticleSearch, store: AlertStore, subscriptions: SubscriptionStore) -> None:
        self._index = index
        self._store = store
        self._subscriptions = subscriptions
        self._stamp: object = None
        self._left_out: dict[str, tuple[Subscription, str]] = {}
        self._seeding: dict[str, tuple[Subscription, Iterator[None]]] = {}
        self.leads = ArchiveLeads(index, store)
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

    @property
    def seeding(self) -> bool:
        """The past of a subscription is still being looked at."""
        return bool(self._seeding)

    def refresh(self, seconds: float | None = None) -> bool:
        """See Alerting."""
        stamp = self._subscriptions.stamp()
        changed = stamp != self._stamp
        if changed:
            self._compare({one.id: one for one in _running(self._subscriptions)})
            self._stamp = stamp
        return self._go_on(seconds) or changed

    def _compare(self, wanted: Mapping[str, Subscription]) -> None:
        """Go on with those as before, drop those gone, and begin to seed the others."""
        for id_ in (self._known.keys() | self._seeding.keys()) - wanted.keys():
            self._drop(id_)
        self._left_out = {
            id_: left for id_, left in self._left_out.items() if _asked(left[0]) == _asked_of(wanted.get(id_))
        }
        if wanted and not self.active and not self._seeding:
            self._take_stock()
        for one in wanted.values():
            if one.id in self._left_out:
                continue
            if self._followed_as(one):
                self.active[one.id] = one
            else:
                self._drop(one.id)
                self._seeding[one.id] = (one, self._seed(one))

    def _go_on(self, seconds: float | None) -> bool:
        """Seed for so long, one step at least; True when that took a subscription up, or left one out."""
        ends = float("inf") if seconds is None else time.monotonic() + seconds
        before = set(self._seeding)
        while self._seeding:
            self._step(*next(iter(self._seeding.values())))
            if time.monotonic() >= ends:
                break
        return before != set(self._seeding)

    def _step(self, subscription: Subscription, steps: Iterator[None]) -> None:
        try:
            if next(steps, _DONE) is _DONE:
                del self._seeding[subscription.id]
                self.active[subscription.id] = subscription
        except QuerySyntaxError as error:
            self.leave_out(subscription, str(error))
        except OURS:
            raise
        except Exception as cause:  # noqa: BLE001 - the wall between subscriptions
            self.leave_out(subscription, unworkable(cause))

    def begin_anew(self) -> None:
        """Forget the archive that was; `refresh` then seeds every subscription from the one that is."""
        for id_ in self._known.keys() | self._seeding.keys():
            self._drop(id_)
        self._stamp = None

    def _take_stock(self) -> None:
        """Learn how far the archive goes: while nobody was subscribed, nothing of it was kept."""
        self._store.drop_before(END)
        newest = self._index.search(Everything(), limit=_NEWEST, copies=True).hits
        at = max((min(hit.document.when, hit.document.first_seen) for hit in newest), default=EPOCH)
        self._store.advance(_HORIZON, microseconds(at))
        self.leads.begin(at)

    def leave_out(self, subscription: Subscription, why: str) -> None:
        """Work it no more until it is edited; it is seeded then, or at the next start."""
        self._left_out[subscription.id] = (subscription, why)
        self.active.pop(subscription.id, None)
        self._seeding.pop(subscription.id, None)
        if known := self._known.get(subscription.id):
            self._follow(subscription.id, replace(known, asked=""))

    def forget_memory(self) -> None:
        """A transaction failed: what is held in memory may not be so."""
        self.leads.forget_memory()
        self._known = dict(self._store.followed())

    def since(self, id_: str) -> datetime:
        """See Followed."""
        return self._known[id_].since

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
        return None if horizon == EPOCH else horizon

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

    def leads_of(self, subscription: Subscription) -> Leads:
        """Stories opened, as far as the subscription's condition asks for them."""
        return LeadTimes() if leads_start(subscription.condition, self._horizon()) is None else self.leads

    def _followed_as(self, subscription: Subscription) -> bool:
        known = self._known.get(subscription.id)
        return known is not None and known.asked == _asked(subscription)

    def _drop(self, id_: str) -> None:
        self._store.forget(id_)
        self._known.pop(id_, None)
        self._seeding.pop(id_, None)
        self.active.pop(id_, None)

    def _follow(self, id_: str, followed: Followed) -> None:
        self._store.follow(id_, followed)
        self._known[id_] = followed

    def _seed(self, subscription: Subscription) -> Iterator[None]:
        """Take in the past of a subscription, in steps, and hush what it gives.

        Killed on the way it leaves facts of a subscription not followed yet, which are dropped first.
        """
        query = parse(subscription.query)
        horizon, since = self._horizon(), EPOCH
        if self.horizon:
            since = min(horizon - LOOK_BACK, history_start(subscription.condition, horizon - LATE))
            for batch in batches(self._index.scan(query, since=since, copies=False), _BATCH):
                facts = [Matching.fact_of(one, subscription) for one in batch]
                self._store.put_facts(facts, subscription.id)
                yield
        if start := leads_start(subscription.condition, horizon - LATE):
            yield from self.leads.reach(start)
        self._hush(subscription, since)

    def _hush(self, subscription: Subscription, since: datetime) -> None:
        facts = self._store.facts(subscription.id)
        standing = fold(subscription, facts, self.leads_of(subscription), self.horizon)
        followed = Followed(asked=_asked(subscription), since=since)
        with self._store.transaction():
            self._store.hush(subscription.id, [one.id for one in standing])
            self._follow(subscription.id, followed)


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
