"""`biowire replay`: the past under the present vocabulary."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from connectors.console import Context, json_option, pass_context, print_json, safe
from connectors.errors import UserError

from ..core.query_dates import read_since
from ..embedded import Instance
from ..replay import Report, replay_since
from ..replay import replay as replay_all
from ..seeds_files import starter_feeds
from ..seeds_files import vocabulary as load


@click.command()
@click.option("--since", metavar="D", help="Only documents since this date, time or age (2026-11-01, 30d).")
@click.option("--vocabulary", "folder", metavar="DIR", help="Use the vocabulary of this folder instead.")
@click.option("--diff", is_flag=True, help="Report gained, lost and changed flags and labels; write nothing.")
@click.option("--limit", default=100, show_default=True, help="Changes listed one by one.")
@json_option
@pass_context
def replay(
    context: Context, since: str | None, folder: str | None, diff: bool, limit: int, as_json: bool
) -> None:
    """Run the kept raw items through the current (or a given) vocabulary again.

    Example: biowire replay --vocabulary ./my-vocabulary --diff
    """
    vocabulary = load({"vocabulary": folder} if folder else context.settings)
    start = _start(since) if since else None
    _existing(context.store)
    with (
        Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as shown,
        Instance(context.store, vocabulary, starter_feeds()) as instance,
    ):
        instance.drain()
        task = shown.add_task("Replaying", total=None)

        def progress(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        if start is None:
            report = replay_all(instance, vocabulary, starter_feeds(), write=not diff, progress=progress)
        else:
            report = replay_since(instance, vocabulary, start, write=not diff, progress=progress)
    if as_json:
        print_json(report.as_fields(limit) | {"written": not diff})
    else:
        _print(report, limit, written=not diff)


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


def _print(report: Report, limit: int, *, written: bool) -> None:
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
