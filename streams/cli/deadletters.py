"""`biowire deadletters`: what a stage gave up on."""

from __future__ import annotations

from typing import Any

import click

from connectors.console import Context, json_option, pass_context, print_json, print_lines, safe
from connectors.errors import UserError

from ..deadletters.embedded import DeadLetter, dead_letters, retry
from ..embedded import Instance, reading
from ..seeds_files import starter_feeds, vocabulary


@click.group()
def deadletters() -> None:
    """List, show and retry items that a stage gave up on.

    Example: biowire deadletters list
    """


@deadletters.command(name="list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """List dead letters with their reasons.

    Example: biowire deadletters list --json
    """
    with reading(context.store) as ports:
        letters = [_as_fields(one) for one in dead_letters(ports.log, ports.seen)]
    if as_json:
        print_lines(letters)
        return
    for one in letters:
        click.echo(f"{one['id']:>8}  {one['received']:%Y-%m-%d %H:%M}  {safe(one['reason'])}")
    click.echo(f"{len(letters)} dead letter(s).", err=True)


@deadletters.command()
@click.argument("number", type=int)
@json_option
@pass_context
def show(context: Context, number: int, as_json: bool) -> None:
    """Show one dead letter with its original bytes.

    Example: biowire deadletters show 42
    """
    with reading(context.store) as ports:
        found = next((one for one in dead_letters(ports.log, ports.seen) if one.id == number), None)
    if found is None:
        raise UserError(f"There is no dead letter {number}; `biowire deadletters list` shows them.")
    fields = _as_fields(found) | {"body": found.body.decode("utf-8", "backslashreplace")}
    if as_json:
        print_json(fields)
    else:
        click.echo("\n".join(f"{name}: {safe(str(value))}" for name, value in fields.items()))


@deadletters.command(name="retry")
@click.argument("number", type=int, required=False)
@json_option
@pass_context
def retry_(context: Context, number: int | None, as_json: bool) -> None:
    """Take dead letters through the stages again: all, or one.

    Example: biowire deadletters retry 42
    """
    with Instance(context.store, vocabulary(context.settings), starter_feeds()) as instance:
        outcomes = dict(retry(instance, number))
    if as_json:
        print_json({"retried": sum(outcomes.values()), "outcomes": outcomes})
    else:
        click.echo(
            ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
            or "There was nothing to retry."
        )


def _as_fields(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "received": letter.received,
        "stage": "normalize",
        "reason": letter.reason,
        "bytes": len(letter.body),
    }
