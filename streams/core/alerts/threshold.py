"""Condition `threshold`: so many stories within so much time, from enough independent sources. Pure."""

from __future__ import annotations

from datetime import datetime

from .evaluating import Evaluator, alert, place_key, too_old
from .leads import Leads
from .records import Alert, Fact, Subscription
from .sliding import Sliding
from .wording import length, some


class Threshold(Evaluator):
    """An alert at the fact that makes it true; key: that fact's place."""

    def __init__(self, subscription: Subscription, leads: Leads) -> None:
        super().__init__(subscription, leads)
        self.window = Sliding(self.condition.window)
        self.last: datetime | None = None
        """When the last alert was raised."""

    def add(self, fact: Fact) -> list[Alert]:
        """See Evaluator."""
        self.window.add(fact)
        if not self.reached or self.resting(fact.moment) or too_old(self.subscription, fact):
            return []
        self.last = fact.moment
        return [self.raised(fact, f"{self.counted}.", {})]

    @property
    def reached(self) -> bool:
        """Say whether there are stories and sources enough in the window."""
        condition = self.condition
        return self.window.stories >= condition.count and self.window.sources >= condition.sources

    def resting(self, moment: datetime) -> bool:
        """Say whether the last alert is too close."""
        return self.last is not None and moment - self.last < self.condition.cooldown

    @property
    def counted(self) -> str:
        """What is in the window, in words."""
        stories = some(self.window.stories, "story", "stories")
        sources = some(self.window.sources, "independent source", "independent sources")
        return f"{stories} from {sources} in {length(self.condition.window)}"

    def raised(self, fact: Fact, sentence: str, numbers: dict[str, float]) -> Alert:
        """The alert on what is in the window."""
        counted = {
            "stories": self.window.stories,
            "sources": self.window.sources,
            "hours": self.condition.window.total_seconds() / 3600,
        }
        return alert(
            self.subscription, place_key(fact), fact.moment, sentence, self.window.facts, counted | numbers
        )

    def moved(self, told: Alert, new: Alert) -> bool:
        """The same stories, counted from another moment on: closer than two alerts ever are."""
        return abs(told.when - new.when) < (self.condition.cooldown or self.condition.window)
