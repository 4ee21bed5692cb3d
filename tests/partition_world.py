"""Topics, partitions and an index in memory, around the real stages; and items that try them."""

from __future__ import annotations

import contextlib
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from embedded_runs import world_items

from connectors.normalize import address, item_from_fields
from connectors.publish.log import encode, microseconds
from connectors.topics import RECEIVED, partition_of
from streams import wire
from streams.core.sources import Sources
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
        """As they are read: with the numbers that their stories have now."""
        stories = self.stories()
        return comparable(
            [
                msgspec.to_builtins(document.document_of(source, stories.get(source["story_id"])))
                for source in self.sources()
            ]
        )

    def check_numbers(self) -> None:
        """What an article says of its story without it: the lead all, the others what powers of two it reached."""
        stories = self.stories()
        for one in self.sources():
            said, story = one["story"], stories[one["story_id"]]
            if story.lead == one["id"]:
                assert (said["size"], said["independent"]) == (story.size, story.independent)
                assert said["sources"] == list(story.sources)
            assert said["size"].bit_length() == story.size.bit_length()
            assert said["independent"].bit_length() == story.independent.bit_length()

    def sources(self) -> list[dict[str, Any]]:
        """As they are in the index."""
        return [
            msgspec.json.decode(body)
            for (group, _), (_, body) in self.index.items()
            if group.startswith("articles 2") and body is not None
        ]

    def stories(self) -> dict[str, Any]:
        return {
            id_: document.story_of(msgspec.json.decode(body))
            for (group, id_), (_, body) in self.index.items()
            if group == "articles " and body is not None
        }


def comparable(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
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
