"""AlertStore in memory: the reference, and for tests and backtests."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

from connectors.errors import UserError

from ..core.alerts.records import Alert, Fact, Matched
from . import Followed, Raised

_MIN_PREFIX = 4


class MemoryAlertStore:
    """See AlertStore. A transaction that fails is not taken back."""

    def __init__(self) -> None:
        self._cursors: dict[str, int] = {}
        self._facts: dict[str, Fact] = {}
        self._leads: dict[str, datetime] = {}
        self._followed: dict[str, Followed] = {}
        self._hushed: dict[str, set[str]] = {}
        self._raised: dict[str, Raised] = {}

    def transaction(self) -> AbstractContextManager[object]:
        """See AlertStore."""
        return contextlib.nullcontext()

    def cursor(self, name: str) -> int:
        """See AlertStore."""
        return self._cursors.get(name, 0)

    def advance(self, name: str, cursor: int) -> None:
        """See AlertStore."""
        self._cursors[name] = cursor

    def put_facts(self, facts: Iterable[Fact], subscription: str | None = None) -> None:
        """See AlertStore."""
        for one in facts:
            if one.role == "lead":
                self._leads[one.id] = one.when
            else:
                self._leads.pop(one.id, None)
            self._keep(one, self._joined(one, subscription) if subscription else one.matched)

    def _joined(self, fact: Fact, subscription: str) -> tuple[Matched, ...]:
        before = self._facts[fact.id].matched if fact.id in self._facts else ()
        kept = [own for own in before if own.subscription != subscription]
        own = [own for own in fact.matched if own.subscription == subscription]
        return tuple(sorted([*kept, *own], key=lambda one: one.subscription))

    def _keep(self, fact: Fact, matched: tuple[Matched, ...]) -> None:
        if matched:
            self._facts[fact.id] = replace(fact, matched=matched)
        else:
            self._facts.pop(fact.id, None)

    def drop_facts(self, documents: Iterable[str]) -> None:
        """See AlertStore."""
        for id_ in documents:
            self._facts.pop(id_, None)
            self._leads.pop(id_, None)

    def drop_before(self, moment: datetime) -> None:
        """See AlertStore."""
        self._facts = {id_: fact for id_, fact in self._facts.items() if fact.moment >= moment}
        self._leads = {id_: when for id_, when in self._leads.items() if when >= moment}

    def fact(self, document: str) -> Fact | None:
        """See AlertStore."""
        return self._facts.get(document)

    def facts(self, subscription: str) -> Iterator[Fact]:
        """See AlertStore."""
        for fact in sorted(self._facts.values(), key=lambda one: one.place):
            own = tuple(one for one in fact.matched if one.subscription == subscription)
            if own:
                yield replace(fact, matched=own)

    def followed(self) -> Mapping[str, Followed]:
        """See AlertStore."""
        return dict(self._followed)

    def follow(self, subscription: str, followed: Followed) -> None:
        """See AlertStore."""
        self._followed[subscription] = followed

    def forget(self, subscription: str) -> None:
        """See AlertStore."""
        self._followed.pop(subscription, None)
        self._hushed.pop(subscription, None)
        for fact in list(self._facts.values()):
            self._keep(fact, tuple(one for one in fact.matched if one.subscription != subscription))

    def hush(self, subscription: str, alerts: Iterable[str]) -> None:
        """See AlertStore."""
        self._hushed.setdefault(subscription, set()).update(alerts)

    def hushed(self, subscription: str, alerts: Iterable[str]) -> set[str]:
        """See AlertStore."""
        return self._hushed.get(subscription, set()).intersection(alerts)

    def leads(self, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
        """See AlertStore."""
        return sorted((when, id_) for id_, when in self._leads.items() if since <= when < until)

    def lead_times(self, documents: Iterable[str]) -> Mapping[str, datetime]:
        """See AlertStore."""
        return {id_: self._leads[id_] for id_ in documents if id_ in self._leads}

    def put_leads(self, leads: Iterable[tuple[datetime, str]]) -> None:
        """See AlertStore."""
        self._leads.update((id_, when) for when, id_ in leads)

    def raise_(
        self, alerts: Iterable[Alert], now: datetime, moved: Mapping[str, str] | None = None
    ) -> list[Raised]:
        """See AlertStore."""
        kept = []
        for one in alerts:
            if one.id not in self._raised:
                before = (moved or {}).get(one.id, "")
                raised = Raised(alert=one, seq=len(self._raised) + 1, raised=now, instead_of=before)
                self._raised[one.id] = raised
                kept.append(raised)
        return kept

    def revise(self, alerts: Iterable[Alert]) -> None:
        """See AlertStore."""
        for one in alerts:
            known = self._raised.get(one.id)
            if known and (now := replace(one, version=known.alert.version)) != known.alert:
                self._raised[one.id] = replace(known, alert=now, first=known.first or known.alert)

    def withdraw(self, why: str, ids: Iterable[str]) -> None:
        """See AlertStore."""
        for id_ in ids:
            if id_ in self._raised:
                self._raised[id_] = replace(self._raised[id_], withdrawn=why)

    def get(self, id: str) -> Raised | None:  # noqa: A002 - the word of the port
        """See AlertStore."""
        found = [
            one
            for key, one in self._raised.items()
            if key == id or (len(id) >= _MIN_PREFIX and key.startswith(id))
        ]
        if len(found) > 1:
            raise UserError(f"Several alerts have an id that begins with {id}; give more of it.")
        return found[0] if found else None

    def list(
        self,
        *,
        subscription: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int | None = None,
        newest_first: bool = True,
        limit: int = 100,
    ) -> Sequence[Raised]:
        """See AlertStore."""
        found = [
            one
            for one in self._raised.values()
            if subscription in (None, one.alert.subscription)
            and (since is None or one.raised >= since)
            and (until is None or one.raised < until)
            and (after is None or (one.seq < after if newest_first else one.seq > after))
        ]
        return sorted(found, key=lambda one: one.seq, reverse=newest_first)[:limit]

    def counts(self) -> dict[str, int]:
        """See AlertStore."""
        counted = Counter(dict.fromkeys(sorted({one.alert.subscription for one in self._raised.values()}), 0))
        counted.update(one.alert.subscription for one in self._raised.values() if not one.withdrawn)
        return dict(counted)
