"""Subscriptions as they stand: what each asks, what it raised, what became of the messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from connectors.errors import UserError
from streams.alerting.reading import Alerts
from streams.alerting.trial_message import send_trial
from streams.alerts import Raised
from streams.core.alerts.changes import changes
from streams.core.alerts.editing import masked
from streams.core.alerts.phrasing import one_line
from streams.core.alerts.records import Delivery, Subscription
from streams.core.alerts.showing import as_fields
from streams.core.alerts.written_times import read_end

from ...api.answers import Missing
from ...api.subscriptions import STATES, found, secrets_of
from ..routing import Pages
from ..visit import Visit, text

pages = Pages()

LATELY = timedelta(weeks=4)
"""What rates go by."""
LOOKED_AT = 100
"""Alerts of one subscription that a rate is made from; of more, the span of these counts."""
SHOWN = 20
SAID = 300
"""Characters of a notice: it travels in a cookie."""


@dataclass(frozen=True, slots=True)
class Row:
    """A subscription in the list."""

    told: dict[str, Any]
    last: Raised | None
    per_week: float


@pages.get("/subscriptions")
def listed(visit: Visit) -> Response:
    """Every subscription, and how much it says."""
    with visit.ports.subscriptions() as store:
        known, problems = store.all(), store.problems()
    now = datetime.now(UTC)
    with visit.ports.alerts() as (alerts, _):
        rows = [_row(alerts, one, now) for one in known]
    return visit.render("subscriptions.html", rows=rows, problems=problems, weeks=LATELY.days // 7)


def _row(alerts: Alerts, one: Subscription, now: datetime) -> Row:
    newest = alerts.list(subscription=one.id, limit=LOOKED_AT)
    return Row(as_fields(one), newest[0] if newest else None, rate(newest, now))


def rate(newest: Sequence[Raised], now: datetime) -> float:
    """Alerts a week, lately, from the newest of them."""
    lately = [one for one in newest if one.raised > now - LATELY]
    span = now - lately[-1].raised if len(lately) == LOOKED_AT else LATELY
    return len(lately) / max(span / timedelta(weeks=1), 1 / 7)


@pages.get("/subscriptions/{id}")
def show(visit: Visit) -> Response:
    """One, with its alerts, messages and versions; also one that is removed."""
    id_ = visit.part("id")
    with visit.ports.subscriptions() as store:
        versions = store.history(id_)
        one = store.get(id_)
    if not versions or (one is not None and one.id != id_):
        raise Missing(f"There is no subscription {id_}.")
    shown = one or versions[-1][0]
    after = visit.query.get("after", "")
    with visit.ports.alerts() as (alerts, outbox):
        raised = alerts.list(
            subscription=id_, after=int(after) if after.isdecimal() else None, limit=SHOWN + 1
        )
        told = [(alert, outbox.of_alert(alert.alert.id)) for alert in raised[:SHOWN]]
        deliveries = outbox.list(subscription=id_, limit=SHOWN)
        holding = alerts.counts().get(id_, 0)
    return visit.render(
        "subscription.html",
        one=shown,
        told=as_fields(shown),
        removed=one is None,
        versions=list(reversed(versions)),
        alerts=told,
        after=str(raised[SHOWN - 1].seq) if len(raised) > SHOWN else "",
        holding=holding,
        deliveries=[_shown(delivery) for delivery in deliveries],
        shown=SHOWN,
        secrets=secrets_of(visit.ports, shown) if visit.may_write and one else None,
        masked=masked,
    )


def _shown(delivery: Delivery) -> Delivery:
    return replace(delivery, channel=masked(delivery.channel))


@pages.post("/subscriptions/{id}/state")
def set_state(visit: Visit) -> Response:
    """Pause, resume, mute, unmute."""
    state = text(visit.form, "state")
    if state not in STATES:
        raise UserError("A subscription can be paused, resumed, muted and unmuted.")
    return _set(visit, **STATES[state])


@pages.post("/subscriptions/{id}/snooze")
def snooze(visit: Visit) -> Response:
    """Keep alerts until a day; or end that."""
    until = text(visit.form, "until", 40).strip()
    if not until:
        return _set(visit, snoozed_until=None)
    with visit.ports.subscriptions() as store:
        zone = found(store, visit.part("id")).rhythm.zone
    try:
        return _set(visit, snoozed_until=read_end(until, zone, datetime.now(UTC)))
    except ValueError as wrong:
        raise UserError(str(wrong)) from None


def _set(visit: Visit, **fields: Any) -> Response:
    id_ = visit.part("id")
    with visit.ports.subscriptions() as store:
        old = found(store, id_)
        new = replace(old, **fields)
        what = changes(old, new)
        store.save(new, visit.principal.name, datetime.now(UTC))
    said = one_line(f"{what[:1].upper()}{what[1:]}.", SAID) if what else visit.gettext("It was so already.")
    return visit.go(f"/subscriptions/{id_}", said)


@pages.post("/subscriptions/{id}/remove")
def remove(visit: Visit) -> Response:
    """Take it off; history and alerts stay."""
    id_ = visit.part("id")
    with visit.ports.subscriptions() as store:
        if not store.remove(id_, visit.principal.name, datetime.now(UTC)):
            raise Missing(f"There is no subscription {id_}.")
    return visit.go(
        "/subscriptions",
        visit.gettext("%(id)s is removed; its history and its alerts stay at its address.", id=id_),
    )


@pages.post("/subscriptions/{id}/message")
def message(visit: Visit) -> Response:
    """Send a message to one channel now, marked as a test."""
    id_, channel = visit.part("id"), text(visit.form, "channel", 40)
    with visit.ports.subscriptions() as store:
        one = found(store, id_)
    url = next((url for url in one.to if masked(url) == channel), None)
    if url is None:
        raise UserError("It has no such channel any more; load the page again.")
    with visit.ports.alerts() as (alerts, _):
        newest = alerts.list(subscription=id_, limit=1)
    said = send_trial(visit.ports.context, one, url, newest[0].alert if newest else None, datetime.now(UTC))
    return visit.go(f"/subscriptions/{id_}", one_line(said, SAID))


@pages.post("/subscriptions/{id}/retry")
def retry(visit: Visit) -> Response:
    """Send a message again that could not be delivered."""
    with visit.ports.alerts() as (_, outbox):
        again = outbox.retry(text(visit.form, "delivery", 64), datetime.now(UTC))
    said = (
        visit.gettext("It is sent again when messages go out next.")
        if again
        else visit.gettext("It has not failed any more.")
    )
    return visit.go(f"/subscriptions/{visit.part('id')}", said)
