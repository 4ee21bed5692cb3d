"""Where the words stand that decisions rest on: pieces of a text to mark, and quotes around them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from streams.core.highlight import Fragment, Highlight, fragments, merged
from streams.core.records import FIELDS, Document, Evidence, Flag

NARROW = 45
"""Characters kept on each side of the words of one reason."""

_Found = TypeVar("_Found", Flag, Evidence)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a field: plain, with flags on it, or words that counted for a label."""

    text: str
    start: int
    flags: tuple[Flag, ...]
    counted: bool


@dataclass(frozen=True, slots=True)
class MarkedText:
    """The fields of a document in pieces; joined again they are the text, letter for letter."""

    fields: dict[str, tuple[Piece, ...]]

    def place(self, found: Flag | Evidence) -> str:
        """Name of the piece that these words begin in, for links to it."""
        starts = [piece.start for piece in self.fields[found.field] if piece.start <= found.start]
        return f"{found.field}-{starts[-1] if starts else 0}"


def marked_text(document: Document) -> MarkedText:
    """Cut title, summary and text where flags and reasons begin and end."""
    reasons = [*document.relevance_reasons, *(one for label in document.labels for one in label.reasons)]
    return MarkedText({
        field: tuple(_pieces(
            getattr(document, field),
            [flag for flag in document.flags if flag.field == field],
            [one for one in reasons if one.field == field],
        ))
        for field in FIELDS
    })  # fmt: skip


def _pieces(text: str, flags: Sequence[Flag], reasons: Sequence[Evidence]) -> Iterable[Piece]:
    flagged = merged((flag.start, flag.end) for flag in flags)
    counted = merged((one.start, one.end) for one in reasons)
    edges = {edge for span in flagged for edge in span}
    edges |= {edge for span in counted for edge in span if not _inside(edge, flagged)}
    cuts = sorted({0, len(text), *(edge for edge in edges if 0 < edge < len(text))})
    for start, end in pairwise(cuts):
        on_it = tuple(flag for flag in flags if flag.start < end and start < flag.end)
        yield Piece(text[start:end], start, on_it, any(a < end and start < b for a, b in counted))


def _inside(edge: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < edge < end for start, end in spans)


def quote_of(document: Document, found: Flag | Evidence) -> Fragment | None:
    """The words of one reason with some of what stands around them."""
    text = getattr(document, found.field)
    cut = fragments(text, [(found.start, found.end)], width=NARROW, limit=1)
    return cut[0] if cut else None


def quotes_of(document: Document) -> tuple[Highlight, ...]:
    """The flagged words in their context; of a document without flags, the words it is relevant for."""
    found: Sequence[Flag] | Sequence[Evidence] = document.flags or document.relevance_reasons
    spans = {field: [(one.start, one.end) for one in found if one.field == field] for field in FIELDS}
    return tuple(
        Highlight(field, cut)
        for field in FIELDS
        if (cut := fragments(getattr(document, field), spans[field]))
    )


def distinct(found: Iterable[_Found]) -> list[tuple[_Found, int]]:
    """The first of each term's words, and how often they occur; the most frequent first."""
    first: dict[tuple[str, str], _Found] = {}
    counted: Counter[tuple[str, str]] = Counter()
    for one in found:
        words = one.term, one.surface.casefold()
        first.setdefault(words, one)
        counted[words] += 1
    return [(first[words], count) for words, count in counted.most_common()]
