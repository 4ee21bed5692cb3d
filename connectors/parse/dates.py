"""Dates as feeds write them, to aware UTC, whole seconds.

Two common layouts are read here; every other one is left to feedparser's handlers, whose reading the
common two agree with by test. Absurd years become None: normalize decides about the merely unlikely.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import feedparser.datetimes

from .foreign_dates import parse_foreign_date

YEARS = range(1900, 2200)
"""Outside of these a date is an accident (year -1, 9999), not news."""

_LONGEST = 200
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {month: number for number, month in enumerate(_NAMES, 1)}
_ZONES = {"EST": 5, "EDT": 4, "CST": 6, "CDT": 5, "MST": 7, "MDT": 6, "PST": 8, "PDT": 7}
_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{4})\s+(\d{1,2}):(\d\d)(?::(\d\d))?"
    r"\s+(?:([+-])(\d\d):?(\d\d)|GMT|UTC?|Z|([ECMP][SD]T))",
    re.ASCII,
)
_CLOCKED = re.compile(r"-|\d{4}(?![-\d]|$)|\d\d$")
"""Texts of which feedparser reads a beginning and takes the rest of the date from today: no date at all."""
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:([+-])(\d\d):(\d\d)|[Zz])", re.ASCII
)


def parse_date(text: str) -> datetime | None:
    """Read a date; None for what is empty, unreadable or absurd."""
    found = _RFC822.fullmatch(text)
    try:
        if found:
            day, name, year, hour, minute, second, sign, hours, minutes, zone = found.groups()
            if zone:
                sign, hours, minutes = "-", _ZONES[zone], "0"
            month = _MONTHS[name.lower()]
        else:
            found = _ISO.fullmatch(text)
            if not found:
                return _any_layout(text)
            year, number, day, hour, minute, second, sign, hours, minutes = found.groups()
            month = int(number)
        when = datetime(int(year), month, int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC)
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            when = when - offset if sign == "+" else when + offset
    except (KeyError, ValueError, OverflowError):
        return _any_layout(text)
    return when if when.year in YEARS else None


def _any_layout(text: str) -> datetime | None:
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    when = parse_foreign_date(text)
    if when is not None:
        return when if when.year in YEARS else None
    if _CLOCKED.match(text):
        return None
    return from_tuple(feedparser.datetimes._parse_date(text))  # noqa: SLF001 - no public name for it


def from_tuple(value: time.struct_time | tuple[int, ...] | None) -> datetime | None:
    """A time tuple in UTC, as feedparser gives it, to a datetime; None for absurd ones."""
    if value is None or value[0] not in YEARS:
        return None
    try:
        return datetime(value[0], value[1], value[2], value[3], value[4], min(value[5], 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
