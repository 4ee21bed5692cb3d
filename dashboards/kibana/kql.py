"""Kibana's query language, as far as our definitions use it: fields, values, comparisons, and, or, not. Pure.

    text ─► read ─► Has | Compare | Exists | And | Or | Not

Source of the grammar: Kibana's documentation of KQL. Nested objects (`field: { … }`) are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(<=|>=|<|>|:|\(|\))|((?:[^\s"():<>\\]|\\.)+))')
_WORDS = {"and", "or", "not"}


class KqlError(ValueError):
    """What was written cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Has:
    """The field holds the value; an empty field stands for any. `*` in it: anything."""

    field: str
    value: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """The field's value is on that side of another."""

    field: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value."""

    field: str


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple[Kql, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    parts: tuple[Kql, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Anything but this."""

    part: Kql


Kql = Has | Compare | Exists | And | Or | Not


def read(text: str) -> Kql | None:
    """What a query means; None for an empty one, which finds everything. Raises KqlError."""
    reader = _Reader(text)
    if reader.next() is None:
        return None
    found = reader.either()
    if (rest := reader.next()) is not None:
        raise KqlError(f"`{rest}` is not expected in `{text}`")
    return found


def fields(query: Kql | None) -> Iterator[str]:
    """Every field that a query names."""
    if isinstance(query, Has | Compare | Exists):
        if query.field:
            yield query.field
    elif isinstance(query, And | Or):
        for part in query.parts:
            yield from fields(part)
    elif isinstance(query, Not):
        yield from fields(query.part)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0

    def next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def either(self) -> Kql:
        parts = [self._both()]
        while self._word("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self) -> Kql:
        parts = [self._one()]
        while self._word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Kql:
        if self._word("not"):
            return Not(self._one())
        if self.next() == "(":
            self._take()
            inner = self.either()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Kql:
        first = self._take()
        operator = self.next()
        if operator == ":":
            self._at += 1
            return self._values(_bare(first))
        if operator in {"<", "<=", ">", ">="}:
            self._at += 1
            return Compare(_bare(first), operator, _bare(self._take()))
        return _has("", first)

    def _values(self, field: str) -> Kql:
        if self.next() != "(":
            return _has(field, self._take())
        self._take()
        parts = [_has(field, self._take())]
        joined = And if (self.next() or "").lower() == "and" else Or
        while self._word("or") or self._word("and"):
            parts.append(_has(field, self._take()))
        self._expect(")")
        return parts[0] if len(parts) == 1 else joined(tuple(parts))

    def _word(self, word: str) -> bool:
        if (self.next() or "").lower() != word:
            return False
        self._at += 1
        return True

    def _take(self) -> str:
        token = self.next()
        if token is None or token in {":", ")", "<", ">", "<=", ">="} or token.lower() in _WORDS:
            raise KqlError(f"`{self._text}` ends too early" if token is None else f"misplaced `{token}`")
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if self.next() != token:
            raise KqlError(f"`{self._text}` lacks a `{token}`")
        self._at += 1


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise KqlError(f"`{text}` cannot be read at character {at + 1}")
        yield found[0].strip()
        at = found.end()


def _has(field: str, written: str) -> Has | Exists:
    if written == "*" and field:
        return Exists(field)
    return Has(field, _bare(written), written.startswith('"'))


def _bare(written: str) -> str:
    inner = written[1:-1] if written.startswith('"') else written
    return re.sub(r"\\(.)", r"\1", inner)
