"""The feeds' health and the dead letters in a real index are those of a real broker, whatever ended or was away."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from giving_up import give_up
from servers import Elasticsearch, Kafka

from connectors.broker import Broker, broker_of
from connectors.feed_editor import feed_editor
from connectors.feed_topics import feed_partitions, read_partitions
from connectors.records import Feed
from connectors.schedule import FetchState
from connectors.state import FeedState
from streams.agents.health import EVERY, HealthIndexing
from streams.deadletters.kafka import KafkaDeadLetters
from streams.kafka_admin import administering
from streams.provision.broker import provision
from streams.sinks.elasticsearch import generations
from streams.sinks.elasticsearch.settings import Index, index_of
from streams.sinks.elasticsearch.small import AT_ONCE, id_of, write

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
URLS = [f"https://{name}.example/feed" for name in "abc"]


@pytest.fixture(scope="module")
def broker(kafka: Kafka) -> Iterator[Broker]:
    broker = broker_of(
        {"broker": kafka.url, "topic_prefix": f"t{secrets.token_hex(4)}.", "topic_partitions": 3}
    )
    assert broker is not None
    provision(broker, 1)
    yield broker
    with administering(broker) as admin:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(broker.prefix)])


class World:
    """A broker, an index, and what keeps the index as the broker is."""

    def __init__(self, broker: Broker, index: Index, client: Any) -> None:
        self.broker, self.index, self.client = broker, index, client
        self.now = NOW
        self.begin()

    def begin(self) -> None:
        """As a worker that takes the stage over."""
        self.indexing = HealthIndexing(self.client, self.index, self.broker, self.listed)

    def listed(self) -> list[FeedState]:
        partitions = read_partitions(self.broker, range(feed_partitions(self.broker)))
        return [known for one in partitions.values() for known in one.known()]

    def minute(self) -> None:
        self.now += EVERY
        self.indexing.look(self.now)

    def give_up(self, stage: str, number: int, body: bytes = b"not json") -> str:
        return give_up(self.broker, stage, number, body)

    def discard(self, place: str) -> None:
        letters = KafkaDeadLetters(self.broker)
        letters.discard([one for one in letters.all() if one.id == place])

    def found(self, alias: str) -> list[Any]:
        self.client.indices.refresh(index=alias)
        answer = self.client.search(index=alias, size=1000, version=True)
        return list(answer["hits"]["hits"])

    def feeds(self) -> dict[str, str]:
        return {one["_source"]["url"]: one["_source"]["health"] for one in self.found(self.index.feeds)}

    def letters(self) -> list[tuple[str, str]]:
        hits = [one["_source"] for one in self.found(self.index.dead_letters)]
        return sorted((one["stage"], one["id"]) for one in hits)

    def wanted(self) -> list[tuple[str, str]]:
        return sorted((one.stage, one.id) for one in KafkaDeadLetters(self.broker).all())


def _empty(broker: Broker) -> None:
    """No feed followed and no dead letter, whatever the test before left."""
    letters = KafkaDeadLetters(broker)
    letters.discard(letters.all())
    with feed_editor(broker) as store:
        for url in [known.feed.url for known in store.all()]:
            store.remove(url)


@pytest.fixture(scope="module")
def place(elastic: Elasticsearch) -> Iterator[tuple[Index, Any]]:
    """An index as `biowire provision` makes it, and a client."""
    index = index_of({"index": elastic.url, "index_prefix": f"t{secrets.token_hex(4)}-"})
    assert index is not None
    with index.client() as client:
        generations.create(client, index, 1, live=True)
        yield index, client
        client.indices.delete(index=[*generations.indices(client, index), *index.of_all_generations.values()])
        client.indices.delete_index_template(name=f"{index.prefix}*")


@pytest.fixture
def world(broker: Broker, place: tuple[Index, Any]) -> World:
    _empty(broker)
    return World(broker, *place)


def test_the_index_is_as_the_topics_are_and_follows_them(world: World) -> None:
    with feed_editor(world.broker) as store:
        store.add(Feed(url=url) for url in URLS)
        store.save(URLS[0], FetchState(failure="No.", failing_since=NOW, failures=1.0, next_fetch=NOW))
    first, second = world.give_up("flag", 1), world.give_up("index", 2, b"x" * 100_000)
    world.give_up("flag", 1)  # the same again, as after a crash

    world.minute()
    assert world.feeds() == {URLS[0]: "failing", URLS[1]: "new", URLS[2]: "new"}
    assert world.letters() == world.wanted() == [("flag", first), ("index", second)]

    before = [*world.found(world.index.feeds), *world.found(world.index.dead_letters)]
    world.minute()
    assert [*world.found(world.index.feeds), *world.found(world.index.dead_letters)] == before

    with feed_editor(world.broker) as store:
        store.remove(URLS[1])
        store.save(URLS[0], FetchState(last_success=NOW, entries=3))
    world.discard(first)
    third = world.give_up("dedup", 9)
    world.indexing.look(world.now + timedelta(seconds=1))
    assert len(world.letters()) == 2, "at most once a minute"
    world.minute()
    assert world.feeds() == {URLS[0]: "ok", URLS[2]: "new"}
    assert ("flag", first) not in world.letters()
    assert world.letters() == world.wanted() == [("dedup", third), ("index", second)]


def test_who_takes_over_removes_what_ended_without_a_trace(world: World) -> None:
    place = world.give_up("story", 4)
    ghosts = {
        world.index.feeds_index: {"url": "https://gone.example/", "health": "ok"},
        world.index.dead_letters_index: {"id": "long gone", "stage": "flag", "time": NOW},
    }
    for name, body in ghosts.items():
        world.client.index(index=name, id=id_of("ghost"), document=body, refresh=True)
    world.begin()
    world.minute()
    assert "https://gone.example/" not in world.feeds()
    assert ("story", place) in world.letters()
    assert world.letters() == world.wanted()


def test_an_index_that_was_away_is_brought_up_to_date_and_nobody_fails(world: World) -> None:
    place = world.give_up("classify", 5)
    world.client.indices.delete(index=[world.index.feeds_index, world.index.dead_letters_index])
    world.minute()
    generations.create(world.client, world.index, 1)
    world.minute()
    assert ("classify", place) in world.letters()
    assert world.letters() == world.wanted()
    assert set(world.feeds()) == {one.feed.url for one in world.listed()}


def test_a_broker_that_is_away_holds_up_no_feed_and_raises_nothing(world: World) -> None:
    away = replace(world.broker, hosts=("127.0.0.1:1",))
    feeds = [FeedState(Feed(url=URLS[0]), FetchState())]
    HealthIndexing(world.client, world.index, away, lambda: feeds).look(NOW)
    assert world.feeds() == {URLS[0]: "new"}


def test_a_long_list_comes_a_part_at_each_look_and_not_only_once_a_minute(world: World) -> None:
    feeds = [FeedState(Feed(url=f"https://{n}.example/"), FetchState()) for n in range(AT_ONCE + 20)]
    indexing = HealthIndexing(world.client, world.index, world.broker, lambda: feeds)
    indexing.look(NOW)
    assert 0 < len(world.feeds()) < len(feeds)
    indexing.look(NOW + timedelta(seconds=1))
    assert len(world.feeds()) == len(feeds)


def test_a_document_that_is_refused_does_not_keep_the_others_from_the_index(
    place: tuple[Index, Any], caplog: pytest.LogCaptureFixture
) -> None:
    index, client = place
    wrong, right = id_of("wrong"), id_of("right")
    write(client, index, index.feeds_index, {wrong: {"no such field": 1}, right: {"url": URLS[0]}})
    assert client.exists(index=index.feeds_index, id=right)
    assert not client.exists(index=index.feeds_index, id=wrong)
    (said,) = [one for one in caplog.records if one.getMessage() == "the index refuses a document"]
    assert "no such field" in said.reason  # type: ignore[attr-defined]
    write(client, index, index.feeds_index, {right: None})
