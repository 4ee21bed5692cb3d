"""How many messages alerts would have come to, under each rhythm. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from .records import RHYTHMS, Every, Rhythm
from .rhythm import next_end, quiet_until

_WEEK = timedelta(weeks=1)


def forecast(
    rhythm: Rhythm, moments: Iterable[datetime], since: datetime, until: datetime
) -> Mapping[Every, float]:
    """Messages per week to each channel, were the rhythm hourly, daily, …, all else as it is."""
    rising = sorted(moments)
    weeks = max((until - since) / _WEEK, 1 / 7)
    return {every: messages(replace(rhythm, every=every), rising) / weeks for every in RHYTHMS}


def messages(rhythm: Rhythm, rising: Iterable[datetime]) -> int:
    """How many: at once, those of one minute or the same quiet hours share one; else one for each digest."""
    if rhythm.every == "now":
        return len({quiet_until(rhythm, moment).replace(second=0, microsecond=0) for moment in rising})
    count, end = 0, None
    for moment in rising:
        if end is None or moment >= end:
            count, end = count + 1, next_end(rhythm, moment)
    return count
