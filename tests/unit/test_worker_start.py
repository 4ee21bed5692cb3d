"""A worker that is told to stop while Faust still waits for the broker, or whose Faust does not start."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from streams import worker
from streams.agents.taking import Taking


class Faust:
    """In place of the app: starts never, or not at all."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.consumer = self
        self._failure = failure

    async def start(self) -> None:
        if self._failure:
            raise self._failure
        await asyncio.Event().wait()

    async def commit(self) -> None:
        raise ConnectionError("no broker")


async def _nothing() -> None:
    pass


def made(app: Faust) -> Any:
    alert = SimpleNamespace(run=_nothing, end=_nothing)
    return worker.Worker(app=app, taking=Taking(), keepings={}, alert=alert)  # type: ignore[arg-type]


WATCH = worker.Watch(outstanding=lambda: 0, busy=lambda: "", superseded=lambda: "")


async def test_told_to_stop_it_does_not_wait_for_faust() -> None:
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(10):
        await worker.serve(made(Faust()), stop, WATCH)


async def test_what_keeps_faust_from_starting_is_told() -> None:
    with pytest.raises(OSError, match="no disk"):
        await worker.serve(made(Faust(OSError("no disk"))), asyncio.Event(), WATCH)
