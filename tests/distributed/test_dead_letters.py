"""`biowire deadletters` on a real broker: what agents put there is listed, shown, sent back and discarded."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kafka import TopicPartition
from servers import Kafka

from connectors.broker import Broker, broker_of
from connectors.topics import RECEIVED, RETRY
from dashboards.cli import main
from streams import topics, wire
from streams.control import Control, write
from streams.deadletters.kafka import KafkaDeadLetters, target_of
from streams.deadletters.record import DeadLetterRecord
from streams.kafka_admin import administering, consuming
from streams.kafka_log import Sending
from streams.lag import lag
from streams.provision.broker import provision

pytestmark = pytest.mark.servers

Run = Callable[..., bytes]

START = datetime(2026, 11, 1, tzinfo=UTC)
OPERATION = wire.encode((wire.Operation("document", "ab" * 10, 7, "2026-11", b"{}"),))


@pytest.fixture(scope="module")
def provisioned(kafka: Kafka) -> Iterator[Broker]:
    name = f"t{secrets.token_hex(4)}."
    broker = broker_of({"broker": kafka.url, "topic_prefix": name, "topic_partitions": 3})
    assert broker is not None
    provision(broker, 1)
    yield broker
    with administering(broker) as admin:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(broker.prefix)])


@pytest.fixture
def broker(provisioned: Broker) -> Broker:
    """With no letters in it, generation 1 live."""
    write(provisioned, Control(live=1, vocabulary="v"))
    letters = KafkaDeadLetters(provisioned)
    letters.discard(letters.all())
    return provisioned


def letter(
    broker: Broker, stage: str, number: int, *, topic: str = "", body: bytes = b"not json"
) -> DeadLetterRecord:
    came = {"story": topics.flagged(broker, 1), "index": topics.grouped(broker, 1)}.get(
        stage, topics.raw(broker)
    )
    return DeadLetterRecord(
        stage=stage,
        time=START + timedelta(minutes=number),
        error=f"BadItem: number {number}",
        place=f"{topic or came}/{number % 3}/{number}{'/doc' if stage == 'index' else ''}",
        tries=1,
        key=b"article",
        body=body,
        headers=((RECEIVED, b"1790000000000000"),),
    )


def give_up(broker: Broker, *letters: DeadLetterRecord) -> None:
    with Sending(broker, 10) as sending:
        for one in letters:
            topic, key, value, headers = one.to_message(broker)
            sending.send(topic, 0, key, value, headers)
        sending.wait()


def end_of(broker: Broker, topic: str) -> int:
    with consuming(broker) as consumer:
        return sum(consumer.end_offsets([TopicPartition(topic, p) for p in range(3)]).values())


@pytest.fixture
def run(broker: Broker, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """The command as people give it, in this process."""
    monkeypatch.setenv("BIOWIRE_TOPIC_PREFIX", broker.prefix)

    def given(*arguments: str, code: int = 0) -> bytes:
        capfdbinary.readouterr()
        found = main(["deadletters", *arguments, "--broker", broker.url])
        said = capfdbinary.readouterr()
        assert found == code, said.err.decode()
        return said.err if code else said.out

    return given


def listed(run: Run, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("list", "--json", *arguments).splitlines()]


def last(broker: Broker, topic: str, partition: int) -> Any:
    with consuming(broker) as consumer:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        consumer.seek(place, consumer.end_offsets([place])[place] - 1)
        while not (records := consumer.poll(timeout_ms=500).get(place)):
            pass
        return records[0]


def test_the_last_word_on_each_place_is_listed_oldest_first(broker: Broker, run: Run) -> None:
    three = [letter(broker, stage, number) for number, stage in enumerate(("index", "dedup", "flag"), 1)]
    give_up(broker, *reversed(three), *three)  # the same again, as after a crash
    found = listed(run)
    assert [one["id"] for one in found] == [one.place for one in three]
    assert [(one["stage"], one["reason"], one["bytes"]) for one in found[1:]] == [
        ("dedup", "BadItem: number 2", 8),
        ("flag", "BadItem: number 3", 8),
    ]
    assert [one["stage"] for one in listed(run, "--stage", "flag")] == ["flag"]
    assert KafkaDeadLetters(broker).count() == 3


def test_one_is_shown_by_its_place_the_beginning_of_it_or_its_number(broker: Broker, run: Run) -> None:
    give_up(broker, letter(broker, "dedup", 41), letter(broker, "dedup", 52), letter(broker, "story", 60))
    place = f"{topics.raw(broker)}/2/41"
    for which in (place, place[:-1], "1"):
        shown = json.loads(run("show", which, "--json"))
        assert (shown["id"], shown["body"]) == (place, "not json")
        assert shown["received"] == "2026-09-21T14:13:20Z"
    assert b"3 dead letters begin with" in run("show", broker.prefix, code=2)
    assert b"no dead letter" in run("show", "nothing", code=2)


@pytest.mark.parametrize(
    ("stage", "body"),
    [
        ("dedup", b"not json"),
        ("classify", b"{}"),
        ("flag", b"\xff\x00"),
        ("story", b"bytes"),
        ("index", OPERATION),
    ],
)
def test_a_retry_sends_the_original_bytes_back_and_ends_the_letter(
    broker: Broker, run: Run, stage: str, body: bytes
) -> None:
    sent = letter(broker, stage, 4, body=body)
    before = lag(broker, 1).total
    give_up(broker, sent)
    outcome = json.loads(run("retry", "--json"))
    assert outcome == {"retried": 1, "outcomes": {"sent": 1}}
    topic, partition = sent.place.split("/")[0], 1
    record = last(broker, topic, partition)
    assert (record.key, record.value) == (b"article", body)
    assert dict(record.headers) == {
        RECEIVED: b"1790000000000000",
        RETRY: sent.place.encode(),
        "tries": b"1",
    }
    assert listed(run) == []
    assert last(broker, topics.dead_letters(broker, stage), 0).value is None
    assert lag(broker, 1).total == before + 1


def test_only_the_one_that_is_named_is_retried(broker: Broker, run: Run) -> None:
    give_up(broker, letter(broker, "dedup", 1), letter(broker, "dedup", 2), letter(broker, "index", 3))
    run("retry", "2")
    assert [one["reason"][-1] for one in listed(run)] == ["1", "3"]
    run("retry", "--stage", "index")
    assert [one["reason"][-1] for one in listed(run)] == ["1"]


def test_a_letter_of_a_generation_that_is_gone_is_kept_and_said_so(broker: Broker, run: Run) -> None:
    write(broker, Control(live=2, vocabulary="v"))
    before = end_of(broker, topics.flagged(broker, 1))
    give_up(
        broker,
        letter(broker, "story", 1),
        letter(broker, "dedup", 2),
        letter(broker, "flag", 3, topic="else"),
    )
    outcome = json.loads(run("retry", "--json"))["outcomes"]
    assert outcome == {"outdated": 1, "sent": 1, "unknown": 1}
    assert [one["stage"] for one in listed(run)] == ["story", "flag"]
    assert end_of(broker, topics.flagged(broker, 1)) == before


def test_what_is_discarded_is_gone_and_nothing_is_sent(broker: Broker, run: Run) -> None:
    before = end_of(broker, topics.raw(broker))
    give_up(broker, *(letter(broker, "dedup", number) for number in range(1, 5)))
    assert b"say --all" in run("discard", code=2)
    run("discard", "2")
    assert [one["reason"][-1] for one in listed(run)] == ["1", "3", "4"]
    run("discard", "--all")
    assert listed(run) == []
    assert end_of(broker, topics.raw(broker)) == before


def test_a_message_of_somebody_else_among_the_letters_does_not_stop_the_rest(
    broker: Broker, run: Run
) -> None:
    with Sending(broker, 10) as sending:
        sending.send(topics.dead_letters(broker, "dedup"), 0, b"what", b"what?")
        sending.send(topics.dead_letters(broker, "dedup"), 0, b"\xff\xfe", b"", [("time", b"never")])
        sending.wait()
    give_up(broker, letter(broker, "dedup", 1))
    assert len(listed(run)) == 3
    assert json.loads(run("retry", "--json"))["outcomes"] == {"unknown": 2, "sent": 1}
    run("discard", "--all")
    assert KafkaDeadLetters(broker).count() == 0


def test_many_letters_are_counted_within_the_time_there_is(broker: Broker, run: Run) -> None:
    give_up(broker, *(letter(broker, "dedup", number, body=b"x" * 2000) for number in range(1, 2001)))
    assert KafkaDeadLetters(broker).count() == 2000
    assert KafkaDeadLetters(broker).count(timeout=0) >= 2000  # at most, where there is no time to read
    before = end_of(broker, topics.raw(broker))
    letters = KafkaDeadLetters(broker)
    assert letters.retry(letters.all()) == {"sent": 2000}
    assert letters.all() == []
    assert end_of(broker, topics.raw(broker)) == before + 2000


@pytest.mark.parametrize(
    ("stage", "place", "target"),
    [
        ("dedup", "t.articles.raw/7/12", ("t.articles.raw", 7)),
        ("story", "t.articles.flagged.g2/0/12", ("t.articles.flagged.g2", 0)),
        ("index", "t.articles.grouped.g3/0/12/aa/b", ("t.articles.grouped.g3", 0)),
        ("story", "t.articles.flagged.g1/0/12", "outdated"),
        ("story", "t.articles.raw/0/12", "outdated"),
        ("dedup", "t.control/0/12", "unknown"),
        ("dedup", "t.articles.raw/x/12", "unknown"),
        ("dedup", "t.articles.raw", "unknown"),
        ("dedup", "", "unknown"),
    ],
)
def test_where_a_letter_goes_back_to(stage: str, place: str, target: object) -> None:
    letter = DeadLetterRecord(stage=stage, time=START, error="", place=place, tries=1, key=b"", body=b"")
    control = Control(live=2, vocabulary="v", building=3)
    assert target_of(letter, Broker(hosts=("k:1",), prefix="t."), control) == target
