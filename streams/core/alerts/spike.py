"""Condition `spike`: many more stories than usual, by number and by share of all that is monitored. Pure.

What is usual comes from the same window on the same weekday of the eight weeks before: news has a rhythm
of the week. Until two such weeks are known, the windows of the four weeks before count, whatever the day.
A window in which much less was monitored than now (see leads.ENOUGH) says nothing of what is usual; where
too few are left, the condition does not fire. Precedents: same-weekday baselines and "at least 2 sources,
3 times, more than 5" of World Monitor, volume as a share of all coverage of GDELT.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
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
class Usual:
    """What windows before had, on average."""

    stories: float
    share: float
    windows: int
    weekday: bool


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
        usual = self._usual(fact.moment)
        if usual is None:
            self.unknown.append(fact.moment)
            return []
        stories = self.window.stories
        monitored = max(up_to(self.leads, fact.moment, self.condition.window), stories)
        share = stories / monitored
        if stories < self.condition.factor * usual.stories or share < self.condition.factor * usual.share:
            return []
        self.last = fact.moment
        compared = {
            "baseline": usual.stories,
            "windows": usual.windows,
            "monitored": monitored,
            "share": share,
            "usual_share": usual.share,
        }
        return [self.raised(fact, self._sentence(fact.moment, usual, share), compared)]

    def _sentence(self, moment: datetime, usual: Usual, share: float) -> str:
        day = moment.astimezone(self._zone).strftime("%A")
        when = f"on {day}s" if usual.weekday else "in the four weeks before"
        return (
            f"{self.counted}; usually {figure(usual.stories)} {when}; share of all monitored stories "
            f"{percent(share)}, usually {percent(usual.share)}."
        )

    def _usual(self, moment: datetime) -> Usual | None:
        window = self.condition.window
        now = max(1, up_to(self.leads, moment, window))
        step = weeks(window)
        for ends, fewest, weekday in (
            ([moment - step * back for back in range(1, WEEKS + 1)], FEWEST_WEEKS, True),
            (
                [moment - window * back for back in range(1, max(3, MONTH // window) + 1)],
                FEWEST_WINDOWS,
                False,
            ),
        ):
            monitored = {end: up_to(self.leads, end, window) for end in ends}
            known = [end for end in ends if monitored[end] >= ENOUGH * now]
            if len(known) >= fewest:
                stories = [self._past.stories(end - window, end) for end in known]
                total = sum(max(monitored[end], own) for end, own in zip(known, stories, strict=True))
                return Usual(sum(stories) / len(known), sum(stories) / total, len(known), weekday)
        return None


class _Past:
    """Which story was told of when, for counting stories in any window of the past."""

    def __init__(self, reach: timedelta) -> None:
        self._reach = reach
        self._moments: list[datetime] = []
        self._stories: list[str] = []

    def add(self, fact: Fact) -> None:
        self._moments.append(fact.moment)
        self._stories.append(fact.story_id)
        if len(self._moments) % 1024 == 0:
            stale = bisect_right(self._moments, fact.moment - self._reach)
            del self._moments[:stale], self._stories[:stale]

    def copy(self) -> Self:
        """The same, to go on by itself."""
        other = copy.copy(self)
        other._moments, other._stories = self._moments.copy(), self._stories.copy()  # noqa: SLF001 - its own kind
        return other

    def stories(self, after: datetime, until: datetime) -> int:
        """How many stories were told of, `after` exclusive, `until` inclusive."""
        first, last = bisect_right(self._moments, after), bisect_right(self._moments, until)
        return len(set(self._stories[first:last]))


def weeks(window: timedelta) -> timedelta:
    """The window in whole weeks, so that windows a week apart do not overlap."""
    return WEEK * -(-window // WEEK)


def reach(condition: Condition) -> timedelta:
    """How far back a spike looks."""
    window = condition.window
    return max(weeks(window) * WEEKS, window * max(3, MONTH // window)) + window
