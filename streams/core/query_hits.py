"""Which pieces of a document's text made a query true: for highlights, and for saying why. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from . import query as q
from .index import normal
from .query_match import Positions, fields, neighbours, places
from .records import Document, Evidence, Flag
from .text import CHARACTER, TOKEN, Folded, fold, token_spans


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text that made a clause true: `document[field][start:end]`."""

    field: str
    start: int
    end: int
    clause: str
    """The clause, in canonical form."""


def hits(query: q.Query, document: Document) -> tuple[Span, ...]:
    """Every piece of text that made the query true, by field and place; nothing under NOT counts.

    Of one clause in one field, no more than the first five thousand.
    """
    spans = {span for clause in affirmed(query) for span in _clause_hits(clause, document)}
    order = {field: at for at, field in enumerate(q.TEXT_FIELDS)}
    return tuple(sorted(spans, key=lambda span: (order[span.field], span.start, span.end, span.clause)))


def affirmed(query: q.Query) -> Iterator[q.Query]:
    """Every leaf of the query that is not under NOT, in reading order."""
    if isinstance(query, q.And | q.Or):
        for part in query.parts:
            yield from affirmed(part)
    elif not isinstance(query, q.Not):
        yield query


def _clause_hits(clause: q.Query, document: Document) -> Iterator[Span]:
    if isinstance(clause, q.Phrase | q.Near):
        said = str(clause)
        for field in fields(clause):
            folded = fold(getattr(document, field))
            for start, end in islice(_runs(clause, folded), _MOST):
                yield Span(field, *folded.span(start, end), said)
    elif isinstance(clause, q.Value):
        yield from _value_hits(clause, document)


_LETTER = TOKEN.pattern.rpartition("|")[2].removesuffix("+")
_ONE = re.compile(_LETTER)
_WORD = re.compile(f"(?:{_LETTER})*")
"""As much of a word as there is, in scripts that have words."""

_BETWEEN = re.compile(rf"(?:(?!{CHARACTER.pattern}|{_LETTER})[\s\S])*")
"""What may stand between two tokens: nothing that is part of one."""


_MOST = 5_000
"""Pieces told of one clause in one field: nobody reads more, and a hostile text has millions."""

_LONG = 8
"""Tokens from which a phrase is looked for among the tokens: step by step it may begin at every word."""


def _runs(clause: q.Phrase | q.Near, folded: Folded) -> Iterator[tuple[int, int]]:
    if isinstance(clause, q.Phrase) and len(clause.tokens) <= _LONG:
        return _phrase_runs(clause, folded)
    return _token_runs(clause, folded)


def _phrase_runs(phrase: q.Phrase, folded: Folded) -> Iterator[tuple[int, int]]:
    """Look for the first token as a string, which is fast, and only there for the phrase."""
    first, text = phrase.tokens[0], folded.text
    at = text.find(first)
    while at >= 0:
        if end := _phrase_end(phrase, text, at):
            yield at, end
        at = text.find(first, at + 1)


def _phrase_end(phrase: q.Phrase, text: str, at: int) -> int:
    """Where the phrase that begins at `at` ends; 0 when none does. Tokens count only as a whole."""
    last = len(phrase.tokens) - 1
    for number, token in enumerate(phrase.tokens):
        if number:
            at = _end(_BETWEEN, text, at)
        if not text.startswith(token, at):
            return 0
        end = at + len(token)
        if not CHARACTER.match(token):
            if at and _ONE.match(text, at - 1):
                return 0  # in the middle of a word; asked first, as a hostile word may be very long
            rest = _end(_WORD, text, end)
            if rest != end and not (phrase.prefix and number == last):
                return 0
            end = rest
        at = end
    return at


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _token_runs(clause: q.Phrase | q.Near, folded: Folded) -> Iterator[tuple[int, int]]:
    cut = list(token_spans(folded.text))
    positions = Positions([token for token, _, _ in cut])
    if isinstance(clause, q.Phrase):
        found = [(clause, places(clause, positions))]
    else:
        found = list(zip((clause.left, clause.right), neighbours(clause, positions), strict=True))
    for phrase, starts in found:
        for first in starts:
            yield cut[first][1], cut[first + len(phrase.tokens) - 1][2]


def _value_hits(clause: q.Value, document: Document) -> Iterator[Span]:
    """The flags and the evidence of labels that a clause on them asks for, where their text is still kept."""
    found: list[Flag | Evidence] = [
        flag
        for flag in document.flags
        if _meets(clause, "flag", flag.watchlist) or _meets(clause, "term", flag.term)
    ]
    found += [
        reason
        for label in document.labels
        if _meets(clause, "label", label.id) or _meets(clause, label.facet, label.id)
        for reason in label.reasons
        if reason.weight > 0
    ]
    for one in found:
        if getattr(document, one.field)[one.start : one.end] == one.surface:
            yield Span(one.field, one.start, one.end, str(clause))


def _meets(clause: q.Value, field: str, value: str) -> bool:
    folded = normal(field, value)
    return clause.field == field and (
        folded.startswith(clause.value) if clause.prefix else folded == clause.value
    )
