"""The planner: what waits becomes messages, as each subscription wants them.

    subscriptions ─► channels open and close
    waiting alerts ─► core.alerts.planning ─► outbox

Several may plan at once, in one process or more: each message is decided and queued in one transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.errors import UserError

from ..core.alerts.planning import Pace, planned
from ..core.alerts.records import Delivery, Subscription
from ..outbox import Outbox
from ..subscriptions import SubscriptionStore
from ..subscriptions.history import REMOVED

_LOOK_AGAIN = timedelta(minutes=1)
"""After a digest was found to be queued already, which a clock put back can bring about."""


class CurrentSubscriptions:
    """Subscriptions as they are now; read again when one changed."""

    def __init__(self, store: SubscriptionStore) -> None:
        self._store = store
        self._known: dict[str, Subscription] = {}
        self.stamp: object = None

    def refresh(self) -> None:
        """Look whether one changed."""
        stamp = self._store.stamp()
        if stamp != self.stamp:
            self._known = {one.id: one for one in self._store.all()}
            self.stamp = stamp

    def channels(self) -> set[tuple[str, str]]:
        """Every channel that one names."""
        return {(one.id, channel) for one in self._known.values() for channel in one.to}

    def get(self, id_: str) -> Subscription | None:
        """The subscription; None when it is gone. Raises UserError when it is there and cannot be read."""
        if (known := self._known.get(id_)) is not None:
            return known
        found = self._store.get(id_)
        return found if found is not None and found.id == id_ else None

    def readable(self, id_: str) -> Subscription | None:
        """The subscription, when it is there and can be read."""
        return self._known.get(id_)

    def named_since(self, id_: str, channel: str, now: datetime) -> datetime:
        """Since when it names the channel without a break."""
        since = now
        for version, what in reversed(self._store.history(id_)):
            if what == REMOVED or channel not in version.to:
                break
            since = version.changed_at or since
        return since


class Planner:
    """Makes up messages."""

    def __init__(self, outbox: Outbox, subscriptions: CurrentSubscriptions, pace: Pace | None = None) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._pace = pace or Pace()
        self._followed: object = None
        self._asleep: dict[tuple[str, str], tuple[datetime, datetime]] = {}

    def plan(self, now: datetime) -> int:
        """Queue every message that is to be made up now; return how many."""
        self._subscriptions.refresh()
        if self._subscriptions.stamp != self._followed:
            self._follow(now)
        awake = [pair for pair in self._outbox.waiting_channels() if not self._sleeps(pair, now)]
        return sum(self._plan(*pair, now) for pair in awake)

    def next_look(self, now: datetime) -> datetime | None:
        """When something that waits may be made up; None when nothing is held back."""
        return min((until for _, until in self._asleep.values() if until > now), default=None)

    def _follow(self, now: datetime) -> None:
        """Open and close channels as the subscriptions name them now."""
        stamp, wanted = self._subscriptions.stamp, self._subscriptions.channels()
        with self._outbox.transaction():
            opened = set(self._outbox.channels())
            for id_, channel in sorted(wanted - opened):
                since = self._subscriptions.named_since(id_, channel, now)
                self._outbox.open_channel(id_, channel, since)
            for id_, channel in sorted(opened - wanted):
                if self._is_dropped(id_):
                    self._outbox.close_channel(id_, channel)
        self._followed = stamp
        self._asleep.clear()

    def _is_dropped(self, id_: str) -> bool:
        """A file with a slip of the pen in it is no subscription removed: what waits goes on waiting."""
        try:
            self._subscriptions.get(id_)
        except UserError:
            return False
        return True

    def _sleeps(self, pair: tuple[str, str], now: datetime) -> bool:
        """Nothing can be made up for it yet; looked at again all the same when the clock was put back."""
        since, until = self._asleep.get(pair, (now, now))
        return since <= now < until

    def _plan(self, id_: str, channel: str, now: datetime) -> int:
        subscription = self._subscriptions.readable(id_)
        if subscription is None or channel not in subscription.to:
            return 0
        with self._outbox.transaction():
            waiting = self._outbox.waiting(id_, channel)
            if not waiting:
                return 0
            last = self._outbox.last(id_, channel)
            found = planned(subscription, channel, waiting, last, now, self._pace)
            if isinstance(found, Delivery):
                if self._outbox.queue(found):
                    return 1
                found = now + _LOOK_AGAIN
        self._asleep[id_, channel] = (now, found)
        return 0
