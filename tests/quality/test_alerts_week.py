"""A backtest of the real weeks finds the alerts that live processing of the same items raised, and sent.

What was sent is what a receiver on loopback got. Items come late, feed after feed of a day, so some of it does
not stand in the end.
`BIOWIRE_FULL=1` takes both whole weeks and all topic feeds instead of 3,000 of their items.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from alert_weeks import BEGIN, Lived, captured, lived

from streams.alerting.backtesting import run_backtest
from streams.alerting.rehearsing import rehearse
from streams.alerts import Raised
from streams.core.alerts.conditions import with_defaults
from streams.core.alerts.records import Condition, Subscription
from streams.core.query_parse import parse

FULL = bool(os.environ.get("BIOWIRE_FULL"))
pytestmark = [pytest.mark.shared, pytest.mark.slow]

TOPIC = "topic_feeds.jsonl.gz"
WEEKS = ("full_stream_2023-W32.jsonl.gz", "full_stream_2023-W41.jsonl.gz")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

CONDITIONS = {
    "each": Condition(),
    "story": with_defaults("story"),
    "threshold": with_defaults("threshold"),
    "threshold-3": with_defaults("threshold", count=3, window=2 * DAY, sources=1, cooldown=6 * HOUR),
    "spike": with_defaults("spike"),
    "spike-loose": with_defaults(
        "spike", count=3, window=12 * HOUR, factor=1.5, sources=1, cooldown=6 * HOUR
    ),
    "silence": with_defaults("silence"),
    "silence-day": with_defaults("silence", window=DAY),
    "new-term": with_defaults("new-term", window=7 * DAY),
    "new-entity": with_defaults("new-entity", window=7 * DAY),
    "new-pairing": with_defaults("new-pairing", window=7 * DAY),
}
QUERIES = {
    "relevant": "relevance:main OR relevance:mention",
    "surveillance": "flag:surveillance",
    "face": '"facial recognition" OR "face recognition" OR face NEAR/3 scan*',
    "privacy": "privacy -source:techdirt",
    "police": "(police OR policing) (camera* OR data) -sport",
}


OFTEN = ("relevant", "surveillance")
"""Queries that bring out every kind of condition in a few items, too."""


def subscriptions() -> list[Subscription]:
    return [
        Subscription(
            id=f"{query}-{condition}", name=f"{query} {condition}", query=QUERIES[query], condition=own
        )
        for query in QUERIES
        for condition, own in CONDITIONS.items()
    ]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    items = captured(TOPIC, *WEEKS)
    if not FULL:
        topic = captured(TOPIC)
        items = sorted([*topic, *captured(WEEKS[0])[::13]], key=lambda row: row["capture_day"])[:3000]
    lived_through = lived(tmp_path_factory.mktemp("alerts"), subscriptions(), items, 500 if FULL else 60)
    yield lived_through
    lived_through.instance.close()


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_backtest_says_what_live_processing_sent(live: Lived, condition: str) -> None:
    counted: Counter[str] = Counter()
    for query in QUERIES if FULL else OFTEN:
        subscription = next(one for one in subscriptions() if one.id == f"{query}-{condition}")
        index = live.instance.index
        sent = rehearse(subscription, index, index.several, live.instance.arrivals, BEGIN, live.end)
        assert sent is not None
        ever = {one.alert.id: one for one in live.of(subscription.id)}
        assert {one.alert.id for one in sent} == live.sent.keys() & ever.keys()
        assert {one.alert.id for one in sent if one.withdrawn} == {
            id_ for id_ in live.sent.keys() & ever.keys() if ever[id_].withdrawn
        }
        counted += Counter(sent=len(sent), withdrawn=sum(one.withdrawn for one in sent))
    print(f"{condition}: {counted['sent']} sent, {counted['withdrawn']} of them do not stand")
    assert counted["sent"]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_backtest_finds_what_live_processing_raised(live: Lived, condition: str) -> None:
    raised = 0
    for query in QUERIES:
        id_ = f"{query}-{condition}"
        subscription = next(one for one in subscriptions() if one.id == id_)
        found = run_backtest(live.instance.index, subscription, BEGIN, live.end)
        ever = live.of(id_)
        standing = {one.alert.id: one.alert for one in ever if not one.withdrawn}
        assert {alert.id for alert in found.alerts} == standing.keys()
        raised += len(ever)
        told = [one for one in ever if not one.instead_of]
        print(f"{id_}: {len(found.alerts)} stand, {len(told)} told, {len(ever) - len(standing)} withdrawn")
    assert raised


def test_articles_came_late_enough_to_move_and_withdraw_alerts(live: Lived) -> None:
    moved = [one for one in live.raised if one.instead_of]
    withdrawn = [one for one in live.raised if one.withdrawn]
    print(
        f"of {len(live.raised)} alerts {len(withdrawn)} were withdrawn, {len(moved)} took the place of one told"
    )
    assert moved
    assert len(withdrawn) > len(moved) / 2


def test_what_stands_was_sent_once_by_itself_or_as_the_alert_whose_place_it_took(live: Lived) -> None:
    by_id = {one.alert.id: one for one in live.raised}
    assert live.sent.keys() <= by_id.keys()
    assert set(live.sent.values()) == {1}
    for one in live.raised:
        sent = [id_ for id_ in (one.alert.id, *_before(one, by_id)) if id_ in live.sent]
        assert len(sent) == 1 or (one.withdrawn and not sent)
    print(f"{len(live.sent)} alerts in messages")


def _before(one: Raised, by_id: Mapping[str, Raised]) -> Iterator[str]:
    """Alerts whose place it took, over however many steps."""
    while one.instead_of:
        yield one.instead_of
        one = by_id[one.instead_of]


@pytest.mark.parametrize("query", QUERIES)
def test_a_backtest_hits_what_a_search_finds(live: Lived, query: str) -> None:
    subscription = Subscription(id="tried", name="tried", query=QUERIES[query])
    found = run_backtest(live.instance.index, subscription, BEGIN, live.end)
    assert found.hits == live.instance.index.count(parse(QUERIES[query]), since=BEGIN, until=live.end)
    assert found.hits == sum(week.hits for week in found.per_week) > 20
    wider = replace(subscription, query=f"({QUERIES[query]}) OR title:biometric*")
    edited = run_backtest(live.instance.index, wider, BEGIN, live.end, previous=subscription)
    assert edited.edit is not None
    assert edited.edit.lost == 0
    assert edited.hits == found.hits + edited.edit.gained
