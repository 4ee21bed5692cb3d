"""`biowire ingest`: import or backfill items."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from connectors.broker import Broker
from connectors.console import Context, json_option, pass_context, print_json
from connectors.errors import UserError

from ..alerting.embedded import AlertStage
from ..embedded import Instance
from ..ingest import ingest as take
from ..seeds_files import starter_feeds, vocabulary
from ..subscriptions.choose import subscriptions
from ..summary import print_summary, summary


@click.command()
@click.argument("file")
@click.option(
    "--wait",
    metavar="SECONDS",
    type=click.IntRange(1),
    help="With a broker: wait so long until workers have taken everything on.",
)
@click.option("--no-alerts", is_flag=True, help="Tell nobody of what comes in, neither now nor later.")
@json_option
@pass_context
def ingest(context: Context, file: str, wait: int | None, no_alerts: bool, as_json: bool) -> None:
    """Take items from FILE (JSON Lines, gzipped or not; - for standard input) through the same path as feeds.

    What the store already has is skipped; a run that was stopped goes on where it was. Subscriptions are
    worked in step; messages go out from `biowire run`. With a broker, items are handed over to Kafka and this
    command ends when all are there; workers then take them on.

    Example: biowire ingest archive.jsonl.gz --json
    """
    if context.distributed:
        if no_alerts:
            raise UserError("Workers decide on alerts, so --no-alerts works without a broker only.")
        _publish(context, file, wait, as_json=as_json)
        return
    with (
        Instance(context.store, vocabulary(context.settings), starter_feeds()) as instance,
        subscriptions(context) as kept,
        AlertStage(instance, kept) as stage,
        _progress("Ingesting") as progress,
    ):
        outcomes = take(
            instance,
            file,
            datetime.now(UTC),
            progress,
            worked=lambda: stage.step(datetime.now(UTC)),
            quiet=no_alerts,
        )
        result = summary(instance, outcomes, alerts=stage.counts())
    if as_json:
        print_json(result)
    else:
        print_summary(result)


def _publish(context: Context, file: str, wait: int | None, *, as_json: bool) -> None:
    from connectors.kafka_errors import broker_needed

    from ..publish_items import publish_items

    broker = broker_needed(context.settings)
    with _progress("Publishing") as progress:
        done = publish_items(broker, context.home, file, datetime.now(UTC), progress)
    result: dict[str, Any] = {
        "entries": done.lines,
        "published": done.published,
        "published_before": done.before,
        "seconds": done.seconds,
    }
    if wait:
        result["waited"] = _wait_for_workers(broker, wait)
    if as_json:
        print_json(result)
        return
    again = f" ({done.before:,} were by an earlier run)" if done.before else ""
    click.echo(
        f"{done.published:,} of {done.lines:,} items handed over to Kafka in {done.seconds:.1f} s{again}. "
        "What becomes of them is counted by the workers; see `biowire status`."
    )


def _wait_for_workers(broker: Broker, seconds: int) -> float:
    """Return the seconds until nothing was outstanding. Raises UserError when that takes too long."""
    from .. import control
    from ..lag import lag

    began = time.monotonic()
    generation = control.live(broker).live
    while outstanding := lag(broker, generation).total:
        if time.monotonic() > began + seconds:
            raise UserError(
                f"After {seconds} s {outstanding:,} messages are still to be worked. They are in Kafka, "
                "and will be once `biowire worker` runs."
            )
        time.sleep(0.5)
    return round(time.monotonic() - began, 1)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, float], None]]:
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[lines]:,} items"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with shown:
        task = shown.add_task(what, total=1.0, lines=0)
        yield lambda lines, share: shown.update(task, completed=share, lines=lines)
