"""What every condition is: an evaluator that takes facts in canonical order and says what becomes true. Pure.

fact ─► add ──┐
              ├─► alerts, each once, with the documents and numbers it rests on
time ─► pass_to
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Self

from .ids import alert_id
from .leads import Leads
from .records import Alert, Fact, Shown, Subscription

MOST_SHOWN = 20


class Evaluator(ABC):
    """One condition of one subscription, on its way through the facts.

    What it remembers of them is in records, or in containers with a method `copy`.
    """

    def __init__(self, subscription: Subscription, leads: Leads) -> None:
        self.subscription = subscription
        self.condition = subscription.condition
        self.leads = leads
        self.asked: list[datetime] = []
        """Moments at which the leads were consulted, rising: a story opened before may change the answer."""
        self.unknown: list[datetime] = []
        """Moments at which it could not decide because what is usual is not known yet."""

    @abstractmethod
    def add(self, fact: Fact) -> list[Alert]:
        """Take the next fact in canonical order; what becomes true by it."""

    def pass_to(self, horizon: datetime) -> list[Alert]:  # noqa: ARG002 - to most of them time alone is nothing
        """Nothing more is expected from before `horizon`; what becomes true by that."""
        return []

    def moved(self, told: Alert, new: Alert) -> bool:  # noqa: ARG002
        """Say whether `new` tells of what `told`, which does not hold any more, has told of."""
        return False

    def copy(self) -> Self:
        """The same, to go another way from here."""
        other = copy.copy(self)
        for name, value in vars(self).items():
            if callable(getattr(value, "copy", None)):
                setattr(other, name, value.copy())
        return other


def too_old(subscription: Subscription, fact: Fact) -> bool:
    """Say whether a document came in longer after its publication than the subscription wants to hear of."""
    return subscription.max_age is not None and fact.first_seen - fact.when > subscription.max_age


def alert(
    subscription: Subscription,
    key: str,
    when: datetime,
    sentence: str,
    facts: Sequence[Fact],
    numbers: Mapping[str, float],
) -> Alert:
    """An alert on these facts."""
    return Alert(
        id=alert_id(subscription.id, subscription.condition.kind, key),
        subscription=subscription.id,
        version=subscription.version,
        kind=subscription.condition.kind,
        key=key,
        when=when,
        sentence=sentence,
        shown=tuple(shown(fact, subscription.id) for fact in chosen(facts)),
        count=len(facts),
        numbers=dict(numbers),
    )


def chosen(facts: Iterable[Fact], most: int = MOST_SHOWN) -> list[Fact]:
    """The newest first; where not all can be shown, the newest of every story before a second one of any."""
    newest = sorted(facts, key=lambda fact: fact.place, reverse=True)
    if len(newest) <= most:
        return newest
    of_story = {fact.story_id: fact.id for fact in reversed(newest)}
    newest_of_each_first = sorted(newest, key=lambda fact: of_story[fact.story_id] != fact.id)
    return sorted(newest_of_each_first[:most], key=lambda fact: fact.place, reverse=True)


def shown(fact: Fact, subscription: str) -> Shown:
    """A document as it stands, with why the subscription matches it."""
    matched = next((one for one in fact.matched if one.subscription == subscription), None)
    return Shown(
        id=fact.id,
        title=fact.title,
        url=fact.url,
        source=fact.source,
        language=fact.language,
        when=fact.when,
        story_id=fact.story_id,
        story_size=fact.story_size,
        clauses=matched.clauses if matched else (),
        quotes=matched.quotes if matched else (),
    )


def place_key(fact: Fact) -> str:
    """A fact's place as the key of what became true there."""
    return f"{fact.moment.isoformat()} {fact.id}"
