"""How many messages alerts would have come to, under each rhythm. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .records import RHYTHMS, Every, Rhythm
from .rhythm import last_end, next_end, quiet_until

_WEEK = timedelta(weeks=1)
_DAY = timedelta(days=1)
_SPARSE = 50
"""A week with less than such a part of the fullest was not monitored: feeds bring along some old articles."""

Span = tuple[datetime, datetime]
"""From, until (exclusive)."""


def forecast(rhythm: Rhythm, moments: Iterable[datetime], spans: Sequence[Span]) -> Mapping[Every, float]:
    """Messages per week to each channel, were the rhythm hourly, daily, …, all else as it is.

    `spans`: times that are looked at, see `monitored`; what is outside of them does not count.
    """
    rising = [moment for moment in sorted(moments) if any(since <= moment < until for since, until in spans)]
    weeks = in_weeks(spans)
    return {every: messages(replace(rhythm, every=every), rising) / weeks for every in RHYTHMS}


def monitored(counts: Iterable[tuple[datetime, int]], since: datetime, until: datetime) -> Sequence[Span]:
    """The weeks of a period in which the archive was filled, as far as they lie in it; else all of it.

    `counts`: Mondays with the number of documents of their week.
    """
    known = list(counts)
    fullest = max((count for _, count in known), default=0)
    weeks = [
        (max(begin, since), min(begin + _WEEK, until)) for begin, count in known if count * _SPARSE >= fullest
    ]
    return [(first, last) for first, last in weeks if first < last] or [(since, until)]


def in_weeks(spans: Iterable[Span]) -> float:
    """How long they are together; a day at least, so that an hour's news does not count 168-fold."""
    return max(sum((until - since for since, until in spans), timedelta(0)), _DAY) / _WEEK


def messages(rhythm: Rhythm, rising: Iterable[datetime]) -> int:
    """How many: at once, those of one minute or the same quiet hours share one; else one for each digest."""
    if rhythm.every == "now":
        return len({quiet_until(rhythm, moment).replace(second=0, microsecond=0) for moment in rising})
    count, end = 0, None
    for moment in rising:
        if end is None or moment >= end:
            sent = quiet_until(rhythm, next_end(rhythm, moment))
            count, end = count + 1, last_end(rhythm, sent)
    return count
