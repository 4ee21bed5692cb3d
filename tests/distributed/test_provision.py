"""`biowire provision` on a real broker: says what it would change, changes it, and then finds nothing to do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from embedded_runs import environment, finished
from kafka.admin import ConfigResource
from servers import Kafka

from connectors.broker import Broker, broker_of
from streams import topics
from streams.control import Control, read, write
from streams.kafka_admin import administering
from streams.provision.broker import apply, plan, provision

pytestmark = pytest.mark.servers


@pytest.fixture
def broker(kafka: Kafka, prefix: str) -> Iterator[Broker]:
    broker = broker_of({"broker": kafka.url, "topic_prefix": f"{prefix}.", "topic_partitions": 3})
    assert broker is not None
    yield broker
    with administering(broker) as admin:
        if left := [name for name in admin.list_topics() if name.startswith(broker.prefix)]:
            admin.delete_topics(left)


def run(broker: Broker, *arguments: str, **settings: str) -> subprocess.CompletedProcess[bytes]:
    chosen = {
        "BIOWIRE_TOPIC_PREFIX": broker.prefix,
        "BIOWIRE_TOPIC_PARTITIONS": "3",
        **{f"BIOWIRE_{name.upper()}": value for name, value in settings.items()},
    }
    return finished(["provision", "--broker", broker.url, *arguments], environment(**chosen), within=60)


def report(broker: Broker, *arguments: str, code: int = 0, **settings: str) -> Any:
    done = run(broker, *arguments, "--json", **settings)
    assert done.returncode == code, done.stderr.decode()
    return json.loads(done.stdout)


def setting(broker: Broker, topic: str, name: str) -> str:
    with administering(broker) as admin:
        found = admin.describe_configs([ConfigResource("topic", topic)], config_filter="all")
        return str(found["topic"][topic][name]["value"])


def alter(broker: Broker, topic: str, **settings: str) -> None:
    with administering(broker) as admin:
        named = {name.replace("_", "."): value for name, value in settings.items()}
        admin.alter_configs([ConfigResource("topic", topic, named)])


def test_the_first_run_makes_everything_and_the_second_finds_nothing_to_do(broker: Broker) -> None:
    assert report(broker, "--check", code=1)["applied"] is False
    first = report(broker, "--yes")
    assert first["applied"] is True
    assert {one["kind"] for one in first["changes"]} == {"create"}
    assert report(broker, "--check") == {"changes": [], "applied": False}
    assert report(broker) == {"changes": [], "applied": False}
    with administering(broker) as admin:
        counts = {
            one["name"].removeprefix(broker.prefix): len(one["partitions"])
            for one in admin.describe_topics()
            if one["name"].startswith(broker.prefix)
        }
    assert counts == {
        "articles.raw": 3,
        "articles.flagged.g1": 3,
        "articles.grouped.g1": 3,
        "alerts.facts.g1": 1,
        "alerts.state.g1": 1,
        "alerts": 1,
        "alerts.deliveries": 1,
        "subscriptions": 1,
        "feeds": 3,
        "feeds.state": 3,
        "control": 1,
        **{f"deadletters.{stage}": 1 for stage in topics.STAGES},
    }
    control = read(broker)
    assert control is not None
    assert (control.live, control.building) == (1, None)
    assert len(control.vocabulary) > 4


def test_without_a_terminal_and_a_yes_nothing_is_changed(broker: Broker) -> None:
    done = run(broker)
    assert done.returncode == 2
    assert b"run the same command with --yes" in done.stderr
    assert b"articles.raw" in done.stdout
    with administering(broker) as admin:
        assert not [name for name in admin.list_topics() if name.startswith(broker.prefix)]


def test_a_setting_that_somebody_changed_is_shown_and_put_back(broker: Broker) -> None:
    report(broker, "--yes")
    alter(broker, topics.raw(broker), retention_ms="1000", cleanup_policy="compact")
    alter(broker, topics.control(broker), segment_ms="12345")
    shown = run(broker, "--check")
    assert shown.returncode == 1
    assert b"retention.ms 1000 -> -1" in shown.stdout
    assert report(broker, "--yes")["applied"] is True
    assert setting(broker, topics.raw(broker), "retention.ms") == "-1"
    assert setting(broker, topics.raw(broker), "cleanup.policy") == "delete"
    assert setting(broker, topics.control(broker), "segment.ms") == "12345"  # not one of ours: left alone
    assert report(broker, "--check")["changes"] == []


def test_raw_items_are_kept_as_long_as_the_setting_says(broker: Broker) -> None:
    report(broker, "--yes")
    report(broker, "--yes", topic_retention="30d")
    assert setting(broker, topics.raw(broker), "retention.ms") == str(30 * 24 * 60 * 60 * 1000)
    wrong = run(broker, "--check", topic_retention="soon")
    assert wrong.returncode == 2
    assert b"topic_retention" in wrong.stderr


def test_another_number_of_partitions_is_refused_and_nothing_is_changed(broker: Broker) -> None:
    report(broker, "--yes")
    alter(broker, topics.raw(broker), retention_ms="1000")
    done = run(broker, "--yes", topic_partitions="5")
    assert done.returncode == 2
    assert b"has 3 partitions where 5 belong" in done.stderr
    assert b"set topic_partitions to it" in done.stderr
    assert setting(broker, topics.raw(broker), "retention.ms") == "1000"
    assert report(broker, "--check", code=1, topic_partitions="5")["applied"] is False


def test_more_copies_than_brokers_are_refused(broker: Broker) -> None:
    done = run(broker, "--yes", topic_replication="3")
    assert done.returncode == 2
    assert b"cannot have 3 copies on 1 broker" in done.stderr


def test_topics_of_others_under_the_prefix_are_named_and_left_alone(broker: Broker) -> None:
    report(broker, "--yes")
    with administering(broker) as admin:
        admin.create_topics({f"{broker.prefix}theirs": {"num_partitions": 1, "replication_factor": 1}})
    found = report(broker, "--check")
    assert [(one["kind"], one["name"]) for one in found["changes"]] == [("foreign", f"{broker.prefix}theirs")]


def test_the_generation_that_is_being_built_has_topics_of_its_own(broker: Broker) -> None:
    report(broker, "--yes")
    write(broker, Control(live=1, vocabulary="v", building=2))
    assert {one["name"] for one in report(broker, "--yes")["changes"]} == {
        topics.flagged(broker, 2),
        topics.grouped(broker, 2),
        topics.facts(broker, 2),
        topics.alert_state(broker, 2),
    }
    write(broker, Control(live=2, vocabulary="v"))
    old = {"articles.flagged.g1", "articles.grouped.g1", "alerts.facts.g1", "alerts.state.g1"}
    found = report(broker, "--check")["changes"]
    assert {one["kind"] for one in found} == {"foreign"}
    assert {one["name"].removeprefix(broker.prefix) for one in found} == old
    assert [one for one in provision(broker, 3) if one.kind == "create"]
    assert not [one for one in plan(broker, [3]) if one.kind != "foreign"]


def test_two_that_provision_at_once_end_in_the_same(broker: Broker) -> None:
    changes = plan(broker, [1])
    apply(broker, changes)
    apply(broker, changes)
    assert plan(broker, [1]) == []


def test_the_control_record_is_the_last_one_written(broker: Broker) -> None:
    apply(broker, plan(broker, [1]))
    assert read(broker) is None
    for number in range(1, 6):
        write(broker, Control(live=number, vocabulary=f"v{number}", building=None))
    assert read(broker) == Control(live=5, vocabulary="v5")


def test_a_dead_letter_has_room_for_the_largest_message(broker: Broker) -> None:
    apply(broker, plan(broker, [1]))
    assert setting(broker, topics.raw(broker), "max.message.bytes") == str(16 * 1024 * 1024)
    for stage in topics.STAGES:
        assert (
            int(setting(broker, topics.dead_letters(broker, stage), "max.message.bytes")) > 16 * 1024 * 1024
        )
