"""Feeds on loopback under many host names, and connectors that share them: what test_connect plays with."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from feed_server import FeedServer, Request, answer, rss
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from connectors.broker import Broker
from connectors.feed_editor import add_feeds
from connectors.records import Feed
from connectors.topics import RECEIVED, feed_states, feeds, raw

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = 8


@contextlib.contextmanager
def topics(
    bootstrap: str, prefix: str, partitions: int = PARTITIONS, options: dict[str, Any] | None = None
) -> Iterator[Broker]:
    """The topics of a connector, as `biowire provision` makes them; deleted in the end."""
    broker = Broker(hosts=(bootstrap,), prefix=f"{prefix}.", partitions=partitions)
    compact = {"cleanup.policy": "compact"}
    made: dict[str, Any] = {
        raw(broker): {"max.message.bytes": str(16 * 1024 * 1024)},
        feeds(broker): compact,
        feed_states(broker): compact,
    }
    topic = {"num_partitions": partitions, "replication_factor": 1}
    client = options or {"bootstrap_servers": bootstrap}
    with contextlib.closing(KafkaAdminClient(**client)) as admin:
        admin.create_topics(
            {name: topic | {"configs": configs} for name, configs in made.items()}, wait_for_metadata=True
        )
    yield broker
    with contextlib.closing(KafkaAdminClient(**client)) as admin:
        admin.delete_topics(list(made))


def published(broker: Broker) -> list[tuple[int, Any]]:
    """Everything in articles.raw: partition and message."""
    with contextlib.closing(KafkaConsumer(**broker.client_options())) as consumer:
        places = [TopicPartition(raw(broker), number) for number in range(broker.partitions)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found: list[tuple[int, Any]] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(timeout_ms=500).values():
                found += [(one.partition, one) for one in records]
    assert all(dict(one.headers)[RECEIVED].isdigit() for _, one in found)
    return found


def titles(broker: Broker) -> list[str]:
    """Of everything in articles.raw that is an item."""
    return [json.loads(one.value)["title"] for _, one in published(broker)]


class World:
    """Feeds that have a new story every time they are asked, until `grows` is set to False."""

    def __init__(self, server: FeedServer, hosts: int, feeds_a_host: int = 1) -> None:
        self.server, self.grows = server, True
        self.offered: dict[str, set[str]] = {}
        self.urls = [
            server.answers(f"/{host}/{feed}", self._grow).replace("127.0.0.1", f"h{host}.example")
            for host in range(hosts)
            for feed in range(feeds_a_host)
        ]

    @property
    def stories(self) -> set[str]:
        return set().union(*self.offered.values())

    async def _grow(self, request: Request, writer: asyncio.StreamWriter) -> None:
        stories = self.offered.setdefault(request.path, set())
        tag = f'"{len(stories)}"'
        if not self.grows and request.headers.get("if-none-match") == tag:
            writer.write(answer("", 304))
            return
        if self.grows:
            stories.add(f"story{request.path.replace('/', '-')}-{len(stories)}")
        writer.write(answer(rss(*sorted(stories)), ETag=f'"{len(stories)}"'))

    def follow(self, broker: Broker, interval: int = 1) -> None:
        add_feeds(broker, [Feed(url=url, interval=interval, full_text="never") for url in self.urls])

    async def settled(self, within: float = 30) -> None:
        """Stop growing and wait until every feed was asked in vain: whatever was offered is published."""
        self.grows = False
        mark = len(self.server.requests)
        await until(
            lambda: all(
                any(
                    one.path == path and one.headers.get("if-none-match") == f'"{len(stories)}"'
                    for one in self.server.requests[mark:]
                )
                for path, stories in self.offered.items()
            ),
            within,
        )


async def until(true: Any, within: float) -> float:
    """Wait until it is; return the seconds it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not true():
        assert loop.time() < began + within, f"not within {within} seconds"
        await asyncio.sleep(0.05)
    return loop.time() - began


class Child:
    """A connector process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    async def terminate(self) -> dict[str, Any]:
        """End it as a person does; return its summary."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        out = await asyncio.wait_for(self.process.stdout.read(), 20)
        assert await self.process.wait() == 0
        return dict(json.loads(out.splitlines()[-1]))


@contextlib.asynccontextmanager
async def connector(broker: Broker, member: str, port: int, delay: float = 0.05) -> AsyncIterator[Child]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("connector_child.py")),
        *(broker.hosts[0], broker.prefix, member, str(port), str(delay)),
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"working\n"
        yield Child(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await process.stdout.read()
