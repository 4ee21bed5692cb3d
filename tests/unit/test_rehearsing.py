"""What a subscription would have been sent, from what the archive knows of how it came to be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alerts import a_subscription
from builders import NOON, at
from embedded_runs import world_items

from streams.alerting.backtesting import run_backtest
from streams.alerting.rehearsing import rehearse
from streams.core.alerts.backtest import Sent
from streams.core.alerts.conditions import with_defaults
from streams.core.alerts.records import Rhythm, Subscription
from streams.embedded import Instance, reading
from streams.retention import Cutoffs
from streams.seeds_files import vocabulary

SINCE, UNTIL = at(-72), at(72)
WORLD = [json.dumps(item).encode() for item in world_items()]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with Instance(tmp_path / "biowire.db", vocabulary({})) as instance:
        yield instance


def take(instance: Instance, hours: float, *items: dict[str, Any]) -> None:
    """Items that come in so long after noon."""
    instance.ingest([json.dumps(item).encode() for item in items], at(hours), lambda: None)


def an_item(number: int, hours: float, title: str, **fields: Any) -> dict[str, Any]:
    """An item of an invented outlet, published so long after noon."""
    return {
        "feed_url": "https://ledger.example/feed",
        "title": title,
        "link": f"https://ledger.example/{number}",
        "published": at(hours).isoformat(),
        "summary_html": "<p>A few words of no weight.</p>",
    } | fields


def sent(instance: Instance, subscription: Subscription) -> tuple[Sent, ...] | None:
    index = instance.index
    return rehearse(subscription, index, index.several, instance.arrivals, SINCE, UNTIL)


def test_a_silence_that_a_late_article_moved_was_sent_as_it_was_known_then(instance: Instance) -> None:
    take(instance, -48, an_item(1, -48, "Zebra crossing painted"))
    take(instance, 0, an_item(2, 0, "Rain in the hills"))
    take(instance, 1, an_item(3, -40, "Zebra seen at the river"))
    silence = with_defaults("silence", window=timedelta(hours=36))
    subscription = a_subscription("tried", "zebra", condition=silence)
    found = sent(instance, subscription)
    assert found is not None
    assert [(one.alert.when, one.withdrawn) for one in found] == [(at(-12), True)]
    stands = run_backtest(instance.index, subscription, SINCE, UNTIL).alerts
    assert [one.when for one in stands] == [at(-4)]


def test_what_an_article_said_at_first_was_sent_though_the_words_are_others_now(instance: Instance) -> None:
    take(instance, 0, an_item(1, -1, "Zebra crossing painted"))
    take(instance, 2, an_item(1, -1, "Crossing painted", updated=at(1).isoformat()))
    found = sent(instance, a_subscription("tried", "zebra"))
    assert found is not None
    assert [(one.alert.shown[0].title, one.withdrawn) for one in found] == [("Zebra crossing painted", True)]
    assert run_backtest(instance.index, a_subscription("tried", "zebra"), SINCE, UNTIL).alerts == ()


def test_what_does_not_hold_any_more_when_a_digest_is_made_up_is_not_sent(instance: Instance) -> None:
    take(
        instance,
        0,
        an_item(1, -1, "Zebra crossing painted"),
        an_item(2, -1, "Zebra herd counted in the park"),
    )
    take(instance, 2, an_item(1, -1, "Crossing painted", updated=at(1).isoformat()))
    found = sent(instance, a_subscription("tried", "zebra", rhythm=Rhythm(every="daily")))
    assert found is not None
    assert [one.alert.shown[0].title for one in found] == ["Zebra herd counted in the park"]


def test_an_archive_that_does_not_know_how_it_came_to_be_says_so(instance: Instance) -> None:
    take(instance, 0, an_item(1, -1, "Zebra crossing painted"))
    instance.database.connection.execute("DELETE FROM arrivals")
    assert sent(instance, a_subscription("tried", "zebra")) is None


def test_the_last_that_is_known_of_each_document_is_how_it_stands(instance: Instance) -> None:
    for begin in range(0, len(WORLD), 50):
        instance.ingest(WORLD[begin : begin + 50], NOON + begin * timedelta(minutes=1), lambda: None)
    history = instance.arrivals.history()
    last = {one.id: one for step in history.steps for one in step.arrivals}
    assert [step.at for step in history.steps] == sorted(step.at for step in history.steps)
    assert len(history.steps) == -(-len(WORLD) // 50)
    for document in instance.index.scan():
        one = last.pop(document.id)
        copy = document.dedup.outcome == "near_duplicate"
        assert (one.when, one.first_seen, one.gone) == (document.when, document.first_seen, False)
        assert (one.story_id, one.role, one.copy) == (document.story_id, document.story.role, copy)
    assert all(one.gone for one in last.values())


def test_retention_forgets_what_was_known_of_old_articles_and_their_former_words(instance: Instance) -> None:
    take(instance, 0, an_item(1, -60, "Zebra crossing painted"), an_item(2, -30, "Zebra herd counted"))
    changed = (
        an_item(1, -60, "Crossing", updated=at(1).isoformat()),
        an_item(2, -30, "Herd", updated=at(1).isoformat()),
    )
    take(instance, 2, *changed)
    assert len(instance.arrivals.history().before) == 2
    instance.forget(Cutoffs(documents=at(-50), texts=at(-20)))
    history = instance.arrivals.history()
    assert history.before == {}
    assert {one.id for step in history.steps for one in step.arrivals} == {
        one.id for one in instance.index.scan()
    }
    assert sent(instance, a_subscription("tried", "herd")) is not None


def test_a_reader_of_the_store_is_told_too(instance: Instance) -> None:
    take(instance, 0, an_item(1, -1, "Zebra crossing painted"))
    with reading(instance.database.path) as ports:
        found = rehearse(
            a_subscription("tried", "zebra"), ports.index, ports.index.several, ports.arrivals, SINCE, UNTIL
        )
    assert found is not None
    assert len(found) == 1
