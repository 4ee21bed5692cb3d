"""Where the words of a query stand in the original text, cut into fragments to read. Pure.

Made from the text itself by our own tokens, never by an engine, so that every engine shows the same,
in every script, with the publisher's own spelling.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .query import TEXT_FIELDS, Query
from .query_hits import hits
from .records import Document

WIDTH = 70
"""Characters of context kept on each side of a mark."""

FRAGMENTS = 3
"""Fragments shown of one field."""

_REACH = 12
"""How far an edge may move outwards to end on a space."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a field: `text`, where it stands (`start`), and the marked words as offsets into it."""

    text: str
    start: int
    marks: tuple[tuple[int, int], ...]
    cut_before: bool
    """Text of the field goes on before it."""
    cut_after: bool


@dataclass(frozen=True, slots=True)
class Highlight:
    """The fragments of one field, in the order of the text."""

    field: str
    fragments: tuple[Fragment, ...]


def highlight(
    query: Query, document: Document, *, width: int = WIDTH, limit: int = FRAGMENTS
) -> tuple[Highlight, ...]:
    """Mark what made the query true. The title is kept whole; the other fields are cut into fragments."""
    by_field: dict[str, list[tuple[int, int]]] = {}
    for span in hits(query, document):
        by_field.setdefault(span.field, []).append((span.start, span.end))
    return tuple(
        Highlight(field, fragments(getattr(document, field), by_field[field], width=width, limit=limit))
        if field != "title"
        else Highlight(field, (_whole(document.title, by_field[field]),))
        for field in TEXT_FIELDS
        if field in by_field
    )


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that overlap or touch; rising."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def fragments(
    text: str, spans: Iterable[tuple[int, int]], *, width: int = WIDTH, limit: int = FRAGMENTS
) -> tuple[Fragment, ...]:
    """Cut out what stands around the spans; windows that meet become one; the fullest `limit` are kept."""
    marks = [(start, end) for start, end in merged(spans) if 0 <= start < end <= len(text)]
    windows = merged((_before(text, start - width), _after(text, end + width)) for start, end in marks)
    found = [_fragment(text, window, marks) for window in windows]
    fullest = sorted(found, key=lambda fragment: (-len(fragment.marks), fragment.start))[:limit]
    return tuple(sorted(fullest, key=lambda fragment: fragment.start))


def _whole(text: str, spans: Iterable[tuple[int, int]]) -> Fragment:
    marks = [(start, end) for start, end in merged(spans) if 0 <= start < end <= len(text)]
    return Fragment(text, 0, tuple(marks), cut_before=False, cut_after=False)


def _fragment(text: str, window: tuple[int, int], marks: Sequence[tuple[int, int]]) -> Fragment:
    start, end = window
    inside = tuple((a - start, b - start) for a, b in marks if start <= a and b <= end)
    return Fragment(text[start:end], start, inside, cut_before=start > 0, cut_after=end < len(text))


def _before(text: str, at: int) -> int:
    """Move a left edge outwards to the start of a word, if one is near."""
    if at <= 0:
        return 0
    space = text.rfind(" ", max(0, at - _REACH), at)
    return space + 1 if space >= 0 else at


def _after(text: str, at: int) -> int:
    """Move a right edge outwards to the end of a word, if one is near."""
    if at >= len(text):
        return len(text)
    space = text.find(" ", at, at + _REACH)
    return space if space >= 0 else at
