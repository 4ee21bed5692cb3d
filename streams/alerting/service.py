"""Planner and deliverer as a service: beside `run` in a thread of its own, or by themselves.

    alerts.db ─► planner ─► outbox ─► deliverer ─► channels

A thread, because a chart to draw or a database to wait for must not keep feeds from being fetched.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.cli.feeds import known_feeds
from connectors.console import Context
from connectors.database import Database
from connectors.errors import BiowireError

from ..alerts.sqlite import SqliteAlertStore
from ..channels.choose import channel_for
from ..core.alerts.addresses import checked_base
from ..core.alerts.planning import Pace
from ..outbox import Outbox
from ..outbox.sqlite import SqliteOutbox
from ..signing import signing_of
from ..subscriptions import SubscriptionStore
from ..subscriptions.choose import subscriptions
from .delivering import ChannelFor, Clock, Compose, Deliverer, Terms
from .file import alerts_file, open_alerts
from .messages import Messages
from .planning import CurrentSubscriptions, Planner

RESTART = 5.0
"""Seconds after something went wrong that should not, such as a full disk."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is planned and delivered from, and how."""

    outbox: Outbox
    subscriptions: SubscriptionStore
    compose: Compose
    channel_for: ChannelFor
    terms: Terms
    pace: Pace


class AlertService:
    """Plans and delivers."""

    def __init__(self, post: Post, *, clock: Clock = lambda: datetime.now(UTC)) -> None:
        current = CurrentSubscriptions(post.subscriptions)
        self._clock = clock
        self._poll = post.terms.poll
        self.planner = Planner(post.outbox, current, post.pace)
        self.deliverer = Deliverer(
            post.outbox,
            current,
            post.compose,
            post.channel_for,
            worker=f"{os.getpid()}-{secrets.token_hex(4)}",
            terms=post.terms,
            clock=clock,
        )

    async def once(self) -> int:
        """Make up and send everything that is due; return how many messages were made up."""
        queued = self.planner.plan(self._clock())
        await self.deliverer.run_once()
        return queued

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until told to stop, whatever happens meanwhile."""
        while not stop.is_set():
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._plan(stop))
                    tasks.create_task(self.deliverer.run(stop))
            except* BiowireError as causes:
                _log.warning("delivery waits", extra={"reason": str(causes.exceptions[0])})
            except* Exception:  # noqa: BLE001 - outer wall: claims run out, what was under way is sent again
                _log.exception("delivery interrupted")
            await _pause(stop, RESTART)

    async def _plan(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.planner.plan(self._clock())
            await _pause(stop, self._poll)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


@contextlib.contextmanager
def posted(context: Context) -> Iterator[Post]:
    """Open the alerts of this home. Raises UserError for settings that nothing could be sent by."""
    database = open_alerts(alerts_file(context.store))
    try:
        with subscriptions(context) as kept:
            yield post_of(context, database, SqliteOutbox(database), kept)
    finally:
        database.close()


def post_of(context: Context, database: Database, outbox: Outbox, kept: SubscriptionStore) -> Post:
    """What is planned and delivered from an open file. Raises UserError for settings of no use."""
    settings = context.settings
    signing = signing_of(context.home, settings)
    # a claim has to be on the disk before its message leaves, or a power cut would hide that it may have
    database.connection.execute("PRAGMA synchronous = FULL")
    messages = Messages(
        SqliteAlertStore(database),
        base_url=checked_base(str(settings["public_url"])),
        sign=signing.token,
        feeds=lambda: known_feeds(context),
    )
    seconds = float(settings["message_seconds"])
    return Post(
        outbox=outbox,
        subscriptions=kept,
        compose=messages.compose,
        channel_for=lambda url: channel_for(url, settings, signing),
        terms=Terms(most=seconds + 30, lease=timedelta(seconds=2 * seconds + 60)),
        pace=Pace(),
    )


@contextlib.asynccontextmanager
async def alongside(service: AlertService, stop: asyncio.Event) -> AsyncIterator[None]:
    """Let the service run in a thread while the body does; it ends when `stop` is set, or with the body."""
    beside = Beside(service.run)
    follower = asyncio.create_task(_follow(stop, beside))
    try:
        yield
    finally:
        follower.cancel()
        beside.stop()
        await asyncio.to_thread(beside.join)


async def _follow(stop: asyncio.Event, beside: Beside) -> None:
    await stop.wait()
    beside.stop()


class Beside:
    """An event loop in a thread."""

    def __init__(self, run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._run = run
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="alerts")
        self._thread.start()
        self.join = self._thread.join

    async def _main(self) -> None:
        self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
        self._ready.set()
        await self._run(self._stop)

    def stop(self) -> None:
        """Tell it to end; `join` waits for that."""
        self._ready.wait()
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._stop.set)
