"""Outbox without a file: for tests and for trying things out."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..alerts import AlertStore, Raised
from ..core.alerts.planning import Waiting, receiver
from ..core.alerts.records import Delivery, DeliveryState


@dataclass(frozen=True, slots=True)
class _Claim:
    worker: str
    until: datetime


class MemoryOutbox:
    """Outbox in dictionaries, over any alert store."""

    def __init__(self, alerts: AlertStore) -> None:
        self._alerts = alerts
        self._open: dict[tuple[str, str], tuple[int, datetime]] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._claims: dict[str, _Claim] = {}
        self._told: dict[tuple[str, str], str] = {}

    def transaction(self) -> AbstractContextManager[object]:
        """See Outbox."""
        return contextlib.nullcontext()

    def channels(self) -> Sequence[tuple[str, str]]:
        """See Outbox."""
        return list(self._open)

    def open_channel(self, subscription: str, channel: str, since: datetime) -> None:
        """See Outbox."""
        newest = self._alerts.list(subscription=subscription, limit=1)
        self._open.setdefault((subscription, channel), (newest[0].seq if newest else 0, since))

    def close_channel(self, subscription: str, channel: str) -> None:
        """See Outbox."""
        self._open.pop((subscription, channel), None)

    def waiting_channels(self) -> Sequence[tuple[str, str]]:
        """See Outbox."""
        return [pair for pair in self._open if self._raised(*pair)]

    def waiting(self, subscription: str, channel: str) -> Sequence[Waiting]:
        """See Outbox."""
        found = [
            Waiting(alert=one.alert.id, when=one.alert.when, raised=one.raised)
            for one in self._raised(subscription, channel)
        ]
        return sorted(found, key=lambda one: (one.when, one.alert))

    def _raised(self, subscription: str, channel: str) -> Sequence[Raised]:
        if (subscription, channel) not in self._open:
            return []
        opened, since = self._open[subscription, channel]
        every = self._alerts.list(subscription=subscription, newest_first=False, limit=2**31)
        return [
            one
            for one in every
            if (one.seq > opened or one.raised >= since)
            and not one.withdrawn
            and not self._is_told(one.alert.id, channel)
        ]

    def _is_told(self, alert: str, channel: str) -> bool:
        while alert:
            if (alert, channel) in self._told:
                return True
            raised = self._alerts.get(alert)
            alert = raised.instead_of if raised else ""
        return False

    def last(self, subscription: str, channel: str) -> Delivery | None:
        """See Outbox."""
        own = [
            one
            for one in self._deliveries.values()
            if (one.subscription, one.channel) == (subscription, channel)
        ]
        return replace(own[-1], alerts=()) if own else None

    def queue(self, delivery: Delivery) -> bool:
        """See Outbox."""
        keys = [(alert, delivery.channel) for alert in delivery.alerts]
        if delivery.id in self._deliveries or any(key in self._told for key in keys):
            return False
        self._deliveries[delivery.id] = replace(delivery, queued=delivery.queued or delivery.due)
        self._told.update(dict.fromkeys(keys, delivery.id))
        return True

    def claim(self, worker: str, now: datetime, lease: timedelta, limit: int = 10) -> Sequence[Delivery]:
        """See Outbox."""
        busy = {
            receiver(self._deliveries[id_].channel)
            for id_, claim in self._claims.items()
            if now < claim.until <= now + 2 * lease
        }
        claimed: list[Delivery] = []
        for free, id_ in sorted((free, id_) for id_, free in self._free().items()):
            one = self._deliveries[id_]
            absurd = one.state == "sending" and free > now + 2 * lease
            if len(claimed) == limit or receiver(one.channel) in busy or not (free <= now or absurd):
                continue
            busy.add(receiver(one.channel))
            taken = replace(
                one, state="sending", tries=one.tries + 1, repeated=one.repeated + (one.state == "sending")
            )
            self._deliveries[id_], self._claims[id_] = taken, _Claim(worker, now + lease)
            claimed.append(taken)
        return claimed

    def _free(self) -> dict[str, datetime]:
        return {
            one.id: self._claims[one.id].until if one.state == "sending" else one.due
            for one in self._deliveries.values()
            if one.state in {"pending", "sending"}
        }

    def settle(
        self,
        delivery: str,
        worker: str,
        state: DeliveryState,
        now: datetime,
        *,
        due: datetime | None = None,
        error: str = "",
        uncertain: bool = False,
    ) -> bool:
        """See Outbox."""
        claim = self._claims.get(delivery)
        if claim is None or claim.worker != worker:
            return False
        del self._claims[delivery]
        one = self._deliveries[delivery]
        untried = state == "pending" and not error
        self._deliveries[delivery] = replace(
            one,
            state=state,
            due=(due or now) if state == "pending" else one.due,
            tries=one.tries - untried,
            error=one.error if untried else error,
            delivered=now if state == "delivered" else None,
            repeated=one.repeated + uncertain,
        )
        return True

    def hold(self, channel: str, until: datetime) -> None:
        """See Outbox."""
        for id_, one in self._deliveries.items():
            if one.channel == channel and one.state == "pending":
                self._deliveries[id_] = replace(one, due=max(one.due, until))

    def retry(self, delivery: str, now: datetime) -> bool:
        """See Outbox."""
        one = self._deliveries.get(delivery)
        if one is None or one.state != "failed":
            return False
        self._deliveries[delivery] = replace(one, state="pending", tries=0, due=now)
        return True

    def get(self, id: str) -> Delivery | None:  # noqa: A002
        """See Outbox."""
        return self._deliveries.get(id)

    def of_alert(self, alert: str) -> Sequence[Delivery]:
        """See Outbox."""
        return [one for one in self._deliveries.values() if alert in one.alerts]

    def list(
        self, *, subscription: str | None = None, state: DeliveryState | None = None, limit: int = 100
    ) -> Sequence[Delivery]:
        """See Outbox."""
        found = [
            one
            for one in reversed(self._deliveries.values())
            if subscription in (None, one.subscription) and state in (None, one.state)
        ]
        return found[:limit]

    def next_due(self) -> datetime | None:
        """See Outbox."""
        return min(self._free().values(), default=None)
