"""Words that made a clause true, with some of what stands around them. Pure."""

from __future__ import annotations

from typing import cast

from ..query_hits import Span
from ..records import Document, Field
from .records import Quote

QUOTES = 8
"""Of one subscription on one document, at most."""

AROUND = 60
"""Characters before and after, at most."""

LONGEST = 1_000
"""Characters of the piece itself: a phrase is shorter, unless its text is made to be long."""


def quote(document: Document, span: Span) -> Quote:
    """The piece of text with its context, letter for letter as in the document."""
    text: str = getattr(document, span.field)
    end = min(span.end, span.start + LONGEST)
    return Quote(
        clause=span.clause,
        field=cast("Field", span.field),
        start=span.start,
        end=end,
        before=text[_start(text, span.start) : span.start],
        surface=text[span.start : end],
        after=text[end : _end(text, end)],
    )


def _start(text: str, at: int) -> int:
    """Where the context before `at` begins: at a word, if one begins within reach."""
    first = max(0, at - AROUND)
    if first == 0 or text[first - 1].isspace():
        return first
    return next((place for place in range(first + 1, at) if text[place - 1].isspace()), first)


def _end(text: str, at: int) -> int:
    """Where the context after `at` ends: behind a word, if one ends within reach."""
    last = min(len(text), at + AROUND)
    if last == len(text) or text[last].isspace():
        return last
    return next((place for place in range(last - 1, at, -1) if text[place].isspace()), last)
