"""What a run did, in numbers that add up: every entry in exactly one outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from .core.records import OUTCOMES, Outcome
from .embedded import Instance

WORDS = {
    "new": "articles we did not have",
    "duplicate": "sightings of articles we had",
    "near_duplicate": "copies of articles we had",
    "revision": "new versions of articles we had",
    "skipped": "without title and text",
    "failed": "not readable; see `biowire deadletters list`",
}


def summary(
    instance: Instance, outcomes: Mapping[Outcome, int], *, alerts: Mapping[str, int], **more: Any
) -> dict[str, Any]:
    """The summary of `ingest` and `demo`: outcomes of this run, and what the store holds after it.

    `alerts`: how many hold, by subscription.
    """
    counts = instance.index.counts()
    return {
        "entries": sum(outcomes.values()),
        "outcomes": {outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES},
        "documents": counts["documents"],
        "stories": counts["stories"],
        "flagged": counts["flagged"],
        "alerts": dict(alerts),
        **more,
    }


def print_summary(result: Mapping[str, Any]) -> None:
    """The same for people."""
    console = Console(highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("[bold]Entries", f"[bold]{result['entries']:,}", "each in exactly one outcome")
    for outcome, count in result["outcomes"].items():
        table.add_row(f"  {outcome.replace('_', '-')}", f"{count:,}", WORDS[outcome])
    table.add_row("[bold]Documents", f"[bold]{result['documents']:,}", f"in {result['stories']:,} stories")
    for watchlist, count in result["flagged"].items():
        table.add_row(f"  flagged {watchlist}", f"{count:,}", "")
    if result["alerts"]:
        subscribed = len(result["alerts"])
        said = f"of {subscribed:,} subscription{'s' if subscribed > 1 else ''}"
        table.add_row("[bold]Alerts", f"[bold]{sum(result['alerts'].values()):,}", said)
        for subscription, count in result["alerts"].items():
            table.add_row(f"  {subscription}", f"{count:,}", "")
    if result.get("messages"):
        said = ", ".join(f"{state} {count:,}" for state, count in sorted(result["messages"].items()))
        table.add_row("[bold]Messages", f"[bold]{sum(result['messages'].values()):,}", said)
    console.print(table)
