"""Read a query as a person writes it; what cannot be read is named with its place. Pure.

    OR < AND (also by standing side by side) < NOT, - < NEAR/n

`field:` holds for one word, phrase or group: `title:(face OR iris)`. Operators are written in capitals;
in small letters they are words like any other.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass

from . import query as q
from .index import WHOLE_FIELDS, normal
from .query import QuerySyntaxError
from .query_dates import read_dates
from .text import fold_text, tokens

_LEXEME = re.compile(
    r"""\s*(?:
      (?P<open>\() | (?P<close>\))
    | (?P<minus>-(?=[^\s)]))
    | (?P<operator>(?:AND|OR|NOT)(?=[\s()"“”„«»]|$) | NEAR(?:/\d*)?(?=[\s()"“”„«»]|$))
    | (?P<field>[A-Za-z][A-Za-z_-]*):(?!//)
    | (?P<phrase>["“”„«»](?P<inside>[^"“”„«»]*)["“”„«»](?P<star>\*?))
    | (?P<unclosed>["“”„«»])
    | (?P<word>[^\s()"“”„«»]+)
    )""",
    re.VERBOSE,
)
_VALUE = re.compile(
    r"""(?P<open>\()
      | (?P<phrase>["“”„«»](?P<inside>[^"“”„«»]*)["“”„«»](?P<star>\*?))
      | (?P<word>[^\s()"“”„«»-][^\s()"“”„«»]*)""",
    re.VERBOSE,
)
"""What may stand directly after a colon; nothing in it is an operator or another field."""
_RELEVANCE = ("none", "mention", "main")


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: str
    text: str
    start: int
    prefix: bool = False
    attached: bool = False
    """Stands directly after the colon of a field."""


def parse(text: str) -> q.Query:
    """Read a query; nothing at all (or `*`) means every document. Raises QuerySyntaxError."""
    if len(text.encode("utf-8", "replace")) > q.MAX_BYTES:
        raise QuerySyntaxError(text, 0, f"It is longer than {q.MAX_BYTES} bytes.")
    lexemes = _lexemes(text)
    if len(lexemes) == 1:
        return q.Everything()
    return _Reader(text, lexemes).read()


def _lexemes(text: str) -> list[_Lexeme]:
    found: list[_Lexeme] = []
    at = 0
    while text[at:].strip():
        named = bool(found) and found[-1].kind == "field"
        match = (named and _VALUE.match(text, at)) or _LEXEME.match(text, at)
        if not match:  # pragma: no cover - the last alternative takes any character
            raise QuerySyntaxError(text, at, "This cannot be read.")
        found.append(_lexeme(text, match, attached=match.re is _VALUE))
        at = match.end()
    return [*found, _Lexeme("end", "", len(text.rstrip()))]


def _lexeme(text: str, match: re.Match[str], *, attached: bool) -> _Lexeme:
    if match["phrase"] is not None:
        return _Lexeme("phrase", match["inside"], match.start("phrase"), bool(match["star"]), attached)
    kind = match.lastgroup or ""
    start, word = match.start(kind), match[kind]
    if kind == "unclosed":
        raise QuerySyntaxError(text, start, "This quotation mark is never closed.")
    if kind == "word":
        return _Lexeme(kind, word.rstrip("*"), start, word.endswith("*"), attached)
    return _Lexeme(kind, word, start, attached=attached)


class _Reader:
    """Recursive descent over the lexemes of one query."""

    def __init__(self, text: str, lexemes: list[_Lexeme]) -> None:
        self.text = text
        self.lexemes = lexemes
        self.at = 0
        self.depth = 0
        self.clauses = 0

    @property
    def next(self) -> _Lexeme:
        return self.lexemes[self.at]

    def take(self) -> _Lexeme:
        self.at += 1
        return self.lexemes[self.at - 1]

    def wrong(self, position: int, sentence: str) -> QuerySyntaxError:
        return QuerySyntaxError(self.text, position, sentence)

    def read(self) -> q.Query:
        query = self.either(None)
        if self.next.kind == "close":
            raise self.wrong(self.next.start, "This parenthesis closes nothing.")
        return query

    def either(self, field: str | None) -> q.Query:
        parts = [self.all_of(field)]
        while self.is_operator("OR"):
            self.take()
            parts.append(self.all_of(field))
        return q.join(q.Or, parts)

    def is_operator(self, *words: str) -> bool:
        return self.next.kind == "operator" and self.next.text in words

    def all_of(self, field: str | None) -> q.Query:
        parts = [self.negated(field)]
        while self.next.kind not in {"end", "close"} and not self.is_operator("OR"):
            if self.is_operator("AND"):
                self.take()
            parts.append(self.negated(field))
        kept = [part for part in parts if part != q.Everything()]
        return q.join(q.And, kept) if kept else q.Everything()

    def negated(self, field: str | None) -> q.Query:
        negations = 0
        while self.next.kind == "minus" or self.is_operator("NOT"):
            self.take()
            negations += 1
        query = self.near(field)
        if negations % 2:
            query = query.inner if isinstance(query, q.Not) else q.Not(query)
        return query

    def near(self, field: str | None) -> q.Query:
        start = self.next.start
        left = self.single(field)
        if not self.is_near():
            return left
        operator = self.take()
        right_start = self.next.start
        right = self.single(field)
        for side, at in ((left, start), (right, right_start)):
            if not isinstance(side, q.Phrase):
                raise self.wrong(at, "NEAR joins two words or phrases, nothing else.")
        assert isinstance(left, q.Phrase)  # noqa: S101 - seen above; tells the type checker
        assert isinstance(right, q.Phrase)  # noqa: S101
        if left.field != right.field:
            raise self.wrong(right_start, "Both sides of NEAR have to stand in the same field.")
        if self.is_near():
            raise self.wrong(
                self.next.start, "NEAR joins two words or phrases; write a second pair with AND."
            )
        return q.Near(left, right, self.distance(operator))

    def is_near(self) -> bool:
        return self.next.kind == "operator" and self.next.text.startswith("NEAR")

    def distance(self, operator: _Lexeme) -> int:
        digits = operator.text.removeprefix("NEAR").removeprefix("/")
        if operator.text.endswith("/"):
            raise self.wrong(operator.start, "NEAR/ needs a number of words, such as NEAR/5.")
        distance = int(digits[:5]) if digits else q.NEAR_DISTANCE
        if distance > q.MAX_DISTANCE:
            raise self.wrong(operator.start, f"NEAR reaches over at most {q.MAX_DISTANCE} words.")
        return distance

    def single(self, field: str | None) -> q.Query:
        lexeme = self.take()
        if lexeme.kind == "open":
            return self.group(lexeme, field)
        if lexeme.kind == "field":
            return self.fielded(lexeme, field)
        if lexeme.kind in {"word", "phrase"}:
            self.count(lexeme)
            return self.words(lexeme, field)
        raise self.missing(lexeme)

    def missing(self, lexeme: _Lexeme) -> QuerySyntaxError:
        before = self.lexemes[self.at - 2] if self.at > 1 else None
        if lexeme.kind == "operator" and (before is None or before.kind == "open"):
            return self.wrong(lexeme.start, f"{lexeme.text} needs something before it.")
        if before is not None and before.kind == "open":
            return self.wrong(lexeme.start, "There is nothing between these parentheses.")
        if before is not None and before.kind in {"operator", "minus"}:
            return self.wrong(before.start, f"{before.text} needs something after it.")
        return self.wrong(lexeme.start, "A word, a phrase or a field is missing here.")

    def count(self, lexeme: _Lexeme) -> None:
        self.clauses += 1
        if self.clauses > q.MAX_CLAUSES:
            raise self.wrong(lexeme.start, f"The query has more than {q.MAX_CLAUSES} words and fields.")

    def group(self, opening: _Lexeme, field: str | None) -> q.Query:
        self.depth += 1
        if self.depth > q.MAX_DEPTH:
            raise self.wrong(opening.start, f"Parentheses nest deeper than {q.MAX_DEPTH}.")
        query = self.either(field)
        if self.next.kind != "close":
            raise self.wrong(opening.start, "This parenthesis is never closed.")
        self.take()
        self.depth -= 1
        return query

    def words(self, lexeme: _Lexeme, field: str | None) -> q.Query:
        if field is not None and field not in q.TEXT_FIELDS:
            return self.value(lexeme, field)
        if lexeme.kind == "word" and not lexeme.text and field is None:
            return q.Everything()
        if lexeme.kind == "word" and lexeme.text.startswith(("http://", "https://")) and field is None:
            return q.Value("url", normal("url", lexeme.text))
        found = tuple(tokens(fold_text(unicodedata.normalize("NFC", lexeme.text))))
        if not found:
            raise self.wrong(lexeme.start, "There is no letter or digit here to search for.")
        if len(found) > q.MAX_PHRASE:
            raise self.wrong(
                lexeme.start, f"A phrase has at most {q.MAX_PHRASE} words, this one {len(found)}."
            )
        return q.Phrase(found, lexeme.prefix, field)

    def fielded(self, name: _Lexeme, outer: str | None) -> q.Query:
        field = self.known(name)
        if not self.next.attached:
            raise self.wrong(name.start, f"{field}: needs a value directly after the colon.")
        if outer is not None:
            raise self.wrong(name.start, f"A field cannot stand inside the group of another ({outer}:).")
        value = self.take()
        if value.kind == "open":
            return self.group(value, field)
        self.count(value)
        return self.words(value, field)

    def known(self, name: _Lexeme) -> str:
        field = name.text.lower().replace("_", "-")
        field = q.ALIASES.get(field, field)
        if field in q.FIELDS:
            return field
        near = difflib.get_close_matches(field, [*q.FIELDS, *q.ALIASES], n=3, cutoff=0.6)
        meant = (
            f"Did you mean {' or '.join(f'{n}:' for n in near)}?"
            if near
            else f"Fields: {', '.join(q.FIELDS)}."
        )
        raise self.wrong(
            name.start,
            f"There is no field {name.text[:60]}:. {meant} To find the text itself, put it in quotes.",
        )

    def value(self, lexeme: _Lexeme, field: str) -> q.Query:
        if field == "published":
            try:
                return read_dates(lexeme.text)
            except ValueError as cause:
                raise self.wrong(lexeme.start, str(cause)) from None
        value = normal(field, lexeme.text)
        if not value and not lexeme.prefix:
            raise self.wrong(lexeme.start, f"{field}: needs a value directly after the colon.")
        if field == "is":
            return q.Is(self.one_of(lexeme, value, q.ROLES))
        if field == "relevance":
            self.one_of(lexeme, value, _RELEVANCE)
        if lexeme.prefix and field in WHOLE_FIELDS:
            raise self.wrong(lexeme.start, f"{field}: is compared as a whole; leave out the `*`.")
        return q.Value(field, value, lexeme.prefix)

    def one_of(self, lexeme: _Lexeme, value: str, known: tuple[str, ...]) -> str:
        if value not in known or lexeme.prefix:
            raise self.wrong(lexeme.start, f"It has to be one of {', '.join(known)}.")
        return value
