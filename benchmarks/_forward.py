"""The bare Faust chain that the distributed mode is compared with: as many hops, the same messages, no work.

    0 ─► forward ─► 1 ─► forward ─► 2 ─► forward (or only read) ─► 3

Two ways: `fast`, with the settings of our own workers, and without asking whether the broker has what was sent, so a
crash loses messages; `safe`, as Faust comes, and each message is acknowledged before the next is taken.

Run as a process of its own: `python -m benchmarks._forward WAY BOOTSTRAP PREFIX NAME FOLDER COUNTS`. What a hop sends
is read from `FOLDER/1`, `FOLDER/2`, `FOLDER/3`; an agent that has no such file only reads.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import faust
import msgspec

PARTITIONS = 8
MESSAGE_LIMIT = 16 * 1024 * 1024


def messages(path: Path) -> list[bytes]:
    """What `save` kept."""
    found: list[bytes] = msgspec.msgpack.decode(path.read_bytes(), type=list[bytes])
    return found


def save(path: Path, values: list[bytes]) -> None:
    path.write_bytes(msgspec.msgpack.encode(values))


def app_of(way: str, bootstrap: str, prefix: str, name: str, folder: Path) -> faust.App:
    """`fast` has the settings of our own app (streams/app.py), on Faust as it is: how long it waits at the broker,
    for which it has no setting, is its own affair (ours: streams/agents/polling.py)."""
    ours: dict[str, Any] = {
        "consumer_group_instance_id": name,
        "broker_session_timeout": 8.0,
        "broker_heartbeat_interval": 2.0,
        "broker_commit_interval": 1.0,
        "broker_max_poll_records": 1000,
        "consumer_max_fetch_size": MESSAGE_LIMIT,
        "producer_compression_type": "zstd",
        "producer_linger": 0.005,
        "producer_max_batch_size": 512 * 1024,
        "stream_buffer_maxsize": 2000,
        "stream_wait_empty": False,
    }
    return faust.App(
        f"{prefix}chain",
        broker=f"kafka://{bootstrap}",
        datadir=folder / name,
        store="memory://",
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        producer_max_request_size=MESSAGE_LIMIT,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        value_serializer="raw",
        key_serializer="raw",
        loghandlers=[],
        logging_config=None,
        **(ours if way == "fast" else {}),
    )


class Share:
    """How many messages go out for each that comes in, spread evenly."""

    def __init__(self, values: list[bytes], incoming: int) -> None:
        self._values, self._each, self._due = cycle(values), len(values) / incoming, 0.0

    def next(self) -> Iterator[bytes]:
        self._due += self._each
        while self._due >= 1.0 - 1e-9:
            self._due -= 1.0
            yield next(self._values)


async def run(way: str, bootstrap: str, prefix: str, name: str, folder: Path, counts: list[int]) -> None:
    app = app_of(way, bootstrap, prefix, name, folder)
    hops = [app.topic(f"{prefix}{n}", key_serializer="raw", value_serializer="raw") for n in range(4)]
    times: dict[str, Any] = {"count": 0, "first": 0.0, "last": 0.0}

    def arrived() -> None:
        times["last"] = time.time()
        times["first"] = times["first"] or times["last"]
        times["count"] += 1

    def forward(at: int) -> None:
        path = folder / str(at + 1)
        share = Share(messages(path), counts[at]) if path.exists() else None

        async def agent(stream: Any) -> None:
            number = 0
            async for _ in stream:
                for value in share.next() if share else ():
                    number += 1
                    sent = await hops[at + 1].send(key=b"k", value=value, partition=number % PARTITIONS)
                    if way == "safe":
                        await sent
                if at == 2:
                    arrived()

        app.agent(hops[at], name=f"forward-{at}", concurrency=1)(agent)

    for at in range(3):
        forward(at)
    await app.start()
    while True:
        await asyncio.sleep(0.25)
        (folder / f"{name}.new").write_text(json.dumps(times))
        (folder / f"{name}.new").replace(folder / f"{name}.json")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    asyncio.run(run(*sys.argv[1:5], Path(sys.argv[5]), json.loads(sys.argv[6])))
