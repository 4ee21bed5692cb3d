"""What all agents do with their stream: take events in batches, and stop between two of them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import BiowireError

from ..partitions.store import Record

_log = logging.getLogger(__name__)

WITHIN = 0.1
"""Seconds a batch waits to be filled."""


@dataclass(slots=True)
class Taking:
    """How the agents of one worker stand: at work, parked, or failed."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    at_work: set[str] = field(default_factory=set)
    failure: BaseException | None = None
    taken: int = 0
    """Batches so far: a watchdog sees by it that work goes on."""

    async def agent(
        self, name: str, stream: Any, size: int, work: Callable[[Sequence[Record]], Awaitable[None]]
    ) -> None:
        """Hand each batch of a stream to `work`.

        Faust takes a batch for done when we go on to the next, also when `work` was cancelled or raised.
        So on failure, and when told to stop, we do not go on: the process ends, and what was not done comes
        again.
        """
        async for events in stream.take_events(size, within=WITHIN):
            if self.stopping.is_set():
                await park()
            self.at_work.add(name)
            try:
                await work([_record(event.message) for event in events])
            except BiowireError as cause:
                await self._fail(name, cause)
            except Exception as cause:  # noqa: BLE001 - the outermost wall of an agent
                _log.exception("agent failed", extra={"agent": name})
                await self._fail(name, cause)
            self.at_work.discard(name)
            self.taken += 1

    async def _fail(self, name: str, cause: BaseException) -> None:
        self.failure = self.failure or cause
        self.at_work.discard(name)
        await park()


async def park() -> None:
    """Never go on; the process is about to end."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        os._exit(70)  # Faust stopped us by itself: going on would count as done what is not


def _record(message: Any) -> Record:
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        headers=_headers(message.headers),
        timestamp=message.timestamp or 0.0,
    )


def _headers(headers: Any) -> dict[str, bytes]:
    if not headers:
        return {}
    pairs = headers.items() if hasattr(headers, "items") else headers
    return {str(name): bytes(value) for name, value in pairs}
