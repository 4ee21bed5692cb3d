"""How SQLite answers a query: one FTS5 expression, a range of rows, and what only other tables know.

The parts of a query joined by AND go where they are answered best. Words and values become one MATCH,
dates a range of docids, stories and roles a look into `places`. What mixes them under OR, or nests deeper
than FTS5's own parser can go, is worked out as sets of docids first.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from ..core import query as q
from .sqlite_schema import bounds
from .sqlite_tokens import EVERY, value_token

_MAX_NESTING = 24
"""Parentheses FTS5 is asked to nest; its parser's stack holds 100 symbols."""

_NO_COPY = q.Not(q.Is("copy"))
_NOT_A_COPY = "NOT EXISTS (SELECT 1 FROM places INDEXED BY copies WHERE docid = f.rowid AND copy)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A query, ready to be asked."""

    match: str | None
    low: int
    high: int
    conditions: tuple[str, ...]
    parameters: tuple[str, ...]
    copies: bool
    """False leaves copies out."""

    @property
    def everything(self) -> bool:
        """Whether it finds all of a period (copies aside)."""
        return not (self.match or self.conditions)

    def select(self, what: str, *, copies: bool | None = None) -> tuple[str, tuple[str | int, ...]]:
        """SQL for `what` of the rows `f` found, without order or limit, and its parameters."""
        where = ["articles_fts MATCH ?"] if self.match else []
        values: list[str | int] = [self.match] if self.match else []
        if (self.low, self.high) != bounds(None, None):
            where.append("f.rowid BETWEEN ? AND ?")
            values += [self.low, self.high]
        where += self.conditions
        values += self.parameters
        if not (self.copies if copies is None else copies):
            where.append(_NOT_A_COPY)
        table = "articles_fts" if self.match else "counted"
        return f"SELECT {what} FROM {table} f WHERE {' AND '.join(where) or 'TRUE'}", tuple(values)  # noqa: S608


def plan(query: q.Query, connection: sqlite3.Connection) -> Plan:
    """Say how to answer the query; reads sets of docids where no single statement can answer."""
    words: list[q.Query] = []
    conditions: list[tuple[str, str]] = []
    low, high = bounds(None, None)
    copies = True
    for part in query.parts if isinstance(query, q.And) else (query,):
        if part == _NO_COPY:
            copies = False
        elif part == q.Everything():
            continue
        elif isinstance(part, q.Dates):
            first, last = bounds(part.start, part.end)
            low, high = max(low, first), min(high, last)
        elif (condition := _condition(part)) is not None:
            conditions.append(condition)
        elif _is_words(part):
            words.append(part)
        else:
            found = json.dumps(sorted(_rowids(part, connection)))
            conditions.append(("f.rowid IN (SELECT value FROM json_each(?))", found))
    return Plan(
        match=expression(q.join(q.And, words)) if words else None,
        low=low,
        high=high,
        conditions=tuple(sql for sql, _ in conditions),
        parameters=tuple(value for _, value in conditions),
        copies=copies,
    )


_EXISTS = "EXISTS (SELECT 1 FROM places p WHERE p.docid = f.rowid AND "


def _condition(query: q.Query) -> tuple[str, str] | None:
    """What a role or a story asks of a row, as SQL with one parameter."""
    if isinstance(query, q.Not):
        inner = _condition(query.inner)
        return (f"NOT {inner[0]}", inner[1]) if inner else None
    if isinstance(query, q.Is):
        return f"{_EXISTS}{_role(query)})", query.role
    if isinstance(query, q.Value) and query.field == "story":
        return "f.rowid IN (SELECT docid FROM places WHERE story_id = ? AND docid IS NOT NULL)", query.value
    return None


def _role(query: q.Is) -> str:
    return "(? = 'copy' AND p.copy)" if query.role == "copy" else "p.role = ?"


def _is_words(query: q.Query) -> bool:
    """Say whether FTS5 alone can answer."""
    for clause in q.clauses(query):
        if isinstance(clause, q.Dates | q.Is) or (isinstance(clause, q.Value) and clause.field == "story"):
            return False
    return _nesting(expression(query)) <= _MAX_NESTING


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def expression(query: q.Query) -> str:
    """Write a query in the language of FTS5."""
    if isinstance(query, q.Everything):
        return f'"{EVERY}"'
    if isinstance(query, q.Phrase):
        return _column(query.field) + _string(query)
    if isinstance(query, q.Near):
        return f"{_column(query.field)}NEAR({_string(query.left)} {_string(query.right)}, {query.distance})"
    if isinstance(query, q.Value):
        return f'"{value_token(query.field, query.value)}"' + "*" * query.prefix
    if isinstance(query, q.Or):
        return f"({' OR '.join(expression(part) for part in query.parts)})"
    if isinstance(query, q.Not):
        return f'("{EVERY}" NOT {expression(query.inner)})'
    if isinstance(query, q.And):
        return _all_of(query.parts)
    raise TypeError(query)


def _all_of(parts: tuple[q.Query, ...]) -> str:
    wanted = [expression(part) for part in parts if not isinstance(part, q.Not)] or [f'"{EVERY}"']
    unwanted = [expression(part.inner) for part in parts if isinstance(part, q.Not)]
    all_wanted = " AND ".join(wanted)
    if not unwanted:
        return f"({all_wanted})"
    return f"(({all_wanted}) NOT ({' OR '.join(unwanted)}))"


def _column(field: str | None) -> str:
    return f"{field} : " if field else ""


def _string(phrase: q.Phrase) -> str:
    return f'"{" ".join(phrase.tokens)}"' + "*" * phrase.prefix


def _rowids(query: q.Query, connection: sqlite3.Connection) -> set[int]:
    """Every docid the query holds for."""
    if isinstance(query, q.And):
        wanted = [_rowids(part, connection) for part in query.parts if not isinstance(part, q.Not)]
        found = set.intersection(*wanted) if wanted else _all(connection)
        return found.difference(
            *(_rowids(part.inner, connection) for part in query.parts if isinstance(part, q.Not))
        )
    if isinstance(query, q.Or):
        return set().union(*(_rowids(part, connection) for part in query.parts))
    if isinstance(query, q.Not):
        return _all(connection) - _rowids(query.inner, connection)
    return {row for (row,) in connection.execute(*plan(query, connection).select("f.rowid"))}


def _all(connection: sqlite3.Connection) -> set[int]:
    return {row for (row,) in connection.execute("SELECT docid FROM counted")}
