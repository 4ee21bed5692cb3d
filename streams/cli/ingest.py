"""`biowire ingest`: import or backfill items."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from connectors.console import Context, json_option, pass_context, print_json

from ..embedded import Instance
from ..ingest import ingest as take
from ..seeds_files import starter_feeds, vocabulary
from ..summary import print_summary, summary


@click.command()
@click.argument("file")
@json_option
@pass_context
def ingest(context: Context, file: str, as_json: bool) -> None:
    """Take items from FILE (JSON Lines, gzipped or not; - for standard input) through the same path as feeds.

    What the store already has is skipped; a run that was stopped goes on where it was.

    Example: biowire ingest archive.jsonl.gz --json
    """
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[lines]:,} items"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with Instance(context.store, vocabulary(context.settings), starter_feeds()) as instance, shown:
        task = shown.add_task("Ingesting", total=1.0, lines=0)
        outcomes = take(
            instance,
            file,
            datetime.now(UTC),
            lambda lines, share: shown.update(task, completed=share, lines=lines),
        )
        result = summary(instance, outcomes)
    if as_json:
        print_json(result)
    else:
        print_summary(result)
