"""A document of an alert or a sample, as people read it in a terminal: with the words that matched marked."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from connectors.console import safe

from ..core.alerts.records import Quote, Shown

_QUOTES = 3


def shown_lines(one: Shown, indent: str = "") -> Iterator[str]:
    """When and by whom, the title, up to three quotes of what it says, address and id."""
    yield f"{indent}{one.when:%Y-%m-%d %H:%M}  {safe(one.source)}"
    yield f"{indent}  {_title(one)}"
    outside = [quote for quote in one.quotes if quote.field != "title"]
    yield from (f"{indent}    {_quote(quote)}" for quote in outside[:_QUOTES])
    yield click.style(f"{indent}  {safe(one.url)}  {one.id}", dim=True)


def _title(one: Shown) -> str:
    parts, at = [], 0
    for quote in sorted((quote for quote in one.quotes if quote.field == "title"), key=lambda q: q.start):
        if quote.start >= at:
            parts += [safe(one.title[at : quote.start]), _marked(one.title[quote.start : quote.end])]
            at = quote.end
    return " ".join("".join([*parts, safe(one.title[at:])]).split())


def _quote(quote: Quote) -> str:
    line = f"{safe(quote.before)}{_marked(quote.surface)}{safe(quote.after)}"
    return f"… {' '.join(line.split())} …"


def _marked(words: str) -> str:
    """In bold on a terminal and between `*` elsewhere, as in `biowire search`."""
    return click.style(safe(words), bold=True) if sys.stdout.isatty() else f"*{safe(words)}*"
