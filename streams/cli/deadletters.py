"""`biowire deadletters`: what a stage gave up on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from connectors.broker import broker_of
from connectors.console import Context, json_option, pass_context, print_json, print_lines, safe
from connectors.errors import UserError

from ..deadletters import DeadLetter, DeadLetters
from ..pipeline import STAGES
from ..seeds_files import vocabulary

_F = TypeVar("_F", bound=Callable[..., Any])

_OUTCOMES = {
    "sent": "sent to its stage again",
    "outdated": "of a generation that is no longer worked; discard it",
    "unknown": "from no place we know; discard it",
}


@click.group()
def deadletters() -> None:
    """List, show, retry and discard items that a stage gave up on.

    WHICH is what `list` shows: its id, the unique beginning of one, or its number in the list.

    Example: biowire deadletters list
    """


def _stage_option(command: _F) -> _F:
    return click.option(
        "--stage", type=click.Choice([*STAGES, "normalize"]), help="Only what this stage gave up on."
    )(command)


@deadletters.command(name="list")
@_stage_option
@json_option
@pass_context
def list_(context: Context, stage: str | None, as_json: bool) -> None:
    """List dead letters with their reasons.

    Example: biowire deadletters list --stage index --json
    """
    letters = dead_letters(context).all(stage)
    if as_json:
        print_lines([as_fields(one) for one in letters])
        return
    for number, one in enumerate(letters, 1):
        when = one.time or one.received
        click.echo(
            f"{_number(one, number):>6}  {when:%Y-%m-%d %H:%M}  {one.stage:<9}  {safe(one.id)}  "
            f"{safe(one.reason)}"
        )
    click.echo(f"{len(letters)} dead letter(s).", err=True)


@deadletters.command()
@click.argument("which")
@_stage_option
@json_option
@pass_context
def show(context: Context, which: str, stage: str | None, as_json: bool) -> None:
    """Show one dead letter with its original bytes.

    Example: biowire deadletters show 42
    """
    port = dead_letters(context)
    found = _pick(port.all(stage), which)
    fields = as_fields(found) | {"body": port.body(found).decode("utf-8", "backslashreplace")}
    if as_json:
        print_json(fields)
    else:
        click.echo("\n".join(f"{name}: {safe(str(value))}" for name, value in fields.items()))


@deadletters.command()
@click.argument("which", required=False)
@_stage_option
@json_option
@pass_context
def retry(context: Context, which: str | None, stage: str | None, as_json: bool) -> None:
    """Take dead letters through the stages again: all, or one.

    Example: biowire deadletters retry 42
    """
    port = dead_letters(context)
    letters = port.all(stage)
    chosen = letters if which is None else [_pick(letters, which)]
    outcomes = port.retry(chosen) if chosen else {}
    if as_json:
        print_json({"retried": sum(outcomes.values()), "outcomes": outcomes})
    else:
        click.echo(
            ", ".join(f"{count} {_OUTCOMES.get(outcome, outcome)}" for outcome, count in outcomes.items())
            or "There was nothing to retry."
        )


@deadletters.command()
@click.argument("which", required=False)
@click.option("--all", "everything", is_flag=True, help="Every one (of the stage, with --stage).")
@_stage_option
@json_option
@pass_context
def discard(context: Context, which: str | None, everything: bool, stage: str | None, as_json: bool) -> None:
    """Give up one dead letter for good, or --all of them.

    Example: biowire deadletters discard 42
    """
    if (which is None) != everything:
        raise UserError("Name the dead letter to discard, or say --all.")
    port = dead_letters(context)
    letters = port.all(stage)
    chosen = letters if which is None else [_pick(letters, which)]
    port.discard(chosen)
    if as_json:
        print_json({"discarded": [one.id for one in chosen]})
    else:
        click.echo(f"{len(chosen)} dead letter(s) discarded.")


def dead_letters(context: Context) -> DeadLetters:
    """Those of the mode that the settings name. Raises UserError when they name no broker."""
    if not context.distributed:
        from ..deadletters.embedded import EmbeddedDeadLetters

        return EmbeddedDeadLetters(context.store, lambda: vocabulary(context.settings))
    broker = broker_of(context.settings)
    if broker is None:
        raise UserError("Dead letters are kept in Kafka; name it with --broker kafka://HOST:PORT.")
    from ..deadletters.kafka import KafkaDeadLetters

    return KafkaDeadLetters(broker)


def _pick(letters: Sequence[DeadLetter], which: str) -> DeadLetter:
    """The one that is meant; raises UserError when none is, or more than one."""
    numbered = [one for number, one in enumerate(letters, 1) if str(_number(one, number)) == which]
    exact = [one for one in letters if one.id == which] or numbered
    found = exact or [one for one in letters if not which.isdigit() and one.id.startswith(which)]
    if not found:
        raise UserError(f"There is no dead letter {which}; `biowire deadletters list` shows them.")
    if len(found) > 1:
        raise UserError(
            f"{len(found)} dead letters begin with {which}, such as {found[0].id} ({found[0].stage}) and "
            f"{found[1].id} ({found[1].stage}); write more of it, or add --stage."
        )
    return found[0]


def _number(letter: DeadLetter, place: int) -> int:
    """What stands before it in the list: the number it has already, or its place there."""
    return int(letter.id) if letter.id.isdigit() else place


def as_fields(letter: DeadLetter) -> dict[str, Any]:
    """A dead letter as `--json` prints it."""
    return {
        "id": int(letter.id) if letter.id.isdigit() else letter.id,
        "stage": letter.stage,
        "received": letter.received,
        "time": letter.time,
        "reason": letter.reason,
        "tries": letter.tries,
        "bytes": letter.size,
    }
