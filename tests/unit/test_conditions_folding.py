"""Which alerts stand, and what they say, is a function of the set of facts, in whatever order they come and go."""

import random

import pytest
from alert_facts import HOUR, START, a_fact, a_subscription
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from streams.core.alerts.folding import Folding, fold
from streams.core.alerts.leads import LeadTimes
from streams.core.alerts.records import KINDS

NUMBERS = {
    "each": {},
    "story": {},
    "threshold": {"count": 2, "window": 6 * HOUR, "sources": 2, "cooldown": 4 * HOUR},
    "spike": {"count": 2, "window": 6 * HOUR, "sources": 1, "cooldown": HOUR, "factor": 1.2},
    "silence": {"window": 4 * HOUR},
    "new-term": {"window": 12 * HOUR},
    "new-entity": {"window": 12 * HOUR, "facets": ("organisation",)},
    "new-pairing": {"window": 12 * HOUR, "facets": ("organisation", "watchlist")},
}
NAMES = ("organisation:a", "organisation:b", "term:t", "term:u", "watchlist:w", "watchlist:x")

versions = st.builds(
    dict,
    hours=st.integers(0, 160).map(lambda quarters: quarters / 4),
    story=st.sampled_from(["s1", "s2", "s3", "s4", "s5"]),
    host=st.sampled_from(["one.example", "two.example", "three.example"]),
    role=st.sampled_from(["lead", "report", "press-release"]),
    names=st.sets(st.sampled_from(NAMES)).map(lambda names: tuple(sorted(names))),
)
ids = st.sampled_from([f"d{number}" for number in range(12)])
steps = st.lists(
    st.tuples(
        st.lists(st.tuples(ids, st.one_of(st.none(), versions)), max_size=4),  # None: the document is gone
        st.lists(st.integers(-300, 40), max_size=3),  # leads that come
        st.integers(0, 60),
    ),
    max_size=12,
)


LEADS = [START + hours * HOUR for hours in range(-24, 20, 2)]
"""What is there before the first step: enough to say what is usual, for most."""


class Live:
    """Facts that come in steps, and what a stage makes of the answers."""

    def __init__(self, subscription):
        self.subscription, self.leads, self.facts = subscription, LeadTimes(LEADS), {}
        self.horizon = START
        self.folding = Folding(subscription, self.leads, self.facts.values, START)
        self.standing = {}

    def step(self, changes, leads, hours):
        before = {id_: self.facts[id_] for id_, _ in changes if id_ in self.facts}
        for id_, version in changes:
            if version is None:
                self.facts.pop(id_, None)
            else:
                self.facts[id_] = a_fact(id_, **version)
        after = [self.facts[id_] for id_ in {id_ for id_, _ in changes} if id_ in self.facts]
        moments = [START + lead * HOUR for lead in leads]
        for moment in moments:
            self.leads.add(moment)
        self.horizon = max(self.horizon, START + hours * HOUR)
        changed = self.folding.take(before.values(), after, self.horizon, min(moments, default=None))
        new = {alert.id: alert for alert in changed.new}
        revised = {alert.id: alert for alert in changed.revised}
        assert not new.keys() & self.standing.keys()
        assert set(changed.gone) | revised.keys() <= self.standing.keys()
        assert changed.moved.keys() <= new.keys()
        kept = {id_: alert for id_, alert in self.standing.items() if id_ not in changed.gone}
        self.standing = kept | revised | new


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps, every=st.integers(1, 5), marks=st.integers(1, 3))
def test_live_steps_end_with_what_one_fold_finds(kind, steps, every, marks):
    subscription = a_subscription(kind, changed_at=START, **NUMBERS[kind])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.core.alerts.folding.EVERY", every)
        patch.setattr("streams.core.alerts.folding.MARKS", marks)
        live = Live(subscription)
        for step in steps:
            live.step(*step)
    whole = fold(subscription, live.facts.values(), live.leads, live.horizon)
    event(f"{kind}: {len(whole)} alerts")
    assert live.standing == {alert.id: alert for alert in whole}
    assert len(whole) == len(live.standing)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_at_every_step_of_a_long_run_what_stands_is_what_one_fold_finds(kind, seed, monkeypatch):
    monkeypatch.setattr("streams.core.alerts.folding.EVERY", 7)
    monkeypatch.setattr("streams.core.alerts.folding.MARKS", 4)
    chance = random.Random(seed)
    live = Live(a_subscription(kind, changed_at=START, **NUMBERS[kind]))
    raised = 0
    for step in range(60):
        at = 2 * step
        come = [
            (f"d{step}-{number}", _version(chance, at)) for number in range(chance.choice([0, 0, 1, 4, 8]))
        ]
        known = sorted(live.facts)
        again = chance.sample(known, min(len(known), chance.randrange(3)))
        changed = [(id_, None if chance.random() < 0.3 else _version(chance, at)) for id_ in again]
        live.step(
            [*come, *changed], [step + chance.randrange(-9, 1) for _ in range(chance.randrange(3))], step
        )
        whole = fold(live.subscription, live.facts.values(), live.leads, live.horizon)
        assert live.standing == {alert.id: alert for alert in whole}
        raised = max(raised, len(whole))
    assert raised >= 3


def _version(chance, at):
    return {
        "hours": at - chance.choice([0, 0, 0, 1, 2, 5, 30]) + chance.random(),
        "story": f"s{chance.randrange(at + 3)}",
        "host": chance.choice(["one.example", "two.example", "three.example"]),
        "role": chance.choice(["lead", "report", "press-release"]),
        "names": tuple(sorted(chance.sample(NAMES, chance.randrange(3)))),
    }
