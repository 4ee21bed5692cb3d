"""Conditions `each` and `story`: every matching article, or the first of every story that has one. Pure."""

from __future__ import annotations

from .evaluating import Evaluator, alert, too_old
from .leads import Leads
from .records import Alert, Fact, Subscription


class Each(Evaluator):
    """An alert for each document; key: its id."""

    def add(self, fact: Fact) -> list[Alert]:
        """See Evaluator."""
        if too_old(self.subscription, fact):
            return []
        sentence = f"New article from {fact.source or fact.host}."
        return [alert(self.subscription, fact.id, fact.moment, sentence, [fact], {})]


class NewStory(Evaluator):
    """An alert for each story, at its first matching document; key: the story's id.

    When a story turns out to be another one, because an article from before it came late, `folding` knows
    by its documents that it was told already.
    """

    def __init__(self, subscription: Subscription, leads: Leads) -> None:
        super().__init__(subscription, leads)
        self._told: set[str] = set()

    def add(self, fact: Fact) -> list[Alert]:
        """See Evaluator."""
        if fact.story_id in self._told or too_old(self.subscription, fact):
            return []
        self._told.add(fact.story_id)
        sentence = f"New story, first told by {fact.source or fact.host} among the articles that match."
        return [alert(self.subscription, fact.story_id, fact.moment, sentence, [fact], {})]
