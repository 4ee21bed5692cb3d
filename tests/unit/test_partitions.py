"""The stateful stages without a broker: topics are lists here, and an index keeps the highest version."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from partition_world import NOW, VOCABULARY, World, bodies, comparable

from connectors.database import Schema
from streams.core.records import Document
from streams.embedded import Instance
from streams.partitions import story
from streams.partitions.store import after
from streams.seeds_files import starter_feeds
from streams.state import sqlite as story_tables


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What embedded mode makes of the same items."""
    with Instance(
        tmp_path_factory.mktemp("embedded") / "biowire.db", VOCABULARY, starter_feeds()
    ) as instance:
        instance.ingest(bodies(), NOW, lambda: None)
        found: list[Document] = list(instance.index.scan())
        stories = {one.story_id: instance.index.story(one.story_id) for one in found}
    return comparable([msgspec.to_builtins(one) for one in found]), stories


@pytest.mark.parametrize(("partitions", "size"), [(1, 1000), (8, 50), (5, 7)])
def test_any_number_of_partitions_and_any_batches_give_what_embedded_mode_gives(
    embedded: Any, tmp_path: Path, partitions: int, size: int
) -> None:
    world = World(tmp_path, partitions)
    for body in bodies():
        world.put(body)
    world.drain(size)
    world.close()
    assert world.documents() == embedded[0]
    assert world.stories() == embedded[1]
    world.check_numbers()
    assert world.letters == []


def test_a_story_of_many_articles_costs_some_writes_for_each_and_not_one_for_each_other(
    tmp_path: Path,
) -> None:
    world, count = World(tmp_path, 1), 64
    written = 0
    for number in range(count):
        item = {
            "link": f"https://outlet-{number}.example/cameras",
            "feed_url": f"https://outlet-{number}.example/feed",
            "title": "Council of Northwick drops the cameras that knew faces",
            "summary_html": (
                "The council of Northwick has voted to switch off the forty cameras that compared the faces of"
                " people at its bus station with a list kept by the police, after a year of complaints."
            ),
            "published": f"2026-10-30T10:{number:02d}:00Z",
        }
        world.put(msgspec.json.encode(item))
        before = {key: version for key, (version, _) in world.index.items()}
        world.drain()
        written += sum(
            1
            for key, (version, _) in world.index.items()
            if key[0].startswith("articles 2") and before.get(key) != version
        )
        world.check_numbers()
    world.close()
    assert [one.size for one in world.stories().values()] == [count]
    assert {one["story"]["size"] for one in world.documents()} == {count}
    assert written <= 5 * count


def test_items_come_in_small_steps_through_all_stages(embedded: Any, tmp_path: Path) -> None:
    world = World(tmp_path, 4)
    everything = bodies()
    for at in range(0, len(everything), 25):
        for body in everything[at : at + 25]:
            world.put(body)
        world.drain(10)
    world.close()
    assert world.documents() == embedded[0]
    assert world.stories() == embedded[1]
    world.check_numbers()


def test_a_worker_that_dies_after_keeping_and_before_sending_sends_it_again(
    embedded: Any, tmp_path: Path
) -> None:
    chance = random.Random(7)
    world = World(tmp_path, 3)
    for body in bodies():
        world.put(body)
    for topic in ("raw", "flagged"):
        for partition in range(3):
            records = world.topics[topic, partition]
            while left := after(records, world.stage(topic, partition).store.next)[:20]:
                stage = world.stage(topic, partition)
                messages = stage.work(left)
                if chance.random() < 0.5:
                    world.send(messages[: chance.randrange(len(messages) + 1)])
                    world.close()  # killed: what it had to send is in its file
                    world.send(world.stage(topic, partition).store.outbox())
                else:
                    world.send(messages)
    world.close()
    assert world.documents() == embedded[0]
    assert world.stories() == embedded[1]
    world.check_numbers()


def test_a_worker_without_state_learns_it_from_the_topic_and_goes_on(embedded: Any, tmp_path: Path) -> None:
    world = World(tmp_path, 3)
    everything = bodies()
    for at in range(0, len(everything), 200):
        world.run("raw", 100, quiet=True)
        world.run("flagged", 100, quiet=True)
        for body in everything[at : at + 200]:
            world.put(body)
        world.drain(30)
        world.close()
        world.worker += 1  # its disk is empty
    assert world.documents() == embedded[0]
    assert world.stories() == embedded[1]
    world.check_numbers()


def test_a_file_of_an_older_version_is_worked_on(
    embedded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = Schema("grouped", story.ARTICLES.steps[:1])
    monkeypatch.setattr(story, "SCHEMAS", (story_tables.SCHEMA, older))
    world = World(tmp_path, 3)
    everything = bodies()
    for body in everything[: len(everything) // 2]:
        world.put(body)
    world.drain(100)
    world.close()
    monkeypatch.undo()
    for body in everything[len(everything) // 2 :]:
        world.put(body)
    world.drain(100)
    world.close()
    assert world.documents() == embedded[0]
    assert world.stories() == embedded[1]
    world.check_numbers()


def test_two_workers_on_the_same_records_do_no_harm(embedded: Any, tmp_path: Path) -> None:
    world = World(tmp_path, 3)
    for body in bodies():
        world.put(body)
    world.run("raw", 100)
    world.close()
    world.worker = 1
    world.run("raw", 33, until=60)  # a second one that did not know at once that it had lost its partitions
    world.run("flagged", 100)
    world.close()
    world.worker = 0
    world.run("flagged", 21)
    world.close()
    assert world.documents() == embedded[0]
    assert world.stories() == embedded[1]
    world.check_numbers()


def test_poison_goes_to_the_dead_letters_and_the_others_on(tmp_path: Path) -> None:
    world = World(tmp_path, 2)
    poison = [b"{", b"[]", b"\xff\xfe", b'{"title": {"x": 1}}']
    for body in [*poison[:2], *bodies()[:50], *poison[2:]]:
        world.put(body)
    world.drain()
    world.close()
    assert sorted(one.value for one in world.letters) == sorted(poison)
    assert world.gauge.outcomes["failed"] == len(poison)
    failed = [
        body
        for (group, _), (_, body) in world.index.items()
        if group == "sighting" and b'"failed"' in (body or b"")
    ]
    assert len(failed) == len(poison)


def test_an_item_delivered_again_is_counted_and_changes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, 2)
    everything = bodies()[:100]
    for body in everything:
        world.put(body)
    world.drain()
    before = dict(world.index)
    for body in everything:
        world.put(body)
    world.drain()
    world.close()
    assert world.index == before
    assert world.gauge.outcomes["duplicate"] >= 100


def test_a_failed_item_is_worked_again_when_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, 1)
    body = bodies()[0]
    world.put(body)
    with monkeypatch.context() as broken:
        broken.setattr("streams.partitions.dedup.classify", lambda *_: 1 / 0)
        world.drain()
    assert [one.topic for one in world.letters] == ["deadletters.classify"]
    assert world.documents() == []
    world.put(body, {"retry": b"raw/0/0"})
    world.drain()
    world.close()
    assert len(world.documents()) == 1
