"""`biowire demo`: the whole embedded path on the sample world, offline, over real HTTP on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from connectors.console import Context, json_option, pass_context, print_json
from connectors.errors import UserError
from connectors.feed_changes import fetch_now
from connectors.opml import read_opml
from connectors.settings import FetchSettings, load
from seeds.world import server
from streams.alerting.embedded import AlertStage
from streams.embedded import Instance
from streams.monitor import Monitor
from streams.seeds_files import sample_subscriptions, vocabulary
from streams.subscriptions.files import FileSubscriptions
from streams.summary import print_summary, summary

from .live import shown
from .run import feeds_of, stopping

TICK = 3.0
"""Seconds after which the sample world has something new."""


@click.command()
@click.option("--once", is_flag=True, help="Stop when all is processed and print the summary.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the sample world [default: 8899].")
@json_option
@pass_context
def demo(context: Context, once: bool, port: int | None, as_json: bool) -> None:
    """Watch the whole path work on invented feeds, served on this machine only; nothing else is touched.

    Its pages are at http://127.0.0.1:8383, or the next port that is free, until Ctrl-C.

    The demo keeps its store in the folder `demo` of your biowire home and starts it anew each time.

    Example: biowire demo --once --json
    """
    home = context.home / "demo"
    _fresh(home)
    result = asyncio.run(
        _demo(context, home, port if port is not None else context.settings["demo_port"], once=once)
    )
    if as_json:
        print_json(result)
    else:
        print_summary(result)
        click.echo(f"\nLook around: biowire serve --home {home}")


def _fresh(home: Path) -> None:
    """Remove what an earlier demo left, and nothing but that."""
    if home.exists():
        if not (home / MARK).exists() and any(home.iterdir()):
            raise UserError(f"The folder {home} is not the demo's; choose another with --home.")
        for path in (*home.glob("biowire.db*"), *home.glob("alerts.db*")):
            path.unlink()
        shutil.rmtree(home / SUBSCRIPTIONS, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()
    sample_subscriptions(home / SUBSCRIPTIONS)


MARK = ".biowire-demo"
SUBSCRIPTIONS = "subscriptions"


async def _demo(context: Context, home: Path, port: int, *, once: bool) -> dict[str, Any]:
    try:
        world = await server.serve(port, pause=0.2 if once else 1.5)
    except OSError as cause:
        raise UserError(
            f"Port {port} is taken ({cause.strerror}); choose another with `biowire demo --port N`."
        ) from cause
    async with world:
        settings = _settings(load(context.settings), world.port)
        with (
            Instance(home / "biowire.db", vocabulary(context.settings)) as instance,
            AlertStage(instance, FileSubscriptions(home / SUBSCRIPTIONS)) as stage,
        ):
            instance.add_feeds(read_opml(world.opml))
            days = _Days()
            monitor = Monitor(instance, settings, lookup=_loopback, timer=days.timer, worked=stage.step)
            if once:
                await monitor.run_at(_looks_once(world, days))
            else:
                await _live(_context(context, home), world, monitor, instance, days)
            return summary(
                instance,
                monitor.progress.settled(),
                alerts=stage.counts(),
                feeds=feeds_of(monitor.progress),
            )


async def _live(
    context: Context, world: server.Running, monitor: Monitor, instance: Instance, days: _Days
) -> None:
    """Let the world go on, and show it to whoever opens the pages, until told to stop."""
    from .server import answering, listen

    place = listen(context, "127.0.0.1", context.settings["web_port"], neighbours=True)
    title = f"biowire demo: open {place.url}; its invented world is at {world.url}"
    async with (
        stopping() as stop,
        answering(context, place, instance, lambda: None),  # every feed is looked at all the time
        shown(monitor, instance, title),
    ):
        await monitor.run_at(_looks_until(world, instance, days, stop))


def _context(context: Context, home: Path) -> Context:
    """Of the demo's own store, whatever servers our settings name."""
    return replace(context, home=home, settings={**context.settings, "broker": "", "index": ""})


def _settings(settings: FetchSettings, port: int) -> FetchSettings:
    """Ours, but allowed to reach the sample world's port and in no need to spare it."""
    return replace(settings, allow=(*settings.allow, f"127.0.0.1:{port}"), host_delay=0.0)


async def _loopback(host: str) -> list[str]:
    """Every outlet of the sample world is on this machine; no name is asked of any resolver."""
    if host != "localhost" and not host.endswith(".localhost"):
        raise OSError(f"the demo knows no host {host}")
    return ["127.0.0.1"]


class _Days:
    """The demo's days: each look at the feeds is 45 days after the last, so that every feed is due."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def next(self) -> datetime:
        """Go on to the next look."""
        self.now += timedelta(days=45)
        return self.now

    def timer(self) -> float:
        """Seconds, for politeness: a server that wants a minute's rest has had it by the next look."""
        return self.now.timestamp()


async def _looks_once(world: server.Running, days: _Days) -> AsyncIterator[datetime]:
    """Look, look again at those that were busy, let the world go on, and look twice more."""
    yield days.next()
    yield days.next()
    world.finish()
    yield days.next()
    yield days.next()


async def _looks_until(
    world: server.Running, instance: Instance, days: _Days, stop: asyncio.Event
) -> AsyncIterator[datetime]:
    """Look at every feed every few seconds, by the true clock, so that the times on the pages are true."""
    while not stop.is_set():
        days.next()
        with instance.database.transaction():
            for known in instance.feeds.all():
                if not known.state.retired:
                    fetch_now(instance.feeds, known.feed.url)
        yield datetime.now(UTC)
        world.advance()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TICK)
