"""Every store of subscriptions keeps the same promises."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.broker import broker_of
from connectors.errors import UserError
from streams import topics
from streams.core.alerts.condition_defaults import default_condition
from streams.core.alerts.editing import asked
from streams.core.alerts.records import Subscription
from streams.core.query import QuerySyntaxError
from streams.kafka_admin import administering
from streams.provision.topics import wanted
from streams.subscriptions.files import FileSubscriptions
from streams.subscriptions.kafka import KafkaSubscriptions
from streams.subscriptions.memory import MemorySubscriptions

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BORDER = Subscription(id="border", name="Borders", query='"face recognition" border')
IRIS = Subscription(id="iris", name="人脸识别", query="iris", condition=default_condition("spike"))


@pytest.fixture(params=["memory", "files", pytest.param("kafka", marks=pytest.mark.servers)])
def store(request, tmp_path):
    if request.param == "kafka":
        yield from _in_kafka(request.getfixturevalue("kafka"), request.getfixturevalue("prefix"))
    else:
        memory = request.param == "memory"
        yield MemorySubscriptions() if memory else FileSubscriptions(tmp_path / "kept")


def _in_kafka(server, prefix):
    broker = broker_of({"broker": server.url, "topic_prefix": f"{prefix}."})
    topic = next(one for one in wanted(broker, []) if one.name == topics.subscriptions(broker))
    with administering(broker) as admin:
        admin.create_topics({topic.name: {"num_partitions": 1, "replication_factor": 1}})
        admin.wait_for_topics([topic.name])
        with contextlib.closing(KafkaSubscriptions(broker)) as store:
            yield store
        admin.delete_topics([topic.name])


def test_a_store_is_empty_at_first(store):
    assert list(store.all()) == []
    assert list(store.problems()) == []
    assert store.get("border") is None
    assert list(store.history("border")) == []


def test_what_is_saved_is_found_by_id_and_by_name(store):
    kept = store.save(BORDER, "anna", NOW)
    assert kept == replace(BORDER, version=1, changed_at=NOW, changed_by="anna")
    assert store.get("border") == store.get("Borders") == kept
    assert store.get("borders") is None


def test_all_come_by_id(store):
    store.save(IRIS, "anna", NOW)
    store.save(BORDER, "anna", NOW)
    assert [one.id for one in store.all()] == ["border", "iris"]


def test_a_change_makes_a_version_that_the_history_keeps_with_words(store):
    first = store.save(BORDER, "anna", NOW)
    second = store.save(
        replace(first, query="iris", to=("mailto:a@b.example",)), "ben", NOW + timedelta(days=1)
    )
    assert (second.version, second.changed_by) == (2, "ben")
    assert store.history("border") == [
        (first, 'made: "face recognition" border'),
        (second, 'query "face recognition" border becomes iris; also to mailto:a@b.example'),
    ]


def test_saving_what_is_there_makes_no_version(store):
    first = store.save(BORDER, "anna", NOW)
    before = store.stamp()
    assert store.save(replace(BORDER, version=7), "ben", NOW + timedelta(days=1)) == first
    assert store.stamp() == before
    assert len(store.history("border")) == 1


def test_an_edit_of_an_older_version_is_refused_and_loses_nobodys_work(store):
    first = store.save(BORDER, "anna", NOW)
    second = store.save(replace(first, paused=True), "ben", NOW)
    with pytest.raises(
        UserError, match="border was changed meanwhile by ben: look at version 2 and try again"
    ):
        store.save(replace(first, query="iris"), "anna", NOW)
    assert store.get("border") == second
    third = store.save(replace(second, query="iris"), "anna", NOW)
    assert (third.version, third.paused, third.query) == (3, True, "iris")
    assert store.save(BORDER, "carl", NOW).version == 4


def test_the_stamp_changes_with_every_change(store):
    stamps = [store.stamp()]
    first = store.save(BORDER, "anna", NOW)
    stamps.append(store.stamp())
    store.save(replace(first, paused=True), "anna", NOW)
    stamps.append(store.stamp())
    store.save(IRIS, "anna", NOW)
    stamps.append(store.stamp())
    store.remove("border", "anna", NOW)
    stamps.append(store.stamp())
    assert len({repr(one) for one in stamps}) == 5


def test_removing_keeps_the_history_and_versions_go_on_when_it_is_made_again(store):
    store.save(BORDER, "anna", NOW)
    assert store.remove("border", "ben", NOW) is True
    assert store.remove("border", "ben", NOW) is False
    assert store.get("border") is None
    assert list(store.all()) == []
    again = store.save(BORDER, "carl", NOW)
    assert again.version == 3
    told = [(one.version, one.changed_by, what) for one, what in store.history("border")]
    assert told == [
        (1, "anna", 'made: "face recognition" border'),
        (2, "ben", "removed"),
        (3, "carl", 'made: "face recognition" border'),
    ]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (replace(BORDER, query='"never closed'), QuerySyntaxError),
        (replace(BORDER, id="../border"), UserError),
        (replace(BORDER, name=""), UserError),
    ],
    ids=["query", "id", "name"],
)
def test_what_cannot_be_followed_is_not_kept(store, wrong, error):
    first = store.save(BORDER, "anna", NOW)
    with pytest.raises(error):
        store.save(wrong, "anna", NOW)
    assert list(store.all()) == [first]
    assert len(store.history("border")) == 1


def test_everything_a_subscription_says_comes_back(store):
    full = replace(
        IRIS,
        to=("mailto:a@b.example", "slack://a/b/c"),
        muted=True,
        snoozed_until=NOW + timedelta(hours=5, seconds=3),
        max_age=timedelta(days=7),
    )
    kept = store.save(full, "anna", NOW)
    assert asked(kept) == full
    assert store.get("iris") == kept
