"""What a query means, on one document: the reference every engine has to agree with. Pure.

A bare phrase stands within one of title, summary and text. NEAR counts the tokens between the end of
the phrase that begins first and the start of the other; phrases that overlap have none between them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from . import query as q
from .index import terms
from .records import Document
from .text import fold, tokens


class Positions(dict[str, list[int]]):
    """Token to the places where it stands in one field, rising; `words`: the field itself."""

    __slots__ = ("words",)

    def __init__(self, words: list[str]) -> None:
        super().__init__()
        self.words = words
        for at, token in enumerate(words):
            self.setdefault(token, []).append(at)


@dataclass(frozen=True)
class Prepared:
    """A document cut up once, to be asked many queries. No slots: positions are made when first asked for."""

    words: dict[str, list[str]]
    """Tokens of each text field, in order."""
    values: set[tuple[str, str]]
    when: datetime
    roles: frozenset[str]
    """What `is:` holds for; `copy` is one left out of search, whatever part it plays."""

    @cached_property
    def fields(self) -> dict[str, Positions]:
        """Where each token stands, by field."""
        return {field: Positions(words) for field, words in self.words.items()}


def prepare(document: Document) -> Prepared:
    """Cut a document up for `holds`."""
    words = {field: tokens(fold(getattr(document, field)).text) for field in q.TEXT_FIELDS}
    values = terms(document)
    values.add(("story", document.story_id))
    return Prepared(words, values, document.when, _roles(document))


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
    q.Phrase: lambda query, document: any(places(query, document.fields[field]) for field in fields(query)),
    q.Near: lambda query, document: any(meet(query, document.fields[field]) for field in fields(query)),
}


def fields(query: q.Phrase | q.Near) -> Sequence[str]:
    """Name the text fields a clause looks into."""
    return (query.field,) if query.field else q.TEXT_FIELDS


def places(phrase: q.Phrase, field: Positions) -> list[int]:
    """Where the phrase begins in a field: looked for where its rarest word stands, by comparing slices.

    Word by word it would take minutes where a long phrase of one word meets a text of that word.
    """
    whole = list(phrase.tokens[:-1] if phrase.prefix else phrase.tokens)
    begin = phrase.tokens[-1]
    if not whole:
        return sorted(at for token, places in field.items() if token.startswith(begin) for at in places)
    words, length = field.words, len(whole)
    ahead = min(range(length), key=lambda number: len(field.get(whole[number], ())))
    starts = (at - ahead for at in field.get(whole[ahead], ()) if at >= ahead)
    found = [at for at in starts if words[at : at + length] == whole]
    if phrase.prefix:
        found = [at for at in found if at + length < len(words) and words[at + length].startswith(begin)]
    return found


def meet(near: q.Near, field: Positions) -> bool:
    """Say whether the two phrases stand near enough anywhere in a field."""
    lefts, rights = places(near.left, field), places(near.right, field)
    left, right = len(near.left.tokens) + near.distance, len(near.right.tokens) + near.distance
    return any(_any_within(rights, at - right, at + left) for at in lefts)


def neighbours(near: q.Near, field: Positions) -> tuple[list[int], list[int]]:
    """Where the left and the right phrase begin, as far as one of the other is near enough."""
    lefts, rights = places(near.left, field), places(near.right, field)
    left, right = len(near.left.tokens) + near.distance, len(near.right.tokens) + near.distance
    return (
        [at for at in lefts if _any_within(rights, at - right, at + left)],
        [at for at in rights if _any_within(lefts, at - left, at + right)],
    )


def _any_within(places: Sequence[int], first: int, last: int) -> bool:
    at = bisect_left(places, first)
    return at < len(places) and places[at] <= last
