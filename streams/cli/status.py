"""`biowire status`: is everything read, worked and well?"""

from __future__ import annotations

from collections import Counter
from importlib import metadata
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from connectors.console import Context, json_option, pass_context, print_json

from ..core.records import OUTCOMES
from ..embedded import Reading, reading
from ..pipeline import PIPELINE_VERSION
from ..seeds_files import vocabulary


@click.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Show counts by outcome, lag, feed health and versions.

    Example: biowire status --json
    """
    with reading(context.store) as ports:
        result = _status(ports, vocabulary(context.settings).version)
    if as_json:
        print_json(result)
    else:
        _print(result)


def _status(ports: Reading, vocabulary_version: str) -> dict[str, Any]:
    outcomes = ports.seen.outcomes()
    counts = ports.index.counts()
    return {
        "mode": "embedded",
        "items": len(ports.log),
        "repeated": ports.log.repeated,
        "documents": counts["documents"],
        "stories": counts["stories"],
        "flagged": counts["flagged"],
        "outcomes": {outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES},
        "lag": ports.lag,
        "dead_letters": outcomes.get("failed", 0),
        "feeds": _feeds(ports),
        "versions": {
            "biowire": metadata.version("biowire"),
            "pipeline": PIPELINE_VERSION,
            "vocabulary": vocabulary_version,
        },
    }


def _feeds(ports: Reading) -> dict[str, int]:
    states = ports.feeds.all()
    health = Counter(
        "retired"
        if one.state.retired
        else "failing"
        if one.state.failures
        else "never fetched"
        if one.state.last_success is None
        else "well"
        for one in states
    )
    return {
        "total": len(states),
        **{word: health[word] for word in ("well", "failing", "never fetched", "retired")},
    }


def _print(result: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in result.items():
        shown = (
            ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else str(value)
        )
        table.add_row(f"[bold]{name.replace('_', ' ')}", shown)
    Console(highlight=False).print(table)
