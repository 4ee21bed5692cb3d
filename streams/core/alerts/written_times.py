"""How lengths of time, times of day and weekdays are written in a subscription and its options. Pure.

`90m`, `24h`, `7d`, `2w` · `08:00` · `22:00-07:00` · `monday`
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..query_dates import read_duration

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)))


def read_length(text: str) -> timedelta:
    """Read `90m`, `24h`, `7d`, `2w`, and `0` for none. Raises ValueError with a sentence."""
    return timedelta(0) if text.strip() == "0" else read_duration(text)


def length_text(length: timedelta) -> str:
    """Write a length of whole minutes, in the largest unit that fits."""
    unit, size = next(((unit, size) for unit, size in _UNITS if not length % size), _UNITS[-1])
    return f"{length // size}{unit}" if length else "0"


def read_clock(text: str) -> time:
    """Read `08:00`. Raises ValueError with a sentence."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise ValueError(f"`{text}` is no time of day; write 08:00 or 17:30.")
    return time(int(found[1]), int(found[2]))


def clock_text(clock: time) -> str:
    """Write hours and minutes."""
    return f"{clock:%H:%M}"


def read_span(text: str) -> tuple[time, time]:
    """Read `22:00-07:00`. Raises ValueError with a sentence."""
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f"`{text}` is no part of a day; write 22:00-07:00.")
    return read_clock(first), read_clock(last)


def span_text(span: tuple[time, time]) -> str:
    """Write from when to when."""
    return "-".join(map(clock_text, span))


def read_weekday(text: str) -> int:
    """Read the name of a weekday, or its beginning: 0 for `monday`. Raises ValueError with a sentence."""
    word = text.strip().lower()
    found = [number for number, name in enumerate(WEEKDAYS) if len(word) >= 2 and name.startswith(word)]
    if len(found) != 1:
        raise ValueError(f"`{text}` is no weekday; write monday, tuesday and so on.")
    return found[0]


def moment_in(zone: str, moment: datetime | date) -> datetime:
    """The moment in UTC that a date or a time without zone means in `zone`."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def read_end(text: str, zone: str, now: datetime) -> datetime:
    """When a snooze ends: a date or time in `zone`, or how long from now. Raises ValueError."""
    try:
        end = now.replace(microsecond=0) + read_length(text)
    except (ValueError, OverflowError):
        try:
            day = date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
            end = moment_in(zone, day)
        except (ValueError, OverflowError):
            raise ValueError(
                f"`{text}` is no date; write 2026-12-01, 2026-12-01T08:00 or a length of time such as 3d."
            ) from None
    if end <= now:
        raise ValueError(f"{text} has passed; a snooze ends later than now.")
    return end
