"""Subscriptions in memory: for tests, and for what is tried without being kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from ..core.alerts.changes import changes
from ..core.alerts.editing import asked, checked, refuse_stale
from ..core.alerts.records import Subscription
from .history import REMOVED


class MemorySubscriptions:
    """Keeps to the port: see `SubscriptionStore`."""

    def __init__(self, subscriptions: Iterable[Subscription] = ()) -> None:
        self._kept = {one.id: one for one in subscriptions}
        self._history: dict[str, list[tuple[Subscription, str]]] = {
            one.id: [(one, changes(None, one))] for one in self._kept.values()
        }
        self._changed = 0

    def stamp(self) -> object:
        """A number that rises."""
        return self._changed

    def all(self) -> Sequence[Subscription]:
        """By id."""
        return [self._kept[id_] for id_ in sorted(self._kept)]

    def problems(self) -> Sequence[str]:
        """None: nothing is read."""
        return ()

    def get(self, id: str) -> Subscription | None:  # noqa: A002 - the port's
        """By id, else by name."""
        return self._kept.get(id) or next((one for one in self.all() if one.name == id), None)

    def save(self, subscription: Subscription, by: str, now: datetime) -> Subscription:
        """Keep it under the next version, if it is `checked` and differs."""
        checked(subscription)
        old, history = self._kept.get(subscription.id), self._history.setdefault(subscription.id, [])
        if old is not None and asked(old) == asked(subscription):
            return old
        refuse_stale(subscription, old)
        version = history[-1][0].version + 1 if history else 1
        new = replace(subscription, version=version, changed_at=now, changed_by=by)
        self._kept[new.id] = new
        history.append((new, changes(old, new)))
        self._changed += 1
        return new

    def remove(self, id: str, by: str, now: datetime) -> bool:  # noqa: A002 - the port's
        """The last version stays in the history, once more, as the one removed."""
        old = self._kept.pop(id, None)
        if old is None:
            return False
        gone = replace(old, version=old.version + 1, changed_at=now, changed_by=by)
        self._history[id].append((gone, REMOVED))
        self._changed += 1
        return True

    def history(self, id: str) -> Sequence[tuple[Subscription, str]]:  # noqa: A002 - the port's
        """Oldest first."""
        return list(self._history.get(id, ()))
