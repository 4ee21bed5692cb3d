"""Condition `silence`: no matching article for so long. Told apart from a fetch that brings nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from .evaluating import Evaluator, alert
from .leads import ENOUGH, Leads
from .records import Alert, Fact, Subscription
from .wording import length, some

PERIODS = 4
"""Periods before that say how much is usually monitored in one."""
_DAY = timedelta(days=1)
START = "start"
"""Key where nothing ever matched."""


class Silence(Evaluator):
    """An alert when the time has passed; key: the id of the last matching document, or START.

    Where nothing ever matched, the silence begins when the subscription was last changed.
    """

    def __init__(self, subscription: Subscription, leads: Leads) -> None:
        super().__init__(subscription, leads)
        self._last: Fact | None = None
        self._told = False

    def add(self, fact: Fact) -> list[Alert]:
        """See Evaluator."""
        alerts = self.pass_to(fact.moment)
        self._last, self._told = fact, False
        return alerts

    def pass_to(self, horizon: datetime) -> list[Alert]:
        """See Evaluator."""
        begin = self._last.moment if self._last else self.subscription.changed_at
        if self._told or begin is None or horizon - begin < self.condition.window:
            return []
        self._told = True
        return [self._alert(begin)]

    def _alert(self, begin: datetime) -> Alert:
        window = self.condition.window
        when = begin + window
        self.asked.append(when)
        received = self.leads.count(begin, when)
        before = [
            self.leads.count(begin - window * back, when - window * back) for back in range(1, PERIODS + 1)
        ]
        known = [count for count in before if count]
        usual = sum(known) / len(known) if known else None
        numbers = {"days": window.total_seconds() / 86400, "monitored": float(received)}
        if usual is not None:
            numbers |= {"usual": usual, "dark_days": float(self._dark(begin, usual))}
        said = f"No matching article for {length(window)}, {self._since(begin)}; {self._volume(numbers)}."
        shown = [self._last] if self._last else []
        return alert(self.subscription, self._last.id if self._last else START, when, said, shown, numbers)

    def _dark(self, begin: datetime, usual: float) -> int:
        """On how many of the days next to nothing was monitored, of whatever subject."""
        days = self._days
        each = self.condition.window / days
        counts = (self.leads.count(begin + each * day, begin + each * (day + 1)) for day in range(days))
        return sum(count < ENOUGH * usual / days for count in counts)

    @property
    def _days(self) -> int:
        return max(1, self.condition.window // _DAY)

    def _volume(self, numbers: Mapping[str, float]) -> str:
        """What was monitored in that time: little of everything is no silence of this subject."""
        received, usual = round(numbers["monitored"]), numbers.get("usual")
        stories = some(received, "story", "stories")
        if usual is None:
            return f"{stories} monitored in that time, and how many are usual is not known yet"
        dark = round(numbers["dark_days"])
        if received >= ENOUGH * usual and 2 * dark < self._days:
            return f"{stories} monitored in that time, usually {usual:,.0f}"
        when = f" and next to none on {dark} of {self._days} days" if self._days > 1 else ""
        return (
            f"but we received only {received:,} of usually {usual:,.0f} stories{when}: this may be our fetch"
        )

    def _since(self, begin: datetime) -> str:
        at = f"{begin:%Y-%m-%d %H:%M} UTC"
        if self._last is None:
            return f"since the subscription began at {at}"
        return f"since one from {self._last.source or self._last.host} at {at}"

    def moved(self, told: Alert, new: Alert) -> bool:
        """A silence that overlaps the one told of."""
        return abs(told.when - new.when) < self.condition.window
