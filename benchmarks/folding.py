"""Keeping the alerts of one subscription up to date, fact by fact, as they come and with some of them late.

The peer folds all facts again whenever one comes, which is right as well, and what is simplest.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from streams.core.alerts.conditions import with_defaults
from streams.core.alerts.folding import Folding, fold
from streams.core.alerts.leads import LeadTimes
from streams.core.alerts.records import KINDS, Fact, Kind, Matched, Subscription

START = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 60
LATE = 0.05
"""Share of facts that come up to a day late."""
HOUR = timedelta(hours=1)


def run(quick: bool) -> dict[str, Any]:
    """Microseconds of CPU a fact, and how many times as long folding again takes."""
    facts = _facts(2_000 if quick else 10_000)
    leads = LeadTimes(START + HOUR * hour / 40 for hour in range(-100 * 24 * 40, DAYS * 24 * 40))
    return {"facts": len(facts), **{kind: _measured(kind, facts, leads) for kind in KINDS}}


def _measured(kind: Kind, facts: list[Fact], leads: LeadTimes) -> dict[str, float]:
    subscription = Subscription(
        id="s", name="s", query="face", condition=with_defaults(kind), changed_at=START
    )
    chance = random.Random(1)
    late = sorted(
        facts, key=lambda fact: fact.when + (chance.random() < LATE) * chance.choice([1, 6, 24]) * HOUR
    )
    in_order = _cpu(lambda: _live(subscription, facts, leads)) / len(facts)
    some_late = _cpu(lambda: _live(subscription, late, leads)) / len(facts)
    again = _cpu(lambda: fold(subscription, facts, leads)) / 2  # half of them are there on average
    return {
        "us_in_order": round(in_order * 1e6, 1),
        "us_5_percent_late": round(some_late * 1e6, 1),
        "times_faster_than_folding_again": round(again / some_late),
    }


def _live(subscription: Subscription, facts: list[Fact], leads: LeadTimes) -> None:
    known: dict[str, Fact] = {}
    folding = Folding(subscription, leads, known.values, START)
    for fact in facts:
        known[fact.id] = fact
        folding.take((), (fact,), fact.when)


def _facts(count: int) -> list[Fact]:
    chance = random.Random(1)
    names = [f"organisation:o{n}" for n in range(300)] + [f"watchlist:w{n}" for n in range(6)]
    names += [f"term:t{n}" for n in range(500)]
    first = Fact(
        id="",
        when=START,
        first_seen=START,
        story_id="",
        title="Face scans at the gate",
        url="https://daily.example/a",
        source="Daily Example",
        host="daily.example",
        language="en",
        role="report",
        copy=False,
        story_size=1,
        names=(),
        matched=(Matched(subscription="s", version=1, clauses=("face",), quotes=()),),
    )
    moments = [START + DAYS * 24 * HOUR * number / count for number in range(count)]
    return [
        replace(
            first,
            id=f"{number:06}",
            when=moment,
            first_seen=moment + HOUR / 4,
            story_id=f"s{number // 2 if chance.random() < 0.6 else number}",
            host=f"h{chance.randrange(30)}.example",
            names=tuple(sorted(chance.sample(names, 5))),
        )
        for number, moment in enumerate(moments)
    ]


def _cpu(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin
