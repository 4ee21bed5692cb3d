"""An index filled as workers fill it, without a broker: the stages of one partition each, and the real sink."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from connectors.publish.log import microseconds
from connectors.records import Feed
from connectors.topics import RECEIVED
from streams import wire
from streams.core.compiled import Vocabulary
from streams.core.sources import Sources
from streams.partitions.dedup import DedupPartition
from streams.partitions.store import Message, Record
from streams.partitions.story import StoryPartition
from streams.partitions.targets import Targets
from streams.seeds_files import starter_feeds
from streams.sinks.elasticsearch import document
from streams.sinks.elasticsearch.bulk import BulkSink
from streams.sinks.elasticsearch.generations import create
from streams.sinks.elasticsearch.settings import Index


class Unmeasured:
    """Nobody counts here."""

    def observe(self, stage: str, seconds: float) -> None:
        pass

    def outcome(self, name: str) -> None:
        pass


def fill(
    index: Index,
    bodies: Sequence[bytes],
    received: datetime,
    words: Vocabulary,
    home: Path,
    feeds: Sequence[Feed] | None = None,
) -> None:
    """Make generation 1 live with everything that comes of these items; `feeds`: the starter's if None."""
    with index.client() as client:
        create(client, index, 1, live=True)
    asyncio.run(_write(index, operations(bodies, received, words, home, feeds)))


def operations(
    bodies: Sequence[bytes],
    received: datetime,
    words: Vocabulary,
    home: Path,
    feeds: Sequence[Feed] | None = None,
) -> list[wire.Operation]:
    """What the stages tell the index of these items."""
    targets = Targets(
        flagged=lambda _: ("flagged", 0),
        grouped="grouped",
        dead_letter=lambda stage, reason, record: Message("deadletters", 0, None, reason.encode()),
        encoder=document,
    )
    sources = Sources(starter_feeds() if feeds is None else feeds)
    dedup = DedupPartition(
        home / "dedup.db",
        vocabulary=words,
        sources=lambda: sources,
        targets=targets,
        gauge=Unmeasured(),
    )
    story = StoryPartition(home / "story.db", targets=targets, gauge=Unmeasured())
    stamp = {RECEIVED: str(microseconds(received)).encode()}
    items = [
        Record("raw", 0, offset, b"", body, stamp, received.timestamp()) for offset, body in enumerate(bodies)
    ]
    messages = [one for at in range(0, len(items), 50) for one in dedup.work(items[at : at + 50])]
    flagged = [one.value for one in messages if one.topic == "flagged"]
    articles = [
        Record("flagged", 0, offset, b"", value, {}, received.timestamp())
        for offset, value in enumerate(flagged)
    ]
    messages += [one for at in range(0, len(articles), 50) for one in story.work(articles[at : at + 50])]
    dedup.store.close()
    story.store.close()
    return [
        operation
        for one in messages
        if one.topic == "grouped"
        for operation in wire.decode_operations(one.value)
    ]


async def _write(index: Index, found: Sequence[wire.Operation]) -> None:
    client = index.async_client()
    try:
        refused = await BulkSink(client, index, 1).write(found)
        assert refused == []
    finally:
        await client.close()
