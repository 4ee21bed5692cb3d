"""What a query means, on one document: the reference every engine has to agree with. Pure.

A bare phrase stands within one of title, summary and text. NEAR counts the tokens between the end of
the phrase that begins first and the start of the other; phrases that overlap have none between them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from . import query as q
from .index import terms
from .records import Document
from .text import fold, tokens

Places: TypeAlias = np.ndarray[Any, np.dtype[Any]]
"""Numbers of tokens within their field, counted from 0, rising."""


class Positions:
    """The tokens of one field as numbers, given in alphabetical order: those that begin alike are a range.

    A token of a phrase is looked for everywhere at once, by one comparison over the whole field. So what a
    phrase costs is at most its length times that of the field, in the steps of a compiled loop, whatever
    the words are.
    """

    __slots__ = ("_alphabet", "_numbers", "_words")

    def __init__(self, words: Sequence[str]) -> None:
        self._alphabet = sorted(set(words))
        self._numbers = {token: number for number, token in enumerate(self._alphabet)}
        self._words = np.fromiter(map(self._numbers.__getitem__, words), np.int32, len(words))

    def __len__(self) -> int:
        """Tokens of the field."""
        return len(self._words)

    def starts(self, phrase: q.Phrase) -> Places:
        """Where the phrase begins."""
        ranges = [self._whole(token) for token in phrase.tokens]
        if phrase.prefix:
            ranges[-1] = self._begun(phrase.tokens[-1])
        room = len(self._words) - len(ranges) + 1
        if room <= 0 or not all(ranges):
            return _NOWHERE
        found = np.ones(room, np.bool_)
        for ahead, wanted in enumerate(ranges):
            there = self._words[ahead : ahead + room]
            found &= there == wanted[0] if len(wanted) == 1 else (there >= wanted[0]) & (there <= wanted[-1])
        return np.flatnonzero(found)

    def _whole(self, token: str) -> range:
        number = self._numbers.get(token, -1)
        return range(number, number + 1) if number >= 0 else range(0)

    def _begun(self, beginning: str) -> range:
        def cut(token: str) -> str:
            return token[: len(beginning)]

        return range(
            bisect_left(self._alphabet, beginning, key=cut), bisect_right(self._alphabet, beginning, key=cut)
        )


_NOWHERE: Places = np.zeros(0, np.intp)


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
    q.Phrase: lambda query, document: any(stands(query, document.fields[field]) for field in fields(query)),
    q.Near: lambda query, document: any(meet(query, document.fields[field]) for field in fields(query)),
}


def fields(query: q.Phrase | q.Near) -> Sequence[str]:
    """Name the text fields a clause looks into."""
    return (query.field,) if query.field else q.TEXT_FIELDS


def stands(phrase: q.Phrase, field: Positions) -> bool:
    """Say whether the phrase stands anywhere in a field."""
    return field.starts(phrase).size > 0


def meet(near: q.Near, field: Positions) -> bool:
    """Say whether the two phrases stand near enough anywhere in a field."""
    return _beside(near.left, near.right, near.distance, field).size > 0


def neighbours(near: q.Near, field: Positions) -> tuple[Places, Places]:
    """Where the left and the right phrase begin, as far as one of the other is near enough."""
    left, right = near.left, near.right
    return _beside(left, right, near.distance, field), _beside(right, left, near.distance, field)


def _beside(phrase: q.Phrase, other: q.Phrase, distance: int, field: Positions) -> Places:
    """Where a phrase begins that has the other one near enough.

    As many steps as the field has tokens: how often the other begins before each of them is counted once.
    """
    starts, others = field.starts(phrase), field.starts(other)
    if not (starts.size and others.size):
        return _NOWHERE
    first = np.maximum(starts - len(other.tokens) - distance, 0)
    end = np.minimum(starts + len(phrase.tokens) + distance + 1, len(field))
    before = np.zeros(len(field) + 1, np.int32)
    before[others + 1] = 1
    before.cumsum(out=before)
    near: Places = starts[before[first] < before[end]]
    return near
