"""How provisioning is told and agreed to; the command itself is in `dashboards`, which knows Kibana too."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from connectors.console import print_json, safe
from connectors.errors import UserError
from connectors.waiting import patiently

from ..provision.plan import TOLD
from ..provision.setup import Part, Step

_SIGNS = {"create": "+", "change": "~", "refused": "!", "foreign": "?", "note": "i"}


def carry_out(parts: Sequence[Part], *, check: bool, yes: bool, wait: int, as_json: bool) -> None:
    """Say what would change, and change it once agreed; `check` only says. Raises UserError."""
    servers = " and ".join(part.servers for part in parts)
    steps = patiently(lambda: [step for part in parts for step in part.plan()], wait)
    todo = [one for one in steps if one.kind not in TOLD]
    if not as_json:
        _print(steps)
    if check:
        _report(steps, as_json, applied=False)
        if not as_json:
            click.echo(f"{len(todo)} thing(s) to do at {servers}." if todo else _nothing(servers))
        click.get_current_context().exit(1 if todo else 0)
    _refuse(todo)
    applied = bool(todo) and (yes or _agreed(len(todo)))
    if applied:
        for part in parts:
            part.apply()
    _report(steps, as_json, applied=applied)
    if not as_json:
        click.echo(_closing(servers, todo, applied=applied))
        for link in (link for part in parts for link in part.links):
            click.echo(safe(link))


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


def _closing(servers: str, todo: Sequence[Step], *, applied: bool) -> str:
    if not todo:
        return _nothing(servers)
    return f"{len(todo)} thing(s) changed at {servers}." if applied else "Nothing was changed."


def _nothing(servers: str) -> str:
    return f"Nothing to do at {servers}."
