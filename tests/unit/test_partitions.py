"""The stateful stages without a broker: topics are lists here, and an index keeps the highest version."""

from __future__ import annotations

import contextlib
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from embedded_runs import world_items

from connectors.normalize import address, item_from_fields
from connectors.publish.log import encode, microseconds
from connectors.topics import RECEIVED, partition_of
from streams import wire
from streams.core.records import Document
from streams.core.sources import Sources
from streams.embedded import Instance
from streams.partitions.dedup import DedupPartition
from streams.partitions.store import Message, Record, after
from streams.partitions.story import StoryPartition
from streams.partitions.targets import Targets
from streams.seeds_files import starter_feeds, vocabulary
from streams.settings import load
from streams.sinks.elasticsearch import document

NOW = datetime(2026, 11, 1, tzinfo=UTC)
VOCABULARY = vocabulary(load({}, {}))
_KNOWN = Sources(starter_feeds())


def sources_now() -> Sources:
    return _KNOWN


class Counting:
    def __init__(self) -> None:
        self.outcomes: dict[str, int] = defaultdict(int)

    def observe(self, stage: str, seconds: float) -> None:
        pass

    def outcome(self, name: str) -> None:
        self.outcomes[name] += 1


class World:
    """Topics, partitions and an index in memory; the stages themselves are the real ones."""

    def __init__(self, home: Path, partitions: int) -> None:
        self.home, self.partitions = home, partitions
        self.topics: dict[tuple[str, int], list[Record]] = defaultdict(list)
        self.index: dict[tuple[str, str], tuple[int, bytes | None]] = {}
        self.letters: list[Message] = []
        self.gauge = Counting()
        self.targets = Targets(
            flagged=lambda language: ("flagged", partition_of(language, partitions)),
            grouped="grouped",
            dead_letter=lambda stage, reason, record: Message(
                f"deadletters.{stage}",
                0,
                record.place.encode(),
                record.value or b"",
                (("error", reason.encode()),),
            ),
            encoder=document,
        )
        self.worker = 0
        self.open: dict[tuple[str, int], DedupPartition | StoryPartition] = {}

    def put(self, body: bytes, headers: dict[str, bytes] | None = None) -> None:
        id_, host = ("", "x")
        with contextlib.suppress(Exception):
            id_, host = address(item_from_fields(msgspec.json.decode(body)))
        stamp = {RECEIVED: str(microseconds(NOW)).encode(), **(headers or {})}
        self._append("raw", partition_of(host, self.partitions), id_.encode(), body, stamp)

    def _append(
        self, topic: str, partition: int, key: bytes | None, value: bytes, headers: dict[str, bytes]
    ) -> None:
        log = self.topics[topic, partition]
        log.append(Record(topic, partition, len(log), key, value, headers, 0.0))

    def send(self, messages: Sequence[Message]) -> None:
        for one in messages:
            if one.topic == "grouped":
                self._write(wire.decode_operations(one.value))
            elif one.topic == "flagged":
                self._append(one.topic, one.partition or 0, one.key, one.value, {})
            else:
                self.letters.append(one)

    def _write(self, operations: Sequence[wire.Operation]) -> None:
        for one in operations:
            group = "sighting" if one.kind == "sighting" else f"articles {one.month}"
            version, _ = self.index.get((group, one.id), (0, None))
            if one.version >= version:
                self.index[group, one.id] = one.version, one.body

    def stage(self, name: str, partition: int) -> DedupPartition | StoryPartition:
        """As `agents.keeping` opens it."""
        found = self.open.get((name, partition))
        if found is None:
            path = self.home / f"worker-{self.worker}" / f"{name}-{partition}.db"
            if name == "raw":
                found = DedupPartition(
                    path,
                    vocabulary=VOCABULARY,
                    sources=sources_now,
                    targets=self.targets,
                    gauge=self.gauge,
                )
            else:
                found = StoryPartition(path, targets=self.targets, gauge=self.gauge)
            self.open[name, partition] = found
        return found

    def close(self) -> None:
        for one in self.open.values():
            one.store.close()
        self.open.clear()

    def run(self, topic: str, size: int, *, quiet: bool = False, until: int | None = None) -> None:
        for partition in range(self.partitions):
            records = self.topics[topic, partition][:until]
            stage = self.stage(topic, partition)
            while left := after(records, stage.store.next)[:size]:
                messages = stage.work(left, quiet=quiet)
                if not quiet:
                    self.send(messages)

    def drain(self, size: int = 100) -> None:
        self.run("raw", size)
        self.run("flagged", size)

    def documents(self) -> list[dict[str, Any]]:
        found = [
            msgspec.to_builtins(document.document_of(msgspec.json.decode(body)))
            for (group, _), (_, body) in self.index.items()
            if group.startswith("articles 2") and body is not None
        ]
        return _comparable(found)

    def stories(self) -> dict[str, Any]:
        return {
            id_: document.story_of(msgspec.json.decode(body))
            for (group, id_), (_, body) in self.index.items()
            if group == "articles " and body is not None
        }


def _comparable(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        ({name: value for name, value in one.items() if name != "first_seen"} for one in found),
        key=lambda one: one["id"],
    )


def bodies(seed: int = 0) -> list[bytes]:
    """The sample world, with revisions, other languages, earlier sightings and copies among its items."""
    chance = random.Random(seed)
    items = world_items()
    more = []
    for item in chance.sample(items, 60):
        kind = chance.randrange(4)
        again = dict(item)
        if kind == 0:
            again["title"] = f"{item['title']} (updated)"
            again["updated"] = "2026-10-30T10:00:00Z"
        elif kind == 1:
            again["language"] = "de"
            again["title"] = "Die Behörde prüft den Einsatz von Gesichtserkennung an den Grenzen"
            again["summary_html"] = (
                "Nach Angaben des Ministeriums soll der Versuch noch in diesem Jahr beginnen. " * 9
            )
            again["content_html"] = ""
            again["updated"] = "2026-10-31T10:00:00Z"
        elif kind == 2:
            again["link"] = item["link"] + "-second-address"
            again["guid"] = item.get("guid") or item["link"]
        else:
            again["published"] = "2026-09-02T10:00:00Z"
        more.append(again)
    everything = [encode(item_from_fields(one)) for one in [*items, *more]]
    chance.shuffle(everything)
    return everything


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What embedded mode makes of the same items."""
    with Instance(
        tmp_path_factory.mktemp("embedded") / "biowire.db", VOCABULARY, starter_feeds()
    ) as instance:
        instance.ingest(bodies(), NOW, lambda: None)
        found: list[Document] = list(instance.index.scan())
        stories = {one.story_id: instance.index.story(one.story_id) for one in found}
    return _comparable([msgspec.to_builtins(one) for one in found]), stories


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
    assert world.letters == []


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
    assert NOW - timedelta(days=1) < NOW
