"""Which pieces of a document's text made a query true: for highlights, and for saying why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from itertools import groupby, islice
from typing import TypeAlias

from . import query as q
from .index import normal
from .query_match import Positions, Prepared, fields, neighbours
from .records import Document, Evidence, Flag
from .text import Folded, fold, places_of, token_places, tokens


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text that made a clause true: `document[field][start:end]`."""

    field: str
    start: int
    end: int
    clause: str
    """The clause, in canonical form."""


OF_A_CLAUSE = 5_000
"""Pieces told of one clause in one field, at most: nobody reads more, and a hostile text has millions."""

OF_A_QUERY = 20_000
"""Pieces told of all clauses of a query in one field, at most; each clause has an equal share."""


def hits(query: q.Query, document: Document) -> tuple[Span, ...]:
    """Every piece of text that made the query true, by field and place; nothing under NOT counts.

    Of one clause in one field, no more than the first five thousand, and fewer where clauses are many.
    """
    return Passages(document).hits(query)


def affirmed(query: q.Query) -> Iterator[q.Query]:
    """Every leaf of the query that is not under NOT, in reading order."""
    if isinstance(query, q.And | q.Or):
        for part in query.parts:
            yield from affirmed(part)
    elif not isinstance(query, q.Not):
        yield query


class Passages:
    """A document whose text is cut once, however many clauses are looked for in it."""

    def __init__(self, document: Document, prepared: Prepared | None = None) -> None:
        """`prepared`: the same document, where it was made ready for `holds` anyway."""
        self._document = document
        self._prepared = prepared
        self._cuts: dict[str, _Cut] = {}

    def hits(self, query: q.Query, most: int = OF_A_CLAUSE) -> tuple[Span, ...]:
        """Every piece of text that made the query true; of one clause in one field the first `most`."""
        clauses = dict.fromkeys(affirmed(query))
        share = min(most, OF_A_QUERY // max(1, len(clauses)))
        spans = {span for clause in clauses for span in self._of(clause, share)}
        return tuple(sorted(spans, key=lambda span: (_ORDER[span.field], span.start, span.end, span.clause)))

    def _of(self, clause: q.Query, most: int) -> Iterator[Span]:
        said = str(clause)
        if isinstance(clause, q.Phrase | q.Near):
            for field in fields(clause):
                for start, end in self._cut(field).runs(clause, most):
                    yield Span(field, start, end, said)
        elif isinstance(clause, q.Value):
            for (number, start, end), _ in islice(groupby(self._evidence(clause)), most):
                yield Span(q.TEXT_FIELDS[number], start, end, said)

    def _cut(self, field: str) -> _Cut:
        if field not in self._cuts:
            known = self._prepared.fields[field] if self._prepared else None
            self._cuts[field] = _Cut(fold(getattr(self._document, field)), known)
        return self._cuts[field]

    def _evidence(self, clause: q.Value) -> Iterator[_Place]:
        """Where the flags and labels that a clause asks for rest on words, in order."""
        return merge(
            *(
                places
                for (field, value), places in self._values.items()
                if field == clause.field
                and (value.startswith(clause.value) if clause.prefix else value == clause.value)
            )
        )

    @cached_property
    def _values(self) -> dict[tuple[str, str], list[_Place]]:
        """Each value of a field, folded, with the places it rests on that still have their text."""
        found: dict[tuple[str, str], list[_Place]] = {}
        for field, value, reason in self._reasons():
            if getattr(self._document, reason.field)[reason.start : reason.end] == reason.surface:
                place = (_ORDER[reason.field], reason.start, reason.end)
                found.setdefault((field, normal(field, value)), []).append(place)
        return {value: sorted(places) for value, places in found.items()}

    def _reasons(self) -> Iterator[tuple[str, str, Flag | Evidence]]:
        for flag in self._document.flags:
            yield "flag", flag.watchlist, flag
            yield "term", flag.term, flag
        for label in self._document.labels:
            for reason in label.reasons:
                if reason.weight > 0:
                    yield "label", label.id, reason
                    yield label.facet, label.id, reason


_ORDER = {field: at for at, field in enumerate(q.TEXT_FIELDS)}
_Place: TypeAlias = tuple[int, int, int]
"""Number of the field, start and end."""


class _Cut:
    """One field, cut into tokens only where it has to be: not for a word, nor where letters are missing."""

    def __init__(self, folded: Folded, known: Positions | None) -> None:
        self._folded, self._known = folded, known

    @cached_property
    def _positions(self) -> Positions:
        return Positions(tokens(self._folded.text)) if self._known is None else self._known

    @cached_property
    def _spans(self) -> Sequence[tuple[int, int]]:
        return token_places(self._folded.text)

    def runs(self, clause: q.Phrase | q.Near, most: int) -> Iterator[tuple[int, int]]:
        """Start and end in the original of the first pieces that a clause finds, rising."""
        yield from (self._folded.span(start, end) for start, end in self._runs(clause, most))

    def _runs(self, clause: q.Phrase | q.Near, most: int) -> Iterator[tuple[int, int]]:
        text = self._folded.text
        if isinstance(clause, q.Phrase) and len(clause.tokens) == 1:
            yield from islice(places_of(clause.tokens[0], text, prefix=clause.prefix), most)
        elif all(token in text for token in _tokens(clause)):
            for first, last in sorted(self._found(clause, most))[:most]:
                yield self._spans[first][0], self._spans[last][1]

    def _found(self, clause: q.Phrase | q.Near, most: int) -> set[tuple[int, int]]:
        """First and last token of each piece: the first of a phrase, or of both of NEAR."""
        if isinstance(clause, q.Phrase):
            sides = [(clause, self._positions.starts(clause))]
        else:
            sides = list(zip((clause.left, clause.right), neighbours(clause, self._positions), strict=True))
        return {
            (first, first + len(phrase.tokens) - 1)
            for phrase, starts in sides
            for first in starts[:most].tolist()
        }


def _tokens(clause: q.Phrase | q.Near) -> tuple[str, ...]:
    return clause.tokens if isinstance(clause, q.Phrase) else clause.left.tokens + clause.right.tokens
