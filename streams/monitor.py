"""Continuous monitoring in one process: the connector's service and the pipeline side by side.

    service ─► log ─► pipeline ─► documents ─► alerts
               └ wake ┘

Everything runs in one event loop on one connection: the service waits for the network, the pipeline works a
batch whenever there are lines, and neither sees half of what the other does.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.http import Client, Lookup
from connectors.publish.log import Log
from connectors.reader import Reader
from connectors.records import Item
from connectors.service import Service, ServiceReport
from connectors.settings import FetchSettings

from .core.records import Outcome
from .embedded import Instance

HOUSEKEEPING = 3600.0
"""Seconds between two looks at what retention lets go."""

LIVE_BATCH = 100
"""Items worked between two looks at the network; under a fifth of a second."""

Clock = Callable[[], datetime]


class _WakingPublisher:
    """Appends to the log, and wakes the pipeline."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log, self._clock = log, clock
        self.lines = asyncio.Event()
        self.repeated = 0

    async def publish(self, items: Sequence[Item]) -> None:
        """See Publisher: durable when it returns."""
        appended = self._log.append_items(items, self._clock())
        self.repeated += appended.repeated
        self.lines.set()


@dataclass(slots=True)
class Progress:
    """What a monitor has done so far; read by whoever shows it."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    service: ServiceReport | None = None

    def settled(self) -> Counter[Outcome]:
        """Outcomes of every entry fetched: those the feed had delivered before are duplicates."""
        total = Counter(self.outcomes)
        if self.service is not None:
            total["duplicate"] += self.service.entries - self.service.items
        return +total


class Monitor:
    """Looks at feeds as they fall due and works what they bring."""

    def __init__(
        self,
        instance: Instance,
        settings: FetchSettings,
        *,
        lookup: Lookup | None = None,
        clock: Clock = lambda: datetime.now(UTC),
        timer: Callable[[], float] = time.monotonic,
        housekeeping: Callable[[datetime], object] = lambda _: None,
        worked: Callable[[datetime], object] = lambda _: None,
    ) -> None:
        """`timer`: seconds for politeness. `housekeeping` is called at the start and every hour.

        `worked` is called at the start, after every batch, and every second.
        """
        self._instance = instance
        self._settings = settings
        self._lookup = lookup
        self._clock = clock
        self._timer = timer
        self._housekeeping = housekeeping
        self._worked = worked
        self._running: Service | None = None
        self.progress = Progress()

    async def run(self, stop: asyncio.Event) -> Progress:
        """Monitor until told to stop; what is under way is finished."""
        async with self._service() as (service, publisher):
            self._running = service
            working = asyncio.create_task(self._work(publisher, service))
            watching = asyncio.create_task(service.run(stop))
            keeping = asyncio.create_task(self._keep_house())
            try:
                await asyncio.wait({working, watching, keeping}, return_when=asyncio.FIRST_COMPLETED)
                stop.set()
                await watching
            finally:
                keeping.cancel()
                await self._finish(working, publisher, service)
        return self.progress

    def wake(self) -> None:
        """Look at the feed list again: it was changed."""
        if self._running is not None:
            self._running.wake()

    async def run_once(self, *moments: datetime) -> Progress:
        """Look once at every feed that is due at each of the moments, and work all of it."""

        async def given() -> AsyncIterator[datetime]:
            for moment in moments:
                yield moment

        return await self.run_at(given())

    async def run_at(self, moments: AsyncIterable[datetime]) -> Progress:
        """The same for moments that are still to come."""
        self._worked(self._clock())
        async with self._service() as (service, publisher):
            async for moment in moments:
                await service.run_once(moment)
                await self._drain(service)
            self.progress.outcomes["duplicate"] += publisher.repeated
        return self.progress

    @contextlib.asynccontextmanager
    async def _service(self) -> AsyncIterator[tuple[Service, _WakingPublisher]]:
        publisher = _WakingPublisher(self._instance.log, self._clock)
        reader = Reader()
        try:
            async with Client(self._settings, lookup=self._lookup) as client:
                yield (
                    Service(
                        client=client,
                        store=self._instance.feeds,
                        publisher=publisher,
                        reader=reader,
                        settings=self._settings,
                        clock=self._clock,
                        timer=self._timer,
                    ),
                    publisher,
                )
        finally:
            reader.close()

    async def _work(self, publisher: _WakingPublisher, service: Service) -> None:
        while True:
            publisher.lines.clear()
            self._worked(self._clock())
            while tally := self._instance.step(LIVE_BATCH):
                self._count(tally, service)
                self._worked(self._clock())
                await asyncio.sleep(0)
            self.progress.service = service.report
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(publisher.lines.wait(), timeout=1.0)

    async def _keep_house(self) -> None:
        while True:
            self._housekeeping(self._clock())
            await asyncio.sleep(HOUSEKEEPING)

    async def _finish(
        self, working: asyncio.Task[None], publisher: _WakingPublisher, service: Service
    ) -> None:
        if working.done():
            working.result()  # its error is the monitor's
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        await self._drain(service)
        self.progress.outcomes["duplicate"] += publisher.repeated

    async def _drain(self, service: Service) -> None:
        while tally := self._instance.step(LIVE_BATCH):
            self._count(tally, service)
            self._worked(self._clock())
            await asyncio.sleep(0)  # whoever asks for a page meanwhile is answered
        self.progress.service = service.report

    def _count(self, tally: Counter[Outcome], service: Service) -> None:
        self.progress.outcomes += tally
        self.progress.service = service.report
