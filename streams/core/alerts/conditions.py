"""Which evaluator each kind of condition has, and how far back it looks. Pure.

each, story    every matching article; the first of each story         each.py
threshold      so many stories within so much time                     threshold.py
spike          many more than usual, by number and by share            spike.py
silence        none for so long                                        silence.py
new-term, new-entity, new-pairing   a name or pair not seen for long   novelty.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .condition_defaults import default_condition
from .each import Each, NewStory
from .evaluating import Evaluator
from .leads import Leads
from .novelty import EDGE, Novelty, of_facets, pairs
from .records import Condition, Kind, Subscription
from .silence import PERIODS, Silence
from .spike import Spike, reach
from .threshold import Threshold

_EVALUATORS: Mapping[Kind, Callable[[Subscription, Leads], Evaluator]] = {
    "each": Each,
    "story": NewStory,
    "threshold": Threshold,
    "spike": Spike,
    "silence": Silence,
    "new-term": lambda subscription, leads: Novelty(subscription, leads, of_facets(("term",))),
    "new-entity": lambda subscription, leads: Novelty(subscription, leads, of_facets(facets(subscription))),
    "new-pairing": lambda subscription, leads: Novelty(subscription, leads, pairs(facets(subscription))),
}


def evaluator(subscription: Subscription, leads: Leads) -> Evaluator:
    """An evaluator of the subscription's condition that has seen nothing yet."""
    return _EVALUATORS[subscription.condition.kind](subscription, leads)


def with_defaults(kind: Kind, **given: Any) -> Condition:
    """The condition of this kind; numbers not given are the usual ones (see condition_defaults)."""
    return replace(default_condition(kind), **given)


def facets(subscription: Subscription) -> tuple[str, ...]:
    """Of what a name has to be to count as new."""
    condition = subscription.condition
    return condition.facets or default_condition(condition.kind).facets


def history_start(condition: Condition, since: datetime) -> datetime:
    """From when on facts are needed to decide what is true from `since` on."""
    looks_back = _LOOKS_BACK.get(condition.kind)
    return since - looks_back(condition) if looks_back else since


def leads_start(condition: Condition, since: datetime) -> datetime | None:
    """From when on leads are needed; None when the condition does not go by them."""
    if condition.kind in {"each", "story", "threshold"}:
        return None
    start = history_start(condition, since)
    if condition.kind == "silence":
        return start - condition.window * PERIODS
    return start if condition.kind == "spike" else start - EDGE


_LOOKS_BACK: Mapping[Kind, Callable[[Condition], timedelta]] = {
    "threshold": lambda condition: condition.window + condition.cooldown,
    "spike": lambda condition: reach(condition) + condition.cooldown,
    "silence": lambda condition: condition.window,
    "new-term": lambda condition: condition.window,
    "new-entity": lambda condition: condition.window,
    "new-pairing": lambda condition: condition.window,
}
"""A cooldown counts from the alert before; one such time is enough to know whether it still runs."""
