"""The live view of a terminal: newest articles, outcomes, feed health. Quiet in a pipe."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from connectors.console import safe
from streams.core.query_parse import parse
from streams.embedded import Instance
from streams.monitor import Monitor

SECONDS = 1.0
"""Between two redraws."""


@contextlib.asynccontextmanager
async def shown(monitor: Monitor, instance: Instance, title: str) -> AsyncIterator[None]:
    """Redraw the view on standard error while the body runs; nothing where that is no terminal."""
    console = Console(stderr=True, highlight=False)
    if not sys.stderr.isatty():
        yield
        return
    with Live(console=console, auto_refresh=False, transient=False) as live:

        async def redraw() -> None:
            while True:
                live.update(_view(monitor, instance, title), refresh=True)
                await asyncio.sleep(SECONDS)

        task = asyncio.create_task(redraw())
        try:
            yield
        finally:
            task.cancel()
            live.update(_view(monitor, instance, title), refresh=True)


def _view(monitor: Monitor, instance: Instance, title: str) -> Group:
    return Group(
        Text(title, style="bold"), _counts(monitor), _newest(instance), Text("Ctrl-C stops.", style="dim")
    )


def _counts(monitor: Monitor) -> Text:
    outcomes = ", ".join(
        f"{count:,} {outcome.replace('_', '-')}" for outcome, count in monitor.progress.settled().items()
    )
    report = monitor.progress.service
    looks = ", ".join(f"{count:,} {word}" for word, count in report.feeds.items() if count) if report else ""
    return Text(f"entries: {outcomes or 'none yet'}\nfeeds:   {looks or 'none yet'}")


def _newest(instance: Instance) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1))
    table.add_column("published", no_wrap=True, style="dim")
    table.add_column("source", no_wrap=True, max_width=16)
    table.add_column("title", ratio=1, no_wrap=True, min_width=26)
    table.add_column("flags", style="yellow", no_wrap=True, max_width=20)
    for hit in instance.index.search(parse("relevance:main"), limit=12).hits:
        document = hit.document
        table.add_row(
            f"{document.when:%m-%d %H:%M}",
            Text(safe(document.source.name)),
            Text(safe(document.title)),
            " ".join(document.watchlists),
        )
    return table
