"""A deliverer in a process of its own, started in a moment and killed without warning."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import signal
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from connectors.console import Context
from streams.alerting.delivering import Terms
from streams.alerting.service import AlertService, posted
from streams.core.alerts.planning import Pace
from streams.core.alerts.retrying import Patience

_PRELOAD = [
    "deliverer_child",
    "streams.channels.email",
    "streams.channels.webhook",
    "streams.rendering.chart",
]


@dataclass(frozen=True)
class FastClock:
    """Time that runs so many times as fast from a moment on, the same in every process."""

    start: datetime
    begun: float
    """`time.time()` at the start."""
    speed: float = 1.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.time() - self.begun) * self.speed)


def real_time() -> FastClock:
    """The clock on the wall."""
    begun = time.time()
    return FastClock(datetime.fromtimestamp(begun, UTC), begun)


def quick(seconds: float, speed: float = 1.0, poll: float = 0.05) -> Terms:
    """Terms of a test: tries take some seconds at most, claims twice that, of a clock with that speed."""
    return Terms(
        at_once=8,
        most=seconds,
        lease=timedelta(seconds=2 * seconds * speed),
        poll=poll,
        patience=Patience(
            first=timedelta(seconds=0.05 * speed), longest=timedelta(seconds=0.5 * speed), tries=200
        ),
    )


class Deliverers:
    """`with Deliverers(...) as them`: so many processes that deliver from one home, until they are told to stop."""

    def __init__(
        self, home: Path, settings: dict[str, Any], terms: Terms, clock: FastClock, count: int
    ) -> None:
        self._given = home, settings, terms, clock
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOAD)
        self._count = count
        self.processes: list[BaseProcess] = []

    def __enter__(self) -> Deliverers:
        self.processes = [self._start() for _ in range(self._count)]
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.kill()
            process.join()

    def _start(self) -> BaseProcess:
        process = self._context.Process(target=_deliver, args=self._given)
        process.start()
        return process

    def kill(self, place: int) -> None:
        """SIGKILL, and another takes its place."""
        self.processes[place].kill()
        self.processes[place].join()
        assert self.processes[place].exitcode == -signal.SIGKILL
        self.processes[place] = self._start()

    def stop(self, within: float) -> list[float]:
        """SIGTERM to all; how long each took to end well."""
        begun = time.monotonic()
        for process in self.processes:
            process.terminate()
        took = []
        for process in self.processes:
            process.join(within)
            assert process.exitcode == 0, process.exitcode
            took.append(time.monotonic() - begun)
        return took


def _deliver(home: Path, settings: dict[str, Any], terms: Terms, clock: FastClock) -> None:
    logging.disable()  # failing receivers are what is tested
    with posted(Context(home=home, settings=settings)) as post:
        pace = Pace(gap=timedelta(0), behind=timedelta(0))
        service = AlertService(replace(post, terms=terms, pace=pace), clock=clock.now)
        asyncio.run(_until_stopped(service))


async def _until_stopped(service: AlertService) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with contextlib.suppress(asyncio.CancelledError):
        await service.run(stop)
