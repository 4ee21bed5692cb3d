"""`biowire tokens`: who may ask the HTTP API."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from connectors.console import Context, json_option, pass_context, print_json, print_lines
from connectors.errors import UserError

from .api.tokens import SCOPES, Scope, Tokens


@click.group()
def tokens() -> None:
    """Tokens of the HTTP API: who may read, who may write.

    Example: biowire tokens add newsroom --scope read
    """


@tokens.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="read",
    show_default=True,
    help="What it allows; write includes read.",
)
@json_option
@pass_context
def add(context: Context, name: str, scope: Scope, as_json: bool) -> None:
    """Make a token and print it: the only time that it is shown. NAME stands in histories.

    Example: biowire tokens add newsroom --scope write
    """
    secret = _of(context).add(name, scope, datetime.now(UTC).replace(microsecond=0))
    if as_json:
        print_json({"name": name, "scope": scope, "token": secret})
    else:
        click.echo(secret)
        click.echo(
            "It is not kept and cannot be shown again. Send it as `Authorization: Bearer …`.", err=True
        )


@tokens.command(name="list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """List tokens by name; the tokens themselves are kept nowhere.

    Example: biowire tokens list
    """
    known = _of(context).all()
    if as_json:
        print_lines({"name": one.name, "scope": one.scope, "created": one.created} for one in known)
        return
    for one in known:
        click.echo(f"{one.name:<24} {one.scope:<6} {one.created:%Y-%m-%d %H:%M}")
    click.echo(f"{len(known)} token(s).", err=True)


@tokens.command()
@click.argument("name")
@json_option
@pass_context
def remove(context: Context, name: str, as_json: bool) -> None:
    """Take a token's right away, at once.

    Example: biowire tokens remove newsroom
    """
    if not _of(context).remove(name):
        raise UserError(f"There is no token {name}; `biowire tokens list` shows those there are.")
    if as_json:
        print_json({"removed": name})
    else:
        click.echo(f"Removed {name}.")


def _of(context: Context) -> Tokens:
    return Tokens(context.home / "tokens.toml")
