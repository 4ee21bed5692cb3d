"""Which alerts go into which message, and when. Pure.

    waiting alerts ─► planned ─► delivery, or when to look again

Each alert goes into exactly one message to each channel: the next one made up after it was raised. A digest
that is made up does not change; an alert that became known too late for it is in the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from .ids import digest_id, message_id
from .records import Delivery, Subscription
from .rhythm import held_until, last_end, next_end, period


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An alert that no message to a channel holds yet."""

    alert: str
    when: datetime
    raised: datetime
    """When we came to know: what puts it into a period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many messages a subscription that is told at once may send to one channel."""

    gap: timedelta = timedelta(minutes=1)
    """Between two messages; what is raised in between goes out together."""
    behind: timedelta = timedelta(hours=1)
    """The same while the last one has not arrived, so that nothing piles up before a dead receiver."""


Planned = Delivery | datetime
"""What to send, or when there may be something."""


def planned(
    subscription: Subscription,
    channel: str,
    waiting: Sequence[Waiting],
    last: Delivery | None,
    now: datetime,
    pace: Pace,
) -> Planned:
    """The message to queue for the channel now. `last`: the newest one queued for it by the subscription."""
    if subscription.muted:
        return _message(subscription, channel, waiting, now, muted=True)
    held = held_until(subscription, now)
    if held > now:
        return held
    if subscription.rhythm.every != "now":
        return _digest(subscription, channel, waiting, last, now)
    free = _free(last, now, pace)
    return free if free > now else _message(subscription, channel, waiting, now)


def _message(
    subscription: Subscription,
    channel: str,
    waiting: Sequence[Waiting],
    now: datetime,
    *,
    muted: bool = False,
) -> Delivery:
    alerts = _canonical(waiting)
    return Delivery(
        id=message_id(subscription.id, channel, alerts),
        subscription=subscription.id,
        channel=channel,
        alerts=alerts,
        state="muted" if muted else "pending",
        error="The subscription is muted." if muted else "",
        queued=now,
        due=now,
    )


def _free(last: Delivery | None, now: datetime, pace: Pace) -> datetime:
    """From when the channel may get another message; a last one of the future is a clock put right."""
    if last is None or last.queued is None or last.period is not None or last.queued > now:
        return now
    if last.state in {"pending", "sending"}:
        return min(last.queued + pace.behind, now + pace.gap) if now < last.queued + pace.behind else now
    return last.queued + pace.gap if last.state != "muted" else now


def _digest(
    subscription: Subscription,
    channel: str,
    waiting: Sequence[Waiting],
    last: Delivery | None,
    now: datetime,
) -> Planned:
    """One digest of everything raised before the last end of a period.

    After days without a look (or snoozed), that is one message over all of them, not one for each.
    """
    rhythm = subscription.rhythm
    until = last_end(rhythm, now)
    before = [one for one in waiting if one.raised < until]
    told = last.period[1] if last is not None and last.period is not None else None
    if not before or told == until:
        return next_end(rhythm, now)
    since = period(rhythm, min(one.raised for one in before))[0]
    if told is not None and told < until:
        since = max(since, told)
    return Delivery(
        id=digest_id(subscription.id, channel, until),
        subscription=subscription.id,
        channel=channel,
        alerts=_canonical(before),
        period=(since, until),
        queued=now,
        due=now,
    )


def _canonical(waiting: Sequence[Waiting]) -> tuple[str, ...]:
    return tuple(one.alert for one in sorted(waiting, key=lambda one: (one.when, one.alert)))


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message that is not sent after all, and why."""

    why: str


def standing(delivery: Delivery, subscription: Subscription | None, now: datetime) -> datetime | Dropped:
    """What has become of a message since it was queued: dropped, or when it may be sent (`now`: at once)."""
    if subscription is None:
        return Dropped("The subscription was removed before this was sent.")
    if delivery.channel not in subscription.to:
        return Dropped("The subscription does not name this channel any more.")
    if subscription.muted:
        return Dropped("The subscription was muted before this was sent.")
    return held_until(subscription, now)


def receiver(channel: str) -> str:
    """Whom a message goes through: the mail server for all mail, else the host. Each gets one at a time."""
    scheme, _, rest = channel.partition(":")
    if scheme.lower() == "mailto":
        return "mailto"
    host = urlsplit("//" + rest.lstrip("/")).netloc.rpartition("@")[2]
    return f"{scheme.lower()}://{host.lower()}"
