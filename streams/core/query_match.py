"""What a query means, on one document: the reference every engine has to agree with. Pure.

A bare phrase stands within one of title, summary and text. NEAR counts the tokens between the end of
the phrase that begins first and the start of the other; phrases that overlap have none between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from . import query as q
from .index import normal, terms
from .records import Document
from .text import fold, token_spans, tokens

Positions = dict[str, list[int]]
"""Token to the places where it stands in one field, rising."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document cut up once, to be asked many queries."""

    fields: dict[str, Positions]
    values: set[tuple[str, str]]
    when: datetime
    roles: frozenset[str]
    """What `is:` holds for; `copy` is one left out of search, whatever part it plays."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text that made a clause true: `document[field][start:end]`."""

    field: str
    start: int
    end: int
    clause: str
    """The clause, in canonical form."""


def prepare(document: Document) -> Prepared:
    """Cut a document up for `holds`."""
    found: dict[str, Positions] = {}
    for field in q.TEXT_FIELDS:
        positions = found[field] = Positions()
        for at, token in enumerate(tokens(fold(getattr(document, field)).text)):
            positions.setdefault(token, []).append(at)
    values = terms(document)
    values.add(("story", document.story_id))
    return Prepared(found, values, document.when, _roles(document))


def _roles(document: Document) -> frozenset[str]:
    copy = document.dedup.outcome == "near_duplicate"
    return frozenset({document.story.role} - {"copy"} | ({"copy"} if copy else set()))


def matches(query: q.Query, document: Document) -> bool:
    """Say whether the query holds for the document."""
    return holds(query, prepare(document))


def holds(query: q.Query, document: Prepared) -> bool:
    """Say whether the query holds for a document already prepared."""
    return _HOLDS[type(query)](query, document)


def _value(query: q.Value, document: Prepared) -> bool:
    if not query.prefix:
        return (query.field, query.value) in document.values
    return any(field == query.field and value.startswith(query.value) for field, value in document.values)


_HOLDS: dict[type, Callable[..., bool]] = {
    q.Everything: lambda _query, _document: True,
    q.And: lambda query, document: all(holds(part, document) for part in query.parts),
    q.Or: lambda query, document: any(holds(part, document) for part in query.parts),
    q.Not: lambda query, document: not holds(query.inner, document),
    q.Dates: lambda query, document: query.holds(document.when),
    q.Is: lambda query, document: query.role in document.roles,
    q.Value: _value,
    q.Phrase: lambda query, document: any(_places(query, document.fields[field]) for field in _fields(query)),
    q.Near: lambda query, document: any(_pairs(query, document.fields[field]) for field in _fields(query)),
}


def _fields(query: q.Phrase | q.Near) -> Sequence[str]:
    return (query.field,) if query.field else q.TEXT_FIELDS


def _places(phrase: q.Phrase, field: Positions) -> list[int]:
    """Where the phrase begins in a field."""
    columns = [set(field.get(token, ())) for token in phrase.tokens]
    if phrase.prefix:
        columns[-1].update(
            at for token, places in field.items() if token.startswith(phrase.tokens[-1]) for at in places
        )
    starts = columns[0]
    for ahead, column in enumerate(columns[1:], start=1):
        starts &= {at - ahead for at in column}
    return sorted(starts)


def _pairs(near: q.Near, field: Positions) -> list[tuple[int, int]]:
    lefts, rights = _places(near.left, field), _places(near.right, field)
    return [(a, b) for a in lefts for b in rights if _between(near, a, b) <= near.distance]


def _between(near: q.Near, left: int, right: int) -> int:
    if left <= right:
        return right - left - len(near.left.tokens)
    return left - right - len(near.right.tokens)


def hits(query: q.Query, document: Document) -> tuple[Span, ...]:
    """Every piece of text that made the query true, by field and place; nothing under NOT counts."""
    spans = {span for clause in _affirmed(query) for span in _clause_hits(clause, document)}
    order = {field: at for at, field in enumerate(q.TEXT_FIELDS)}
    return tuple(sorted(spans, key=lambda span: (order[span.field], span.start, span.end, span.clause)))


def _affirmed(query: q.Query) -> Iterator[q.Query]:
    if isinstance(query, q.And | q.Or):
        for part in query.parts:
            yield from _affirmed(part)
    elif not isinstance(query, q.Not):
        yield query


def _clause_hits(clause: q.Query, document: Document) -> Iterator[Span]:
    if isinstance(clause, q.Phrase | q.Near):
        for field in _fields(clause):
            yield from _text_hits(clause, field, getattr(document, field))
    elif isinstance(clause, q.Value):
        yield from _value_hits(clause, document)


def _text_hits(clause: q.Phrase | q.Near, field: str, text: str) -> Iterator[Span]:
    folded = fold(text)
    cut = list(token_spans(folded.text))
    positions = Positions()
    for at, (token, _, _) in enumerate(cut):
        positions.setdefault(token, []).append(at)
    for first, length in _runs(clause, positions):
        start, end = folded.span(cut[first][1], cut[first + length - 1][2])
        yield Span(field, start, end, str(clause))


def _runs(clause: q.Phrase | q.Near, positions: Positions) -> set[tuple[int, int]]:
    if isinstance(clause, q.Phrase):
        return {(at, len(clause.tokens)) for at in _places(clause, positions)}
    lengths = len(clause.left.tokens), len(clause.right.tokens)
    pairs = _pairs(clause, positions)
    return {(a, lengths[0]) for a, _ in pairs} | {(b, lengths[1]) for _, b in pairs}


def _value_hits(clause: q.Value, document: Document) -> Iterator[Span]:
    """The flags and the evidence of labels that a clause on them asks for."""
    for flag in document.flags:
        if _meets(clause, "flag", flag.watchlist) or _meets(clause, "term", flag.term):
            yield Span(flag.field, flag.start, flag.end, str(clause))
    for label in document.labels:
        if _meets(clause, "label", label.id) or _meets(clause, label.facet, label.id):
            for reason in label.reasons:
                if reason.weight > 0:
                    yield Span(reason.field, reason.start, reason.end, str(clause))


def _meets(clause: q.Value, field: str, value: str) -> bool:
    folded = normal(field, value)
    return clause.field == field and (
        folded.startswith(clause.value) if clause.prefix else folded == clause.value
    )
