"""Conditions `new-term`, `new-entity`, `new-pairing`: a name, or two in one article, not seen for long. Pure.

Names are those of `Fact.names` in documents that match the subscription. One alert tells of everything new
in one document, so that a list of thirty companies is one alert. While the archive does not reach back as
far as the condition looks (see `known`), every name would be new: nothing is raised then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import combinations, product

from .evaluating import Evaluator, alert, too_old
from .leads import ENOUGH, Leads, up_to
from .records import Alert, Fact, Subscription
from .wording import length, listed

EDGE = timedelta(weeks=1)
"""What is monitored is compared over a week: its days differ."""

Name = tuple[str, ...]
"""One name, or a pair."""


class Novelty(Evaluator):
    """An alert for each document with something new in it; key: what is new, and the document's id."""

    def __init__(
        self, subscription: Subscription, leads: Leads, names: Callable[[Fact], Iterable[Name]]
    ) -> None:
        super().__init__(subscription, leads)
        self._names = names
        self._seen: dict[Name, datetime] = {}

    def add(self, fact: Fact) -> list[Alert]:
        """See Evaluator."""
        begin = fact.moment - self.condition.window
        names = sorted(self._names(fact))
        new = [name for name in names if name not in self._seen or self._seen[name] <= begin]
        self._seen.update(dict.fromkeys(names, fact.moment))
        if not new or too_old(self.subscription, fact):
            return []
        self.asked.append(fact.moment)
        if not known(self.leads, fact.moment, self.condition.window):
            self.unknown.append(fact.moment)
            return []
        return [self._alert(fact, new)]

    def _alert(self, fact: Fact, new: Sequence[Name]) -> Alert:
        sentence = f"First time in {length(self.condition.window)} in a matching article: {_said(new)}."
        numbers = {"days": self.condition.window.total_seconds() / 86400}
        numbers |= dict.fromkeys(map(" + ".join, new), 0.0)
        key = f"{', '.join(map(' + '.join, new))} @ {fact.id}"
        return alert(self.subscription, key, fact.moment, sentence, [fact], numbers)

    def moved(self, told: Alert, new: Alert) -> bool:
        """Nothing that was not told of then."""
        return new.numbers.keys() <= told.numbers.keys() and abs(told.when - new.when) < self.condition.window


def _said(new: Sequence[Name]) -> str:
    """`organisation:megvii with watchlist:detention and watchlist:vendors`, each first name once."""
    seconds: dict[str, list[str]] = {}
    for first, *rest in new:
        seconds.setdefault(first, []).extend(rest)
    if all(seconds.values()):
        pairs = [f"{first} with {listed(rest)}" for first, rest in seconds.items()]
        return listed(pairs, between="; ", last="; ")
    return listed(list(seconds))


def known(leads: Leads, moment: datetime, window: timedelta) -> bool:
    """Say whether the archive reaches back over the window: what was monitored before it is about as now."""
    now, then = up_to(leads, moment, EDGE), up_to(leads, moment - window, EDGE)
    return then > 0 and then >= ENOUGH * now


def of_facets(facets: Sequence[str]) -> Callable[[Fact], Iterable[Name]]:
    """Names of these facets, one by one."""
    starts = tuple(f"{facet}:" for facet in facets)
    return lambda fact: ((name,) for name in fact.names if name.startswith(starts))


def pairs(facets: Sequence[str]) -> Callable[[Fact], Iterable[Name]]:
    """Names of the first facet with those of the second; of one facet alone, any two."""
    first, second = facets[0], facets[-1]

    def of(fact: Fact) -> Iterable[Name]:
        left, right = ([name for name in fact.names if name.startswith(f"{one}:")] for one in (first, second))
        return combinations(left, 2) if first == second else product(left, right)

    return of
