"""Numbers and lengths of time as alerts say them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def some(count: int, one: str, many: str) -> str:
    """`1 story`, `7 stories`, `1,204 stories`."""
    return f"{count:,} {one if count == 1 else many}"


def length(time: timedelta) -> str:
    """`24 hours`, `7 days`, `90 minutes`: in the largest unit that comes out even; a single day in hours."""
    if time % _DAY == timedelta(0) and time != _DAY:
        return some(time // _DAY, "day", "days")
    if time % _HOUR == timedelta(0):
        return some(time // _HOUR, "hour", "hours")
    return some(round(time / _MINUTE), "minute", "minutes")


def figure(number: float) -> str:
    """`1.2`, `0.04`, `12`: two digits that count, and never more than one behind the point from 1 on."""
    if number >= 10 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 1 else f"{number:.2g}"


def percent(share: float) -> str:
    """`4.1 %`."""
    return f"{figure(share * 100)} %"


def listed(words: Sequence[str], most: int = 5, between: str = ", ", last: str = " and ") -> str:
    """`a, b and c`; the rest beyond `most` is counted."""
    shown = [*words[:most]] if len(words) <= most else [*words[: most - 1], f"{len(words) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{between.join(shown[:-1])}{last}{shown[-1]}"
