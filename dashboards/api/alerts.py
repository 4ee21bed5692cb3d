"""Alerts raised, and what became of the messages that tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from streams.cli.alerts import alert_fields
from streams.core.alerts.editing import LONGEST_ID, masked
from streams.core.alerts.records import ID, Alert, Delivery, DeliveryState

from .answers import Conflict, Missing, answer
from .asked import Limit, Moment, Ports, period

router = APIRouter(tags=["alerts"])

Of = Annotated[
    str | None,
    Query(description="Only of the subscription with this id.", pattern=f"^{ID}$", max_length=LONGEST_ID),
]
AlertId = Annotated[
    str,
    Path(
        description="Id of an alert, or the beginning of one (4 characters or more).",
        pattern="^[0-9a-f]{4,32}$",
    ),
]
DeliveryId = Annotated[str, Path(description="Id of a delivery.", pattern="^[0-9a-f]{32}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Alert):
    """An alert, and every message that holds it. What is secret in a channel is left out of it."""

    seq: int
    raised: datetime
    withdrawn: str
    instead_of: str
    first: Alert | None
    """As it was raised and messages tell it, where something else is known by now."""
    deliveries: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class Alerts:
    """One page of alerts."""

    alerts: Sequence[Told]
    next: int | None
    """Give it as `after` for the next page; null on the last."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Newest first."""

    deliveries: Sequence[Delivery]


@router.get("/alerts", response_model=Alerts, summary="List alerts")
def list_alerts(
    ports: Ports,
    *,
    subscription: Of = None,
    since: Moment = None,
    until: Moment = None,
    after: Annotated[int | None, Query(ge=0, le=2**62, description="`next` of the page before.")] = None,
    oldest_first: Annotated[
        bool, Query(description="To follow what is new: ask on with the last `seq` as `after`.")
    ] = False,
    limit: Limit = 50,
) -> Response:
    """Alerts, newest first, by the moment we came to know; withdrawn ones with the reason."""
    first, last = period(since, until)
    with ports.alerts() as (store, outbox):
        found = store.list(
            subscription=subscription,
            since=first,
            until=last,
            after=after,
            newest_first=not oldest_first,
            limit=limit + 1,
        )
        told = [alert_fields(one, outbox.of_alert(one.alert.id)) for one in found[:limit]]
    return answer({"alerts": told, "next": found[limit - 1].seq if len(found) > limit else None})


@router.get("/alerts/{id}", response_model=Told, summary="Show an alert with its deliveries")
def show_alert(ports: Ports, id: AlertId) -> Response:  # noqa: A002 - the name in the address
    """What it rests on, why it was raised, and what became of each message that tells of it."""
    with ports.alerts() as (store, outbox):
        found = store.get(id)
        if found is None:
            raise Missing(f"There is no alert {id}.")
        return answer(alert_fields(found, outbox.of_alert(found.alert.id)))


@router.get("/deliveries", response_model=Deliveries, summary="List deliveries")
def list_deliveries(
    ports: Ports,
    subscription: Of = None,
    state: Annotated[DeliveryState | None, Query(description="Only in this state.")] = None,
    limit: Limit = 50,
) -> Response:
    """Messages on their way, delivered or given up, newest first."""
    with ports.alerts() as (_, outbox):
        found = outbox.list(subscription=subscription, state=state, limit=limit)
    return answer(Deliveries([_shown(one) for one in found]))


@router.post("/deliveries/{id}/retry", response_model=Delivery, summary="Retry a failed delivery")
def retry(ports: Ports, id: DeliveryId) -> Response:  # noqa: A002 - the name in the address
    """Send it again from the first try on; 409 for one that has not failed."""
    with ports.alerts() as (_, outbox):
        tried = outbox.retry(id, datetime.now(UTC))
        delivery = outbox.get(id)
    if delivery is None:
        raise Missing(f"There is no delivery {id}.")
    if not tried:
        raise Conflict(f"It has not failed: it is {delivery.state}.")
    return answer(_shown(delivery))


def _shown(delivery: Delivery) -> Delivery:
    return replace(delivery, channel=masked(delivery.channel))
