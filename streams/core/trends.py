"""Spikes in counts over time, by the arithmetic of the spike condition. Pure.

The condition counts stories as they come in; here whole days (or weeks) are counted, in articles.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate

from .alerts.condition_defaults import default_condition
from .alerts.leads import SECOND, up_to
from .alerts.records import Condition
from .alerts.spike import Known, Usual, known_windows, reach


class Counted:
    """Articles by hour, day or week, counted over any whole number of them: see `leads.Leads`."""

    def __init__(self, bars: Sequence[tuple[datetime, int]]) -> None:
        self._starts = [at for at, _ in bars]
        self._sums = [0, *accumulate(count for _, count in bars)]

    def count(self, since: datetime, until: datetime) -> int:
        """How many there are in that time, `until` exclusive."""
        first, last = (bisect_left(self._starts, moment) for moment in (since, until))
        return self._sums[max(first, last)] - self._sums[first]


@dataclass(frozen=True, slots=True)
class Rise:
    """A day or week with many more than usual, and what that rests on."""

    at: datetime
    """Its first moment."""
    count: int
    monitored: int
    """All articles of that time."""
    usual: Usual
    windows: int
    """So many days or weeks before say what is usual."""
    weekday: bool
    """They are the same weekday; else those of the four weeks before."""

    @property
    def share(self) -> float:
        """Of all articles of that time."""
        return self.count / self.monitored


def condition(window: timedelta) -> Condition:
    """The spike condition as it is where no number is said, for this window."""
    return replace(default_condition("spike"), window=window)


def lookback(window: timedelta) -> timedelta:
    """How long before a time counts are needed to say what was usual."""
    return reach(condition(window))


class Rises:
    """Finds spikes of any value among all that was monitored; what of a day is usual is worked out once."""

    def __init__(self, monitored: Counted, window: timedelta) -> None:
        self.condition = condition(window)
        self._monitored = monitored
        self._window = window
        self._known: dict[datetime, Known | None] = {}

    def of(self, bars: Sequence[tuple[datetime, int]], since: datetime) -> Iterator[Rise]:
        """Those from `since` on, oldest first; publishers, which the condition looks at too, left aside."""
        own = Counted(bars)
        for at, count in bars:
            if at < since or count < self.condition.count:
                continue
            moment = at + self._window - SECOND
            if at not in self._known:
                self._known[at] = known_windows(self._monitored, moment, self._window)
            known = self._known[at]
            if known is None:
                continue
            usual = known.usual([up_to(own, end, self._window) for _, end in known.windows])
            monitored = max(up_to(self._monitored, moment, self._window), count)
            rise = Rise(at, count, monitored, usual, len(known.windows), known.weekday)
            if usual.exceeded(count, rise.share, self.condition.factor):
                yield rise
