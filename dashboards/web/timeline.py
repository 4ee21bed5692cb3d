"""Articles over time as bars: how wide each is, where it stands, and what period it leads to. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta

from streams.sinks import Bars, Bucket

MOST = 150
"""Bars that can be told apart on a wide screen."""
HEIGHT = 60
"""Of the highest bar, in units of the drawing; a bar is 10 wide."""
_DAY = timedelta(days=1)
_WIDTHS: Sequence[tuple[timedelta, Bucket]] = (
    (3 * _DAY, "hour"),
    (120 * _DAY, "day"),
    (900 * _DAY, "week"),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour, day, week or month."""

    at: datetime
    count: int
    height: float
    since: str
    """Its period as an address says it."""
    until: str
    name: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars without gaps."""

    bucket: Bucket
    bars: Sequence[Bar]
    most: int
    """Articles in the highest."""
    before: int
    """Articles older than the first bar, or younger than the last, which are not drawn."""

    @property
    def width(self) -> int:
        """In units of the drawing."""
        return 10 * len(self.bars)


def bucket_for(first: datetime, last: datetime) -> Bucket:
    """How wide bars have to be for a period."""
    return next((bucket for most, bucket in _WIDTHS if last - first <= most), "month")


def timeline(bars: Bars, bucket: Bucket, first: datetime, last: datetime) -> Timeline:
    """Bars from one moment to another (exclusive), empty ones too; the newest where there are many."""
    starts = list(_starts(bucket, first, last))[-MOST:]
    counts = dict(bars)
    shown = [counts.get(at, 0) for at in starts]
    most = max(shown, default=0)
    return Timeline(
        bucket=bucket,
        bars=[
            Bar(at, count, round(HEIGHT * count / most, 1) if most else 0.0, *named(at, bucket))
            for at, count in zip(starts, shown, strict=True)
        ],
        most=most,
        before=sum(counts.values()) - sum(shown),
    )


def floor(when: datetime, bucket: Bucket) -> datetime:
    """The first moment of the bucket, UTC."""
    hour = when.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if bucket == "hour":
        return hour
    day = hour.replace(hour=0)
    if bucket == "day":
        return day
    return day - day.weekday() * _DAY if bucket == "week" else day.replace(day=1)


def following(at: datetime, bucket: Bucket) -> datetime:
    """The first moment of the next bucket."""
    if bucket == "month":
        return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    return at + {"hour": timedelta(hours=1), "day": _DAY, "week": 7 * _DAY}[bucket]


def _starts(bucket: Bucket, first: datetime, last: datetime) -> Iterator[datetime]:
    at = floor(first, bucket)
    while at < last:
        yield at
        if at.year == MAXYEAR:
            return
        at = following(at, bucket)


def named(at: datetime, bucket: Bucket) -> tuple[str, str, str]:
    """First and last day (or hour) as an address has them, and the name people read."""
    end = following(at, bucket) - timedelta(seconds=1)
    if bucket == "hour":
        return f"{at:%Y-%m-%dT%H:%MZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}", f"{at.day} {at:%b %Y, %H:%M}"
    since, until = at.date().isoformat(), end.date().isoformat()
    if bucket == "day":
        return since, until, f"{at.day} {at:%b %Y}"
    if bucket == "month":
        return since, until, f"{at:%b %Y}"
    return since, until, f"{at.day} {at:%b} – {end.day} {end:%b %Y}"
