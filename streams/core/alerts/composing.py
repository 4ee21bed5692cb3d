"""Alerts to a message: what comes first, what it is called, what the numbers are compared with. Pure.

Delivery, alerts, subscription ─► Message ─► text, HTML, JSON ─► channel
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from .addresses import Addresses, Sign
from .message import Entry, Message
from .phrasing import headline, moment, one_line
from .records import Alert, Delivery, Subscription
from .wording import some

SUBJECT = 150
"""Characters of a subject."""

_NAME = 50
"""Characters of a subscription's name in it."""

Period = tuple[datetime, datetime]
Counts = Sequence[tuple[datetime, int]]


def compose(
    delivery: Delivery,
    alerts: Sequence[Alert],
    subscription: Subscription,
    *,
    base_url: str,
    sign: Sign,
    notices: Sequence[str] = (),
    counts: Counts = (),
) -> Message:
    """Make up the message of a delivery from its alerts.

    `counts`: documents matched in spans that begin at the times given and tile up to the end of the period;
    those that lie before it tell what to compare with. `sign`: `Signing.token`.
    """
    addresses = Addresses(base_url, sign)
    entries = _entries(alerts, addresses)
    shown = entries[: max(subscription.rhythm.cap, 1)]
    return Message(
        id=delivery.id,
        subscription=subscription,
        channel=delivery.channel,
        subject=_subject(delivery, entries, subscription),
        lead=_lead(delivery, alerts, counts, subscription),
        entries=shown,
        more=len(entries) - len(shown),
        period=delivery.period,
        notices=tuple(one_line(notice, 500) for notice in notices),
        counts=tuple(counts),
        urls=(
            ("archive", addresses.archive(subscription.query, delivery.period)),
            ("subscription", addresses.subscription(subscription.id)),
            ("unsubscribe", addresses.unsubscribe(subscription.id, delivery.channel)),
            ("feed", addresses.feed(subscription.id)),
        ),
        thread=_about(entries[0].alerts[0]) if len(entries) == 1 else "",
    )


def _entries(alerts: Iterable[Alert], addresses: Addresses) -> tuple[Entry, ...]:
    """Alerts on one story stand together, each other one by itself; newest first."""
    groups: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda alert: (alert.when, alert.id), reverse=True):
        groups.setdefault(_about(alert) or alert.id, []).append(alert)
    return tuple(
        Entry(alerts=tuple(group), explain=addresses.explain(shown[0].id) if shown else "")
        for group in groups.values()
        for shown in [Entry(alerts=tuple(group)).documents]
    )


def _about(alert: Alert) -> str:
    """The story of an alert that is about one document or story; else empty."""
    return alert.shown[0].story_id if alert.kind in {"each", "story"} and alert.shown else ""


def _subject(delivery: Delivery, entries: Sequence[Entry], subscription: Subscription) -> str:
    name = one_line(subscription.name or subscription.id, _NAME)
    if delivery.period is None:
        more = f" (and {len(entries) - 1} more)" if len(entries) > 1 else ""
        first = headline(entries[0]) if entries else "nothing new"
        said = one_line(first, SUBJECT - len(name) - len(more) - 3)
        return f"[{name}] {said}{more}"
    until = delivery.period[1].astimezone(ZoneInfo(subscription.rhythm.zone))
    day = f"{until.day} {until:%b}" + (f" {until:%H:%M}" if subscription.rhythm.every == "hourly" else "")
    return f"[{name}] {some(len(entries), 'entry', 'entries')}, {subscription.rhythm.every} digest of {day}"


def _lead(delivery: Delivery, alerts: Sequence[Alert], counts: Counts, subscription: Subscription) -> str:
    if len(alerts) == 1 and delivery.period is None and _about(alerts[0]):
        return one_line(alerts[0].sentence)
    said = some(len(alerts), "alert", "alerts")
    about = [_about(alert) for alert in alerts]
    if len(about) > 1 and all(about):
        said += f" on {some(len(set(about)), 'story', 'stories')}"
    if delivery.period is None:
        return f"{said}."
    zone = ZoneInfo(subscription.rhythm.zone)
    since, until = (moment(at, zone) for at in delivery.period)
    said += f" from {since} to {until} ({subscription.rhythm.zone})."
    return f"{said} {_compared(delivery.period, counts)}".rstrip()


def _compared(period: Period, counts: Counts) -> str:
    """Say how many articles matched, and how many in the period before, where counts reach back so far."""
    if not counts:
        return ""
    inside = [number for at, number in counts if period[0] <= at < period[1]]
    earlier = [number for at, number in counts if at < period[0]]
    now = sum(inside)
    said = some(now, "matching article", "matching articles")
    if not inside or len(earlier) < len(inside):
        return f"{said}."
    before = sum(earlier[-len(inside) :])  # spans, not hours: a day may have 23 of them
    change = f", {(now - before) / before:+.0%}" if before else ""
    return f"{said}, {before:,} in the period before{change}."
