"""Narrow a query by one value, and widen it again; what a person typed stays as it is where it can. Pure.

What comes out always means what it should: it is read back, and where the person's own text cannot be kept
the canonical form stands in for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import query as q
from .index import FACETS, normal
from .query_parse import parse

_PLAIN = re.compile(r"[^\W_][\w.-]*")
"""Values that need no quotation marks."""
_QUOTES = dict.fromkeys(map(ord, '"“”„«»'))


def clause(field: str, value: str) -> str:
    """One value as a person writes it: `theme:privacy`, `source:"The Guardian"`."""
    plain = " ".join(value.translate(_QUOTES).split())
    return f"{field}:{plain}" if _PLAIN.fullmatch(plain) else f'{field}:"{plain}"'


def narrowed(text: str, field: str, value: str) -> str:
    """The query, and this value too."""
    added = clause(field, value)
    query = parse(text)
    if isinstance(query, q.Everything):
        return added
    wanted = q.both(query, parse(added))
    plain = f"{text.strip()} {added}"
    return plain if parse(plain) == wanted else str(wanted)


def chosen(query: q.Query) -> Sequence[q.Query]:
    """The parts that all have to hold and are about one value of a facet, or one that must not be."""
    return [part for part in _parts(query) if _facet(part) is not None]


def holds(query: q.Query, field: str, value: str) -> bool:
    """Whether the query asks for this value already."""
    wanted = q.Value(q.ALIASES.get(field, field), normal(field, value))
    return wanted in _parts(query)


def without(text: str, part: q.Query) -> str:
    """The query without one of its parts; `*` when nothing is left."""
    query = parse(text)
    kept = [one for one in _parts(query) if one != part]
    if not kept:
        return "*"
    wanted = q.join(q.And, kept)
    for piece in _pieces(text):
        if parse_or_none(piece) == part:
            rest = " ".join(text.replace(piece, " ", 1).split())
            if parse_or_none(rest) == wanted:
                return rest
    return str(wanted)


def parse_or_none(text: str) -> q.Query | None:
    """The query, or None for what is none."""
    try:
        return parse(text)
    except q.QuerySyntaxError:
        return None


def _pieces(text: str) -> Sequence[str]:
    return re.findall(r'-?[A-Za-z_-]+:"[^"]*"\*?|-?[A-Za-z_-]+:[^\s()"]+', text)


def _parts(query: q.Query) -> Sequence[q.Query]:
    return query.parts if isinstance(query, q.And) else (query,)


def _facet(part: q.Query) -> str | None:
    inner = part.inner if isinstance(part, q.Not) else part
    if not isinstance(inner, q.Value):
        return None
    return inner.field if inner.field in _FIELDS else None


_FIELDS = frozenset(q.ALIASES.get(field, field) for field in FACETS)
