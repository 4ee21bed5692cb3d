"""A connector of the distributed mode: the feeds that are ours, fetched and published, until told to stop.

feed list ─► store ─► service ─► publisher ─► articles.raw
    ▲ group of connectors          └ confirmed ─► state ─► feeds.state
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Self

from .broker import Broker
from .feed_list import FeedList
from .feed_topics import feed_partitions
from .http import Client, Lookup
from .publish.kafka import DELIVERY, KafkaPublisher
from .reader import Reader
from .service import Service, ServiceReport
from .settings import FetchSettings
from .state.kafka import KafkaFeedStateStore
from .topic_writer import TopicWriter

CLOSING = 5.0
"""Seconds states have to be written at the end."""
Clock = Callable[[], datetime]


class Connector:
    """`async with Connector(…) as connector`, then `run` or `run_once`."""

    def __init__(
        self,
        broker: Broker,
        settings: FetchSettings,
        member: str,
        *,
        lookup: Lookup | None = None,
        clock: Clock = lambda: datetime.now(UTC),
        delivery: float = DELIVERY,
    ) -> None:
        """`member`: a name in the group that is kept over restarts; no two running connectors share one.

        `delivery`: seconds the brokers have to confirm items before a feed is told to try again later.
        """
        self._broker, self._settings, self._member = broker, settings, member
        self._lookup, self._clock, self._delivery = lookup, clock, delivery
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open clients. Raises UserError when the brokers or their topics are not as they should be."""
        async with self._stack:
            publisher = await asyncio.to_thread(
                KafkaPublisher, self._broker, clock=self._clock, delivery=self._delivery
            )
            self._stack.push_async_callback(asyncio.to_thread, publisher.close)
            self._writer = await asyncio.to_thread(TopicWriter, self._broker)
            self._stack.push_async_callback(asyncio.to_thread, self._writer.close, CLOSING)
            self.store = KafkaFeedStateStore(
                self._broker,
                await asyncio.to_thread(feed_partitions, self._broker),
                self._writer,
            )
            reader = self._stack.enter_context(Reader())
            client = await self._stack.enter_async_context(Client(self._settings, lookup=self._lookup))
            self.service = Service(
                client=client,
                store=self.store,
                publisher=publisher,
                reader=reader,
                settings=self._settings,
                clock=self._clock,
            )
            self._list = FeedList(
                self._broker,
                self.store,
                self._writer,
                member=self._member,
                changed=self.service.wake,
                taken=self.service.abandon,
                pause=self._settings.host_delay,
            )
            self._stack = self._stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close clients; at most some seconds each."""
        await self._stack.aclose()

    @property
    def report(self) -> ServiceReport:
        """The counters so far."""
        return self.service.report

    @property
    def waits(self) -> str:
        """What is waited for, in words; empty when nothing is."""
        return self._list.waits

    async def run(self, stop: asyncio.Event) -> ServiceReport:
        """Fetch what is due until told to stop. Raises UserError for what only a person can mend."""
        async with self._member_of_group() as ended:
            watching = asyncio.create_task(self.service.run(stop))
            await asyncio.wait({watching, ended}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            await watching
        return self.report

    async def run_once(self, stop: asyncio.Event) -> ServiceReport:
        """Look once at everything that is due among the feeds given to us."""
        async with self._member_of_group() as ended:
            looking = asyncio.create_task(self._look_once())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({looking, stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
        return self.report

    async def _look_once(self) -> None:
        await self._list.ready()
        await self.service.run_once(self._clock())

    @contextlib.asynccontextmanager
    async def _member_of_group(self) -> AsyncIterator[asyncio.Task[None]]:
        self._list.start()
        ended = asyncio.create_task(self._list.ended())
        try:
            yield ended
        finally:
            await self._list.stop()
            await ended
