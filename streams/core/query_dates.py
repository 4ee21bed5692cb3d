"""Read the dates of a query: a year, month, day or moment, and ranges of them. Pure; UTC throughout.

Dates come in ISO 8601 form only (`2023`, `2023-08`, `2023-08-01`, `2023-08-01T10:00Z`), because every
other order of day and month means something else to somebody.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .query import Dates

_WHEN = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?P<time>[Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[Zz]|[+-]\d\d:\d\d)?)?)?)?"
)
_AGO = re.compile(r"(\d{1,6})\s*(m|h|d|w)")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_SIGN = re.compile(r"(>=|<=|>|<)?(.*)", re.DOTALL)


def read_dates(text: str) -> Dates:
    """Read `2023-08`, `2023-08-01..2023-08-07` (both days included), `>2023-08-01`, `..2023-08-07`.

    Raises ValueError with a sentence.
    """
    if ".." in text:
        first, _, last = text.partition("..")
        if not first and not last:
            raise ValueError("A range of dates needs a date on at least one side of `..`.")
        start = read_period(first)[0] if first else None
        end = read_period(last)[1] if last else None
        if start and end and start >= end:
            raise ValueError(f"The range ends ({last}) before it begins ({first}).")
        return Dates(start, end)
    sign, moment = _SIGN.fullmatch(text).groups()  # type: ignore[union-attr]  # matches any text
    start, end = read_period(moment)
    return {
        None: Dates(start, end),
        ">": Dates(end, None),
        ">=": Dates(start, None),
        "<": Dates(None, start),
        "<=": Dates(None, end),
    }[sign]


def read_period(text: str) -> tuple[datetime, datetime]:
    """First second of the year, month, day or moment `text` names, and the first one after it."""
    found = _WHEN.fullmatch(text)
    if not found:
        raise ValueError(f"`{text[:60]}` is no date; write 2023, 2023-08, 2023-08-01 or 2023-08-01T10:00Z.")
    try:
        return _period(found)
    except (ValueError, OverflowError):
        raise ValueError(f"`{text[:60]}` is no date of the calendar.") from None


def _period(found: re.Match[str]) -> tuple[datetime, datetime]:
    year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
    start = datetime(year, month, day, tzinfo=UTC)
    if found["time"]:
        moment = datetime.fromisoformat(found[0].upper())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        start = moment.replace(microsecond=0)
        return start, start + timedelta(seconds=1)
    if found["day"]:
        return start, start + timedelta(days=1)
    if found["month"]:
        return start, start.replace(year=year + month // 12, month=month % 12 + 1)
    return start, start.replace(year=year + 1)


def read_duration(text: str) -> timedelta:
    """Read `90m`, `24h`, `7d`, `2w`. Raises ValueError with a sentence."""
    found = _AGO.fullmatch(text.strip().lower())
    if not found:
        raise ValueError(f"`{text[:60]}` is no length of time; write 90m, 24h, 7d or 2w.")
    return int(found[1]) * _UNITS[found[2]]


def read_since(text: str, now: datetime) -> datetime:
    """First moment of a period given as a date, or as a length of time back from now. Raises ValueError."""
    return _ago(text, now) or read_period(text.strip())[0]


def read_until(text: str, now: datetime) -> datetime:
    """First moment after a period given as a date (its last day, included), or as a length of time ago."""
    return _ago(text, now) or read_period(text.strip())[1]


def _ago(text: str, now: datetime) -> datetime | None:
    if not _AGO.fullmatch(text.strip().lower()):
        return None
    try:
        return now - read_duration(text)
    except OverflowError:
        raise ValueError(f"`{text}` reaches back before the year 1.") from None
