"""When a digest ends and when nothing is sent, in the reader's own time. Pure.

Ends of digests cut time into periods: every moment is in exactly one. A local time that a change of clocks
leaves out counts as the first moment after it; one that comes twice, as the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .records import Every, Rhythm, Subscription

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

_SPANS: dict[Every, tuple[Every, int]] = {
    "hourly": ("hourly", 24),
    "daily": ("daily", 14),
    "weekly": ("daily", 28),
}


def period(rhythm: Rhythm, moment: datetime) -> tuple[datetime, datetime]:
    """The digest a moment belongs to: from, until (exclusive), in UTC. `now` has none: raises ValueError."""
    return last_end(rhythm, moment), next_end(rhythm, moment)


def last_end(rhythm: Rhythm, moment: datetime) -> datetime:
    """The newest end of a digest that is not after the moment."""
    return max(end for end in _ends_around(rhythm, moment) if end <= moment)


def next_end(rhythm: Rhythm, moment: datetime) -> datetime:
    """The first end of a digest after the moment."""
    return min(end for end in _ends_around(rhythm, moment) if end > moment)


def spans(rhythm: Rhythm, until: datetime) -> tuple[datetime, ...]:
    """Begins of the spans that the chart of a digest is drawn over, up to its end: a day's hours, else days.

    They reach back over more than one period, so that one can be compared with the one before.
    """
    step, count = _SPANS[rhythm.every]
    begins = [until]
    for _ in range(count):
        begins.append(last_end(replace(rhythm, every=step), begins[-1] - timedelta(microseconds=1)))
    return tuple(reversed(begins[1:]))


def held_until(subscription: Subscription, moment: datetime) -> datetime:
    """The first moment, from this one on, when something may be sent: neither snoozed nor in quiet hours."""
    snoozed = subscription.snoozed_until
    awake = moment if snoozed is None else max(moment, snoozed)
    return quiet_until(subscription.rhythm, awake)


def quiet_until(rhythm: Rhythm, moment: datetime) -> datetime:
    """The end of the quiet hours that the moment is in; the moment itself when it is in none."""
    if rhythm.quiet is None:
        return moment
    since, until = rhythm.quiet
    zone = ZoneInfo(rhythm.zone)
    today = moment.astimezone(zone).date()
    for day in (today - _DAY, today):
        begin = _at(zone, day, since)
        end = _at(zone, day if since < until else day + _DAY, until)
        if since != until and begin <= moment < end:
            return end
    return moment


def _ends_around(rhythm: Rhythm, moment: datetime) -> Iterator[datetime]:
    """Ends before and after the moment, at least one each, in no order."""
    zone = ZoneInfo(rhythm.zone)
    match rhythm.every:
        case "hourly":
            yield from _full_hours(zone, rhythm.at.minute, moment)
        case "daily":
            yield from (_at(zone, day, rhythm.at) for day in _days(zone, moment, 3))
        case "weekly":
            days = (day for day in _days(zone, moment, 9) if day.weekday() == rhythm.weekday)
            yield from (_at(zone, day, rhythm.at) for day in days)
        case "now":
            message = "Messages sent at once have no period."
            raise ValueError(message)


def _days(zone: ZoneInfo, moment: datetime, around: int) -> Iterator[date]:
    today = moment.astimezone(zone).date()
    return (today + timedelta(days=day) for day in range(-around, around + 1))


def _full_hours(zone: ZoneInfo, minute: int, moment: datetime) -> Iterator[datetime]:
    """Moments around this one when a clock there shows that minute, whatever the hour.

    Clocks change by half an hour in places: what was the minute before is not the minute after.
    """
    moment = moment.astimezone(UTC)
    for offset in {_offset(zone, moment + side * _HOUR) for side in (-3, 0, 3)}:
        past = (moment + offset - datetime(2000, 1, 1, 0, minute, tzinfo=UTC)) % _HOUR
        for hours in range(-3, 4):
            end = moment - past + hours * _HOUR
            if _offset(zone, end) == offset:
                yield end


def _at(zone: ZoneInfo, day: date, at: time) -> datetime:
    """That local time of that day, in UTC."""
    local = datetime.combine(day, at.replace(tzinfo=None, fold=0), tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    return _change(zone, local.replace(fold=1).astimezone(UTC), moment)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first moment when the clocks were changed: the offset is one at `before` and another at `after`."""
    old = _offset(zone, before)
    while after - before > timedelta(microseconds=1):
        middle = before + (after - before) / 2
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - a ZoneInfo always knows
    return offset
