"""What provisioning would change, decided from what should be and what is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.broker import Broker
from connectors.errors import UserError
from streams.provision.plan import Change, Found, compare
from streams.provision.topics import Topic, insync, retention, wanted

BROKER = Broker(hosts=("k:1",), prefix="t.", partitions=4, replication=1)


def as_wanted(topic: Topic, *, replication: int | None = None) -> Found:
    copies = replication or topic.replication
    return Found(
        partitions=topic.partitions,
        replication=copies,
        settings={**topic.settings, **insync(copies), "segment.ms": "1"},
    )


def changes(topic: Topic, found: Found | None, brokers: int = 3) -> list[Change]:
    return compare([topic], {topic.name: found} if found else {}, BROKER.prefix, brokers)


RAW = wanted(BROKER, [1])[0]


def test_a_topic_as_it_should_be_needs_no_change() -> None:
    for topic in wanted(BROKER, [1, 2]):
        assert changes(topic, as_wanted(topic)) == []


@pytest.mark.parametrize(("copies", "least"), [(1, "1"), (2, "1"), (3, "2"), (5, "2")])
def test_a_write_counts_when_all_copies_but_one_may_be_away(copies: int, least: str) -> None:
    topic = replace(RAW, replication=copies)
    (made,) = changes(topic, None, brokers=5)
    assert (made.kind, made.settings["min.insync.replicas"]) == ("create", least)


def test_more_copies_than_asked_for_are_kept_with_what_they_promise() -> None:
    assert changes(RAW, as_wanted(RAW, replication=3)) == []
    weak = replace(as_wanted(RAW, replication=3), settings={**RAW.settings, "min.insync.replicas": "1"})
    (change,) = changes(RAW, weak)
    assert change.settings == {"min.insync.replicas": "2"}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (replace(as_wanted(RAW), partitions=3), "has 3 partitions where 4 belong"),
        (replace(as_wanted(RAW), partitions=9), "set topic_partitions to it"),
    ],
)
def test_another_number_of_partitions_is_for_people(found: Found, says: str) -> None:
    (change,) = changes(RAW, found)
    assert change.kind == "refused"
    assert says in change.says


def test_fewer_copies_than_asked_for_are_for_people() -> None:
    topic = replace(RAW, replication=3)
    (change,) = changes(topic, as_wanted(topic, replication=2))
    assert change.kind == "refused"
    assert "kafka-reassign-partitions" in change.says


def test_without_a_prefix_every_other_topic_is_somebody_elses_and_not_our_business() -> None:
    found = {"orders": as_wanted(RAW), "t.other": as_wanted(RAW)}
    assert [one.name for one in compare([], found, "t.", 1)] == ["t.other"]
    assert compare([], found, "", 1) == []


@pytest.mark.parametrize(("given", "milliseconds"), [("", -1), ("1d", 86_400_000), ("2w", 1_209_600_000)])
def test_how_long_raw_items_are_kept(given: str, milliseconds: int) -> None:
    assert retention({"topic_retention": given}) == milliseconds
    raw = wanted(BROKER, [1], milliseconds)[0]
    assert raw.settings["retention.ms"] == str(milliseconds)


@pytest.mark.parametrize("given", ["soon", "-1d", "9999999999999999w"])
def test_a_length_of_time_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(UserError, match="topic_retention"):
        retention({"topic_retention": given})


def test_what_is_read_at_every_start_is_compacted() -> None:
    compacted = {one.name for one in wanted(BROKER, [1]) if one.settings["cleanup.policy"] == "compact"}
    assert {"t.control", "t.feeds", "t.feeds.state", "t.articles.flagged.g1"} <= compacted
    assert "t.articles.raw" not in compacted
