"""`biowire replay`: the past under the present vocabulary."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace as with_fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from connectors.console import Context, json_option, pass_context, print_json, safe
from connectors.errors import UserError

from ..core.compiled import Vocabulary
from ..core.query_dates import read_since
from ..embedded import Instance
from ..replay import Progress as Told
from ..replay import Report, replay_since
from ..replay import replay as replay_all
from ..seeds_files import starter_feeds
from ..seeds_files import vocabulary as load


@click.command()
@click.option("--since", metavar="D", help="Only documents since this date, time or age (2026-11-01, 30d).")
@click.option("--vocabulary", "folder", metavar="DIR", help="Use the vocabulary of this folder instead.")
@click.option("--diff", is_flag=True, help="Report gained, lost and changed flags and labels; write nothing.")
@click.option("--limit", default=100, show_default=True, help="Changes listed one by one.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Distributed: own processes."
)
@click.option("--abandon", is_flag=True, help="Distributed: remove the generation that is being built.")
@click.option("--drop-old", is_flag=True, help="Distributed: remove the generations before the live one.")
@json_option
@pass_context
def replay(
    context: Context,
    since: str | None,
    folder: str | None,
    diff: bool,
    limit: int,
    workers: int,
    abandon: bool,
    drop_old: bool,
    as_json: bool,
) -> None:
    """Run the kept raw items through the current (or a given) vocabulary again.

    In distributed mode the items go into a new generation of the index, which takes the place of the live
    one when it has caught up; what is stopped goes on when the same command is given again.

    Example: biowire replay --vocabulary ./my-vocabulary --diff
    """
    if folder:
        context = with_fields(context, settings=dict(context.settings) | {"vocabulary": folder})
    if context.distributed:
        _distributed(
            context, since, diff=diff, limit=limit, workers=workers, tidy=(abandon, drop_old), as_json=as_json
        )
        return
    if abandon or drop_old:
        raise UserError("An embedded store has no generations: there is nothing to abandon or to drop.")
    vocabulary = load(context.settings)
    start = _start(since) if since else None
    _existing(context.store)
    with _progress() as progress, Instance(context.store, vocabulary, starter_feeds()) as instance:
        instance.drain()
        if start is None:
            report = replay_all(instance, vocabulary, starter_feeds(), write=not diff, progress=progress)
        else:
            report = replay_since(instance, vocabulary, start, write=not diff, progress=progress)
    _tell(report, limit, written=not diff, as_json=as_json)


def _distributed(
    context: Context,
    since: str | None,
    *,
    diff: bool,
    limit: int,
    workers: int,
    tidy: tuple[bool, bool],
    as_json: bool,
) -> None:
    from connectors.kafka_errors import broker_needed

    from ..reading.distributed import index_needed
    from ..replay.distributed import Place, abandon, drop_old, rebuild

    if since:
        raise UserError("In distributed mode a replay renews everything; leave --since out.")
    place = Place(
        context=context,
        broker=broker_needed(context.settings),
        index=index_needed(context.settings),
        home=context.home / "replay",
    )
    if any(tidy):
        removed = [abandon(place)] if tidy[0] else drop_old(place)
        if as_json:
            print_json({"removed": removed})
        else:
            click.echo(f"Removed generations: {', '.join(map(str, removed)) or 'none'}.")
        return
    vocabulary = load(context.settings)
    with _progress() as progress:
        if diff:
            report = _difference(context, vocabulary, progress)
        else:
            report = rebuild(place, vocabulary, workers=workers, progress=progress, say=_say)
    _tell(report, limit, written=not diff, as_json=as_json)
    if not diff:
        _say("The generation before is kept: `biowire replay --drop-old` removes it.")


def _difference(context: Context, vocabulary: Vocabulary, progress: Told) -> Report:
    """Against what the index holds; nothing is written but a folder that is gone afterwards."""
    from connectors.kafka_errors import broker_needed

    from ..reading import reading
    from ..replay import compare
    from ..replay.log import replayed

    with (
        reading(context, fresh=True) as ports,
        replayed(broker_needed(context.settings), vocabulary, context.home, progress) as instance,
    ):
        return compare(ports.index.scan(), instance.index.scan(), vocabulary.version)


def _say(sentence: str) -> None:
    click.echo(safe(sentence), err=True)


@contextmanager
def _progress() -> Iterator[Told]:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as shown:
        task = shown.add_task("Replaying", total=None)

        def progress(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        yield progress


def _start(since: str) -> datetime:
    try:
        return read_since(since, datetime.now(UTC))
    except ValueError as cause:
        raise UserError(str(cause)) from cause


def _existing(store: Path) -> None:
    """A replay never creates a store."""
    from ..embedded import reading

    with reading(store):
        pass


def _tell(report: Report, limit: int, *, written: bool, as_json: bool) -> None:
    if as_json:
        fields: dict[str, Any] = report.as_fields(limit) | {"written": written}
        print_json(fields)
        return
    for change in report.changes[:limit]:
        click.echo(safe(f"{change.id}  {change.title}"))
        for sign, what in (*(("+", one) for one in change.gained), *(("-", one) for one in change.lost)):
            click.echo(f"    {sign} {safe(what)}")
    if len(report.changes) > limit:
        click.echo(f"… and {len(report.changes) - limit} more.")
    done = "written" if written else "nothing written"
    click.echo(
        f"{len(report.changes)} of {report.documents} documents change under vocabulary "
        f"{report.vocabulary_after}; {done}."
    )
