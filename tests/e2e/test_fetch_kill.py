"""The connector is killed again and again while feeds grow: in the end the log has every item, each once."""

import asyncio
import json
import random
import signal
import sys
from pathlib import Path

import pytest
from feed_server import FeedServer, Request, answer, rss

from connectors.database import Database
from connectors.publish.log import SCHEMA as LOG
from connectors.publish.log import Log
from connectors.state.sqlite import SCHEMA as FEEDS

CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from connectors.database import Database
from connectors.http import Client
from connectors.publish.log import SCHEMA as LOG, Log
from connectors.reader import Reader
from connectors.records import Feed
from connectors.service import Service
from connectors.settings import FetchSettings
from connectors.state.sqlite import SCHEMA as FEEDS, SqliteFeedStateStore

class Publisher:
    def __init__(self, log):
        self.log = log

    async def publish(self, items):
        self.log.append_items(items, datetime.now(UTC))

async def main(path, port, feeds, year):
    database = Database(Path(path), [FEEDS, LOG])
    store = SqliteFeedStateStore(database)
    store.add(Feed(url=f"http://127.0.0.1:{port}/{n}", full_text="never") for n in range(int(feeds)))
    settings = FetchSettings(allow=(f"127.0.0.1:{port}",), host_delay=0.01, host_concurrency=4)
    with Reader() as reader:
        async with Client(settings) as client:
            publisher = Publisher(Log(database))
            service = Service(client=client, store=store, publisher=publisher, reader=reader, settings=settings)
            print("working", flush=True)
            await service.run_once(datetime(int(year), 1, 1, tzinfo=UTC))
    database.close()

asyncio.run(main(*sys.argv[1:]))
"""
FEEDS_OF_WORLD, ROUNDS, ROOT = 40, 8, Path(__file__).resolve().parents[2]


@pytest.mark.slow
async def test_nothing_is_lost_and_nothing_kept_twice(tmp_path):
    chance = random.Random(20260504)
    path, offered = tmp_path / "biowire.db", dict[str, set[str]]()
    async with FeedServer() as server:

        async def growing(request: Request, writer: asyncio.StreamWriter) -> None:
            """A new story each time, all the old ones, and a tag that is true."""
            stories = offered.setdefault(request.path, set())
            tag = f'"{len(stories)}"'
            if request.headers.get("if-none-match") == tag and chance.random() < 0.5:
                writer.write(answer("", 304))
                return
            stories.add(f"story-{request.path[1:]}-{len(stories)}")
            writer.write(answer(rss(*sorted(stories)), ETag=f'"{len(stories)}"'))

        for number in range(FEEDS_OF_WORLD):
            server.answers(f"/{number}", growing)
        for turn in range(ROUNDS + 1):
            await run(path, server.port, 2100 + turn, chance.uniform(0.02, 0.4) if turn < ROUNDS else None)
    database = Database(path, [FEEDS, LOG])
    kept = [json.loads(line.body)["title"] for line in Log(database)]
    database.close()
    assert len(kept) == len(set(kept))
    assert set(kept) == set().union(*offered.values())
    assert len(offered) == FEEDS_OF_WORLD


async def run(path: Path, port: int, year: int, kill_after: float | None) -> None:
    """One life of the connector, from its first request on."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CHILD,
        str(path),
        str(port),
        str(FEEDS_OF_WORLD),
        str(year),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"working\n"
    if kill_after is not None:
        await asyncio.sleep(kill_after)
        if child.returncode is None:
            child.send_signal(signal.SIGKILL)
    assert await child.wait() in {0, -signal.SIGKILL}
    await child.stdout.read()
