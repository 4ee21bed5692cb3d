"""`biowire run`: continuous monitoring in one process."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import click

from connectors.console import Context, json_option, pass_context, print_json
from connectors.errors import UserError
from connectors.opml import read_opml
from connectors.records import Feed
from connectors.service import ServiceReport
from connectors.settings import load
from streams.alerting.embedded import AlertStage
from streams.alerting.service import AlertService, alongside, posted
from streams.embedded import Instance
from streams.monitor import Monitor, Progress
from streams.retention import Cutoffs, cutoffs
from streams.seeds_files import starter_feeds, vocabulary
from streams.subscriptions.choose import subscriptions
from streams.summary import print_summary, summary

from .live import shown

_NOTHING_YET = ServiceReport(feeds={}, entries=0, items=0, pages_fetched=0, pages_failed={})


@click.command()
@click.option("--feeds", "opml", metavar="FILE.opml", help="Add the feeds of this list first.")
@click.option("--starter", is_flag=True, help="Add the feeds that ship with biowire first.")
@click.option("--once", is_flag=True, help="Look at every feed that is due, once, and stop.")
@click.option("--no-web", is_flag=True, help="Do not answer HTTP meanwhile (see `biowire serve`).")
@json_option
@pass_context
def run(context: Context, opml: str | None, starter: bool, once: bool, no_web: bool, as_json: bool) -> None:
    """Fetch what is due, process it, index it, send alerts, and answer HTTP; until Ctrl-C or SIGTERM.

    Its pages are at http://127.0.0.1:8383: without any feed yet, they are where to choose some.

    Example: biowire run --feeds my-feeds.opml
    """
    added = [*(_read(opml) if opml else ()), *(starter_feeds() if starter else ())]
    settings = load(context.settings)
    with (
        Instance(context.store, vocabulary(context.settings), starter_feeds()) as instance,
        subscriptions(context) as kept,
        AlertStage(instance, kept) as stage,
    ):
        instance.add_feeds(added)
        if (once or no_web) and not instance.feeds.all():  # nobody could add one meanwhile
            raise UserError(
                "There are no feeds yet. Add one with `biowire feeds add URL`, a list with "
                "`biowire run --feeds FILE.opml`, or start with ours by `biowire run --starter`."
            )
        monitor = Monitor(
            instance,
            settings,
            housekeeping=lambda now: _forget(instance, stage, cutoffs(context.settings, now)),
            worked=stage.live,
        )
        with context.observed() as observer, posted(context) as post:
            observer.counting(lambda: monitor.progress.service or _NOTHING_YET)
            service = AlertService(post)
            progress = asyncio.run(
                _once(monitor, service)
                if once
                else _until_stopped(context, monitor, instance, service, web=not no_web)
            )
        sent = dict(service.deliverer.settled)
        result = summary(
            instance, progress.settled(), alerts=stage.counts(), messages=sent, feeds=feeds_of(progress)
        )
    if as_json:
        print_json(result)
    else:
        print_summary(result)


def _forget(instance: Instance, stage: AlertStage, due: Cutoffs) -> None:
    instance.forget(due)
    stage.forget(due)


def feeds_of(progress: Progress) -> dict[str, int]:
    """Looks at feeds by outcome, for the summary."""
    return dict(progress.service.feeds) if progress.service else {}


async def _once(monitor: Monitor, service: AlertService) -> Progress:
    progress = await monitor.run_once(datetime.now(UTC))
    await service.once()
    return progress


async def _until_stopped(
    context: Context, monitor: Monitor, instance: Instance, service: AlertService, *, web: bool
) -> Progress:
    async with (
        stopping() as stop,
        alongside(service, stop),
        _answering(context, monitor, instance, web=web) as url,
    ):
        title = f"biowire is monitoring{f': open {url}' if url else ''}"
        async with shown(monitor, instance, title):
            return await monitor.run(stop)


@contextlib.asynccontextmanager
async def _answering(
    context: Context, monitor: Monitor, instance: Instance, *, web: bool
) -> AsyncIterator[str]:
    """Answer HTTP while the body runs; where, or empty for nowhere."""
    if not web:
        yield ""
        return
    from .server import answering, listen

    place = listen(context, context.settings["web_host"], context.settings["web_port"], neighbours=True)
    async with answering(context, place, instance, monitor.wake):
        yield place.url


@contextlib.asynccontextmanager
async def stopping() -> AsyncIterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set, so that what is under way is finished."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _read(path: str) -> tuple[Feed, ...]:
    try:
        data = Path(path).read_bytes()
    except OSError as cause:
        raise UserError(f"The feed list {path} cannot be read: {cause.strerror}.") from cause
    return read_opml(data)
