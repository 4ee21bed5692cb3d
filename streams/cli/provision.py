"""`biowire provision`: give the servers what the distributed mode needs, and say first what that is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from connectors.console import Context, json_option, pass_context, print_json, safe
from connectors.errors import UserError
from connectors.waiting import patiently

from ..provision.plan import TOLD
from ..provision.setup import Setup, Step, setup_of

_SIGNS = {"create": "+", "change": "~", "refused": "!", "foreign": "?", "note": "i"}


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when something differs.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--wait",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Seconds to wait for a server that is not there yet.",
)
@json_option
@pass_context
def provision(context: Context, check: bool, yes: bool, wait: int, as_json: bool) -> None:
    """Create or correct the topics in Kafka and the templates in Elasticsearch.

    Shows what it would change before it changes it. A second run finds nothing to do.

    Example: biowire provision --broker kafka://127.0.0.1:9092 --index elasticsearch://127.0.0.1:9200 --yes
    """
    setup = setup_of(context.settings, datetime.now(UTC))
    steps = patiently(setup.plan, wait)
    todo = [one for one in steps if one.kind not in TOLD]
    if not as_json:
        _print(steps)
    if check:
        _report(steps, as_json, applied=False)
        if not as_json:
            click.echo(f"{len(todo)} thing(s) to do at {setup.servers}." if todo else _nothing(setup))
        click.get_current_context().exit(1 if todo else 0)
    _refuse(todo)
    applied = bool(todo) and (yes or _agreed(len(todo)))
    if applied:
        setup.apply()
    _report(steps, as_json, applied=applied)
    if not as_json:
        click.echo(_closing(setup, todo, applied=applied))


def _print(steps: Sequence[Step]) -> None:
    for one in steps:
        click.echo(safe(f"{_SIGNS[one.kind]} {one.where} {one.name}: {one.says}"))


def _report(steps: Sequence[Step], as_json: bool, *, applied: bool) -> None:
    if as_json:
        changes = [
            {"kind": one.kind, "where": one.where, "name": one.name, "says": one.says} for one in steps
        ]
        print_json({"changes": changes, "applied": applied})


def _refuse(todo: Sequence[Step]) -> None:
    refused = [one for one in todo if one.kind == "refused"]
    if refused:
        more = f" ({len(refused) - 1} more like it)" if len(refused) > 1 else ""
        raise UserError(
            f"Nothing was changed: the {refused[0].where} {refused[0].name} {refused[0].says}{more}."
        )


def _agreed(count: int) -> bool:
    if not sys.stdin.isatty():
        raise UserError(f"{count} thing(s) would change; run the same command with --yes to change them.")
    return click.confirm(f"Change {count} thing(s)?", err=True)


def _closing(setup: Setup, todo: Sequence[Step], *, applied: bool) -> str:
    if not todo:
        return _nothing(setup)
    return f"{len(todo)} thing(s) changed at {setup.servers}." if applied else "Nothing was changed."


def _nothing(setup: Setup) -> str:
    return f"Nothing to do at {setup.servers}."
