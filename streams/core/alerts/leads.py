"""How much was monitored when: what tells news from more reading, and silence from a broken fetch. Pure.

Counted in stories, by the time of the document that opens each, matched by a subscription or not.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

SECOND = timedelta(seconds=1)
ENOUGH = 0.2
"""A time that brought less than this share of what is usual was not monitored as it is usually."""


class Leads(Protocol):
    """Stories opened, by time."""

    def count(self, since: datetime, until: datetime) -> int:
        """How many were opened in that time, `until` exclusive, in whole seconds."""


class LeadTimes:
    """Leads held in memory: eight bytes each, counted by bisection."""

    __slots__ = ("_times",)

    def __init__(self, moments: Iterable[datetime] = ()) -> None:
        self._times = sorted(_second(moment) for moment in moments)

    def __len__(self) -> int:
        return len(self._times)

    def add(self, moment: datetime) -> None:
        """A story is opened at that moment."""
        insort(self._times, _second(moment))

    def discard(self, moment: datetime) -> None:
        """It was not."""
        at = bisect_left(self._times, _second(moment))
        if at < len(self._times) and self._times[at] == _second(moment):
            del self._times[at]

    def count(self, since: datetime, until: datetime) -> int:
        """See Leads."""
        return max(0, bisect_left(self._times, _second(until)) - bisect_left(self._times, _second(since)))


def _second(moment: datetime) -> int:
    since = moment - _YEAR_ONE
    return since.days * 86400 + since.seconds


_YEAR_ONE = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def up_to(leads: Leads, moment: datetime, window: timedelta) -> int:
    """Stories opened in the window that ends with the second of `moment`, that second included."""
    return leads.count(moment - window + SECOND, moment + SECOND)
