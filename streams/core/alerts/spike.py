"""Condition `spike`: many more stories than usual, by number and by share of all that is monitored. Pure.

What is usual comes from the same window on the same weekday of the eight weeks before: news has a rhythm
of the week. Until two such weeks are known, the windows of the four weeks before count, whatever the day.
A window in which much less was monitored than now (see leads.ENOUGH) says nothing of what is usual; where
too few are left, the condition does not fire. Nor does it where one publisher makes the spike: without the
one that wrote of most stories, half of `count` has to be left (unless `sources` is 1).

Precedents: "more than 5, more than 3 times, at least 2 sources" and same-weekday baselines of World Monitor,
volume as a share of all coverage of GDELT.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from .evaluating import too_old
from .leads import ENOUGH, Leads, up_to
from .records import Alert, Condition, Fact, Subscription
from .threshold import Threshold
from .wording import figure, percent

WEEK = timedelta(weeks=1)
WEEKS = 8
FEWEST_WEEKS = 2
MONTH = timedelta(days=28)
FEWEST_WINDOWS = 3
"""Of the four weeks before, where the weekdays say too little."""


@dataclass(frozen=True, slots=True)
class Known:
    """Windows to compare with: from (exclusive), until (inclusive), and what was monitored in each."""

    windows: list[tuple[datetime, datetime]]
    monitored: list[int]
    weekday: bool

    def usual(self, stories: Sequence[int]) -> Usual:
        """What they had on average; `stories`: how many there were in each."""
        monitored = sum(max(pair) for pair in zip(self.monitored, stories, strict=True))
        return Usual(sum(stories) / len(stories), sum(stories) / monitored)


@dataclass(frozen=True, slots=True)
class Usual:
    """What such windows had, on average."""

    stories: float
    share: float

    def exceeded(self, stories: int, share: float, factor: float) -> bool:
        """Whether both number and share are so many times as high."""
        return stories >= factor * self.stories and share >= factor * self.share


def known_windows(leads: Leads, moment: datetime, window: timedelta) -> Known | None:
    """Windows before the one that ends with the second of `moment`, which say what is usual."""
    now = max(1, up_to(leads, moment, window))
    for step, most, fewest, weekday in (
        (weeks(window), WEEKS, FEWEST_WEEKS, True),
        (window, max(FEWEST_WINDOWS, MONTH // window), FEWEST_WINDOWS, False),
    ):
        ends = [moment - step * back for back in range(1, most + 1)]
        monitored = {end: up_to(leads, end, window) for end in ends}
        windows = [(end - window, end) for end in ends if monitored[end] >= ENOUGH * now]
        if len(windows) >= fewest:
            return Known(windows, [monitored[end] for _, end in windows], weekday)
    return None


class Spike(Threshold):
    """An alert at the fact that makes it true; key: that fact's place."""

    def __init__(self, subscription: Subscription, leads: Leads) -> None:
        super().__init__(subscription, leads)
        self._past = _Past(reach(self.condition))
        self._zone = ZoneInfo(subscription.rhythm.zone)

    def add(self, fact: Fact) -> list[Alert]:
        """See Evaluator."""
        self.window.add(fact)
        self._past.add(fact)
        if not self.reached or self.resting(fact.moment) or too_old(self.subscription, fact):
            return []
        self.asked.append(fact.moment)
        known = known_windows(self.leads, fact.moment, self.condition.window)
        if known is None:
            self.unknown.append(fact.moment)
            return []
        stories = self.window.stories
        if stories < self.condition.factor * self._past.least(known.windows) / len(known.windows):
            return []
        usual = known.usual([self._past.stories(after, until) for after, until in known.windows])
        monitored = max(up_to(self.leads, fact.moment, self.condition.window), stories)
        share = stories / monitored
        if not usual.exceeded(stories, share, self.condition.factor):
            return []
        if self.condition.sources > 1 and 2 * self.window.stories_of_others < self.condition.count:
            return []
        self.last = fact.moment
        compared = {
            "baseline": usual.stories,
            "windows": len(known.windows),
            "monitored": monitored,
            "share": share,
            "usual_share": usual.share,
        }
        return [self.raised(fact, self._sentence(fact.moment, known, usual, share), compared)]

    def _sentence(self, moment: datetime, known: Known, usual: Usual, share: float) -> str:
        day = moment.astimezone(self._zone).strftime("%A")
        when = f"on {day}s" if known.weekday else "in the four weeks before"
        return (
            f"{self.counted}; usually {figure(usual.stories)} {when}; share of all monitored stories "
            f"{percent(share)}, usually {percent(usual.share)}."
        )


class _Past:
    """Which story was told of when, for counting stories in any window of the past."""

    def __init__(self, reach: timedelta) -> None:
        self._reach = reach
        self._moments: list[datetime] = []
        self._stories: list[str] = []
        self._openings: list[datetime] = []
        """When each story was told of first."""
        self._open: set[str] = set()

    def add(self, fact: Fact) -> None:
        self._moments.append(fact.moment)
        self._stories.append(fact.story_id)
        if fact.story_id not in self._open:
            self._open.add(fact.story_id)
            self._openings.append(fact.moment)
        if len(self._moments) % 1024 == 0:
            self._forget(fact.moment - self._reach)

    def _forget(self, before: datetime) -> None:
        stale = bisect_right(self._moments, before)
        del self._moments[:stale], self._stories[:stale]
        del self._openings[: bisect_right(self._openings, before)]
        self._open = set(self._stories)

    def copy(self) -> Self:
        """The same, to go on by itself."""
        other = copy.copy(self)
        other._moments, other._stories = self._moments.copy(), self._stories.copy()  # noqa: SLF001 - its own kind
        other._openings, other._open = self._openings.copy(), self._open.copy()  # noqa: SLF001
        return other

    def stories(self, after: datetime, until: datetime) -> int:
        """How many stories were told of, `after` exclusive, `until` inclusive."""
        first, last = bisect_right(self._moments, after), bisect_right(self._moments, until)
        return len(set(self._stories[first:last]))

    def least(self, windows: Sequence[tuple[datetime, datetime]]) -> int:
        """At least so many in these windows together, which is quick to say: those told of first in them."""
        openings = self._openings
        return sum(bisect_right(openings, until) - bisect_right(openings, after) for after, until in windows)


def weeks(window: timedelta) -> timedelta:
    """The window in whole weeks, so that windows a week apart do not overlap."""
    return WEEK * -(-window // WEEK)


def reach(condition: Condition) -> timedelta:
    """How far back a spike looks."""
    window = condition.window
    return max(weeks(window) * WEEKS, window * max(FEWEST_WINDOWS, MONTH // window)) + window
