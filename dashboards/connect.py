"""`biowire connect`: the fetching part of the distributed mode."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from connectors.broker import Broker, member_id
from connectors.connector import Connector
from connectors.console import Context, json_option, pass_context, print_json
from connectors.errors import UserError
from connectors.feed_editor import add_feeds
from connectors.feed_topics import feed_partitions
from connectors.kafka_errors import broker_needed
from connectors.opml import read_opml
from connectors.service import ServiceReport
from connectors.service_log import log_as_service
from connectors.settings import FetchSettings, load
from connectors.waiting import PATIENCE, patiently
from streams.metrics import Metrics, observed
from streams.seeds_files import starter_feeds

from .run import stopping


@click.command()
@click.option("--feeds", "opml", metavar="FILE.opml", help="Add the feeds of this list first.")
@click.option("--starter", is_flag=True, help="Add the feeds that ship with biowire first.")
@click.option("--once", is_flag=True, help="Look at every feed that is due, once, and stop.")
@click.option(
    "--wait",
    default=PATIENCE,
    show_default=True,
    type=click.IntRange(0),
    help="Seconds to wait at the start for a broker that is not there yet.",
)
@json_option
@pass_context
def connect(context: Context, opml: str | None, starter: bool, once: bool, wait: int, as_json: bool) -> None:
    """Fetch the feeds of the list in Kafka and hand their items over to it; until Ctrl-C or SIGTERM.

    Run as many as you like, each with a worker_id of its own: they share the feeds out among themselves.

    Example: biowire connect --broker kafka://kafka.example.org:9092
    """
    broker, settings = broker_needed(context.settings), load(context.settings)
    log_as_service()
    patiently(lambda: feed_partitions(broker), wait)
    added = [
        *(read_opml(_read(opml)) if opml else ()),
        *(starter_feeds() if starter else ()),
    ]
    if added:
        add_feeds(broker, added)
    member = member_id(context.settings, context.home, "connect")
    with observed(context.settings) as metrics:
        report = asyncio.run(_work(broker, settings, member, metrics, once=once))
    _show(report, as_json=as_json)


async def _work(
    broker: Broker, settings: FetchSettings, member: str, metrics: Metrics, *, once: bool
) -> ServiceReport:
    async with stopping() as stop, Connector(broker, settings, member) as connector:
        metrics.counting(lambda: connector.report)
        metrics.health(lambda: [f"waiting: {connector.waits}"] if connector.waits else [])
        return await (connector.run_once(stop) if once else connector.run(stop))


def _show(report: ServiceReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    looks = ", ".join(f"{number:,} {outcome.replace('_', ' ')}" for outcome, number in report.feeds.items())
    click.echo(f"Looks at feeds: {looks}.")
    click.echo(f"{report.items:,} of {report.entries:,} entries were new or changed, and are in Kafka.")
    click.echo(f"{report.pages_fetched:,} article pages fetched, {sum(report.pages_failed.values()):,} not.")


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as cause:
        raise UserError(f"The feed list {path} cannot be read: {cause.strerror}.") from cause
