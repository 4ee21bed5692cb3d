"""Days that pass quickly, and names that lead to loopback: for connectors in tests."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from connectors.connector import Connector

SPEED = 120
"""Seconds of the schedule in one of the real clock."""
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


async def loopback(_: str) -> list[str]:
    return ["127.0.0.1"]


def quick() -> datetime:
    return datetime.fromtimestamp(_BEGAN + (time.time() - _BEGAN) * SPEED, UTC)


@contextlib.asynccontextmanager
async def hurrying(connector: Connector) -> AsyncIterator[None]:
    """The service sleeps by the real clock until a feed is due; wake it more often."""

    async def wake() -> None:
        while True:
            connector.service.wake()
            await asyncio.sleep(0.1)

    task = asyncio.create_task(wake())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
