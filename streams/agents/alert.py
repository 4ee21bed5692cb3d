"""Agent of the alert stage, and beside it the deliverer: both in the one worker that has the topic of facts.

    alerts.facts ─► AlertPartition (a thread) ─► file ─► AlertService (another thread) ─► channels
                                                  ├─► topics, for whoever takes over
                                                  └─► index of alerts, for people

Threads, because seeding a subscription asks the index, and a chart to draw takes its time: neither may keep
the other agents waiting. When the partition is given to another worker, both end before it is let go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from connectors.errors import BiowireError

from ..partitions.store import Record

_T = TypeVar("_T")

EVERY = 1.0
"""Seconds between two looks at subscriptions, at the clock, and at what the index of alerts lacks."""
LETTING_GO = 7.0
"""Seconds to end what is under way when the stage goes elsewhere: less than the session of the group."""
_AGAIN = 2.0
_SAY_AGAIN = 30.0

_log = logging.getLogger(__name__)


class Stage(Protocol):
    """The stage once it is opened: `agents.alert_stage.OpenStage`. Used by one thread at a time."""

    def work(self, records: Sequence[Record], now: datetime) -> int:
        """Take records that were not worked yet; returns when the brokers have what comes of it."""

    def look(self, now: datetime) -> None:
        """Take up subscriptions, let time pass, and tell the index."""

    def close(self) -> None:
        """End delivering and let go of the file."""


class Open(Protocol):
    """Opens the stage: `agents.alert_stage.OpenStage`."""

    def __call__(self, passed: int, ours: Callable[[], bool], /) -> Stage:
        """`passed`: offset from which on facts are still to come, if the file does not say.

        Raises BiowireError, soon after the stage is no longer `ours`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whether the stage is ours."""

    assigned: Callable[[], bool]
    """The partition is given to this worker."""
    live: Callable[[], bool]
    """Its generation answers questions. What another one tells is of no interest to anybody."""


class AlertAgent:
    """Opens the stage when it is ours, and closes it when it is not, also before it is quite open."""

    def __init__(self, open_: Open, place: Place) -> None:
        self._open, self._place = open_, place
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="alert stage")
        self._stage: Stage | None = None
        self._lock = asyncio.Lock()
        self._passed = 0
        self._said = float("-inf")
        self._closed = False
        self._leaving = 0
        self._letting_go: asyncio.Task[None] | None = None

    async def take(self, records: Sequence[Record]) -> None:
        """Work a batch; waits as long as the broker or the index is away."""
        ordered = sorted(records, key=lambda record: record.offset)
        while self._place.assigned() and not self._closed:
            if not self._place.live():
                self._passed = max(self._passed, ordered[-1].offset + 1)
                return
            if await self._tried(lambda stage: stage.work(ordered, datetime.now(UTC))):
                return
            await asyncio.sleep(_AGAIN)

    async def run(self) -> None:
        """Have the stage open while it is ours, until cancelled."""
        while True:
            if self._place.assigned() and self._place.live():
                await self._tried(lambda stage: stage.look(datetime.now(UTC)))
            elif self._stage is not None:
                await self.close()
            await asyncio.sleep(EVERY)

    def revoked(self) -> None:
        """Begin to let go; Faust's own handing over does not wait for it, as its agents go on meanwhile."""
        self._letting_go = asyncio.get_running_loop().create_task(self.close())

    async def close(self) -> None:
        """Let go of the stage, which another worker has now; the process ends where that takes long."""
        try:
            async with asyncio.timeout(LETTING_GO):
                await self._close()
        except TimeoutError:
            _log.error("the alert stage does not let go")
            os._exit(70)

    async def end(self) -> None:
        """Close as far as there is time, and open no more: the process is about to end."""
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LETTING_GO):
                await self._close()

    async def _close(self) -> None:
        self._leaving += 1
        try:
            async with self._lock:
                stage, self._stage = self._stage, None
                if stage is not None:
                    await self._in_thread(stage.close)
        finally:
            self._leaving -= 1

    def _ours(self) -> bool:
        return not self._leaving and not self._closed and self._place.assigned()

    async def _tried(self, work: Callable[[Stage], Any]) -> bool:
        """Do it with the stage, opened if need be; False, and said once a while, where something is away."""
        async with self._lock:
            if self._closed:
                return False
            try:
                if self._stage is None:
                    self._stage = await self._in_thread(lambda: self._open(self._passed, self._ours))
                stage = self._stage
                await self._in_thread(lambda: work(stage))
            except BiowireError as cause:
                self._say(str(cause))
                return False
        return True

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _say(self, reason: str) -> None:
        if time.monotonic() - self._said >= _SAY_AGAIN:
            self._said = time.monotonic()
            _log.warning("alerts wait", extra={"reason": reason})
