"""The one query language of search, subscriptions and the UI: what a query is, and its written form.

A query is a tree of frozen records. `query_parse.parse` reads it, `str` writes it back in its canonical
form (`parse(str(query)) == query`), `query_match` says what it means on one document, and each engine
under `sinks` compiles it. Words are tokens of `text.tokens`, so every engine sees the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from connectors.errors import UserError

TEXT_FIELDS = ("title", "summary", "text")
"""Fields searched by word; a word without a field looks in all three."""

LABEL_FACETS = ("modality", "function", "domain", "theme", "region", "law", "organisation")

VALUE_FIELDS = (
    *("flag", "term", "label", *LABEL_FACETS, "source", "host", "country", "kind", "perspective"),
    *("language", "relevance", "story", "id", "url", "feed", "author", "category"),
)
"""Fields compared by whole value, folded."""

ALIASES = {
    "watchlist": "flag",
    "watchlists": "flag",
    "labels": "label",
    "org": "organisation",
    "organization": "organisation",
    "lang": "language",
    "date": "published",
    "tag": "category",
}

FIELDS = (*TEXT_FIELDS, *VALUE_FIELDS, "published", "is")

ROLES = ("lead", "report", "copy", "press-release")
"""What `is:` knows: the part an article plays in its story."""

MAX_BYTES = 4096
MAX_DEPTH = 50
MAX_CLAUSES = 200
MAX_PHRASE = 100
"""Words of a phrase; in Chinese, Japanese and Korean characters."""
MAX_DISTANCE = 1000
NEAR_DISTANCE = 10
"""What NEAR means without a number."""


class QuerySyntaxError(UserError):
    """The query cannot be read. `position` counts characters from 0; `sentence` says what is wrong there."""

    def __init__(self, query: str, position: int, sentence: str) -> None:
        self.query = query
        self.position = position
        self.sentence = sentence
        super().__init__(f"The query cannot be read at character {position + 1}: {sentence}")


@dataclass(frozen=True, slots=True)
class Everything:
    """Every document: `*`."""

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens one after the other within one field; `prefix`: the last one only has to begin so."""

    tokens: tuple[str, ...]
    prefix: bool = False
    field: str | None = None
    """A text field, or None for any of them."""

    def __str__(self) -> str:
        return f"{self.field}:{self.bare}" if self.field else self.bare

    @property
    def bare(self) -> str:
        """The phrase without its field."""
        words = self.tokens[0] if len(self.tokens) == 1 else f'"{" ".join(self.tokens)}"'
        return words + "*" * self.prefix


@dataclass(frozen=True, slots=True)
class Near:
    """Two phrases within one field, in any order, with at most `distance` tokens between them."""

    left: Phrase
    right: Phrase
    distance: int

    @property
    def field(self) -> str | None:
        """The text field both have to stand in; None for any one of them."""
        return self.left.field

    def __str__(self) -> str:
        near = f"{self.left.bare} NEAR/{self.distance} {self.right.bare}"
        return f"{self.field}:({near})" if self.field else near


@dataclass(frozen=True, slots=True)
class Value:
    """A field that holds this value (folded); `prefix`: one that begins so."""

    field: str
    value: str
    prefix: bool = False

    def __str__(self) -> str:
        return f'{self.field}:"{self.value}"' + "*" * self.prefix


@dataclass(frozen=True, slots=True)
class Dates:
    """Published (first seen, where the feed does not say) from `start`, inclusive, to `end`, exclusive.

    Both are whole seconds in UTC; None leaves that side open.
    """

    start: datetime | None
    end: datetime | None

    def holds(self, when: datetime) -> bool:
        """Say whether the second of `when` lies in the range."""
        second = when.replace(microsecond=0)
        return (self.start is None or self.start <= second) and (self.end is None or second < self.end)

    def __str__(self) -> str:
        return f"published:{_start_text(self.start)}..{_end_text(self.end)}"


@dataclass(frozen=True, slots=True)
class Is:
    """The part an article plays in its story, one of ROLES."""

    role: str

    def __str__(self) -> str:
        return f"is:{self.role}"


@dataclass(frozen=True, slots=True)
class Not:
    """Documents the inner query does not match."""

    inner: Query

    def __str__(self) -> str:
        return f"-({self.inner})" if isinstance(self.inner, And | Or | Near) else f"-{self.inner}"


@dataclass(frozen=True, slots=True)
class And:
    """Documents all parts match; two parts or more, none of them an And."""

    parts: tuple[Query, ...]

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Documents any part matches; two parts or more, none of them an Or."""

    parts: tuple[Query, ...]

    def __str__(self) -> str:
        return " OR ".join(f"({part})" if isinstance(part, And) else str(part) for part in self.parts)


Query: TypeAlias = Everything | Phrase | Near | Value | Dates | Is | Not | And | Or


def both(left: Query, right: Query) -> Query:
    """Join two queries by AND, flat."""
    if isinstance(left, Everything):
        return right
    if isinstance(right, Everything):
        return left
    return And((*_parts(left, And), *_parts(right, And)))


def _parts(query: Query, kind: type[And] | type[Or]) -> tuple[Query, ...]:
    return query.parts if isinstance(query, And | Or) and isinstance(query, kind) else (query,)


def join(kind: type[And] | type[Or], parts: list[Query]) -> Query:
    """Make one flat And or Or of `parts`; a single part stands for itself."""
    flat = tuple(inner for part in parts for inner in _parts(part, kind))
    return flat[0] if len(flat) == 1 else kind(flat)


def clauses(query: Query) -> Iterator[Query]:
    """Every leaf of the query, in reading order, those under NOT included."""
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from clauses(part)
    elif isinstance(query, Not):
        yield from clauses(query.inner)
    else:
        yield query


def asks_for_copies(query: Query) -> bool:
    """Say whether the query itself speaks of copies (`is:copy`, `-is:copy`), which else are left out."""
    return Is("copy") in clauses(query)


def narrow(
    query: Query, *, since: datetime | None = None, until: datetime | None = None, copies: bool = False
) -> Query:
    """Add to a query what a search adds: a period (`until` exclusive), and no copies unless asked for."""
    if since is not None or until is not None:
        query = both(query, Dates(_second(since), _second(until)))
    return query if copies or asks_for_copies(query) else both(query, Not(Is("copy")))


def _second(moment: datetime | None) -> datetime | None:
    """The first whole second at or after the moment, in UTC."""
    if moment is None:
        return None
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return whole + _SECOND if moment.microsecond else whole


_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def _start_text(start: datetime | None) -> str:
    if start is None:
        return ""
    return start.date().isoformat() if _is_midnight(start) else _stamp(start)


def _end_text(end: datetime | None) -> str:
    if end is None:
        return ""
    return (end - _DAY).date().isoformat() if _is_midnight(end) else _stamp(end - _SECOND)


def _is_midnight(moment: datetime) -> bool:
    return (moment.hour, moment.minute, moment.second) == (0, 0, 0)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
