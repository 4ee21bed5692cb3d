"""`biowire status`: is everything read, worked and well?"""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.table import Table

from connectors.console import Context, json_option, pass_context, print_json

from ..reading import reading
from ..seeds_files import vocabulary


@click.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Show counts by outcome, lag, feed health and versions.

    Example: biowire status --json
    """
    with reading(context, fresh=True) as ports:
        result = ports.status(vocabulary(context.settings).version)
    if as_json:
        print_json(result)
    else:
        _print(result)


def _print(result: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in result.items():
        shown = (
            ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else str(value)
        )
        table.add_row(f"[bold]{name.replace('_', ' ')}", shown)
    Console(highlight=False).print(table)
