"""A query of our language as one of Elasticsearch, which finds exactly the same articles. Pure.

Words ask `words.*`, which hold our own tokens; values ask `terms`. A prefix alone is a `prefix` query, which
has no limit; one inside a phrase or NEAR is an interval, which the server refuses when it stands for too many
words, and never cuts short. Deeper nesting than the server takes at once is handed over in wrappers.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any

import msgspec

from ...core import query as q
from .words import beginning, term, word

Json = dict[str, Any]

WEIGHTS = {"title": 4.0, "summary": 2.0, "text": 1.0}
"""A word of the title counts four times, of the summary twice."""

_DEPTH = 20
"""Queries within each other handed over at once; the server's parser takes thirty."""

_LEAF = 1
_encode = msgspec.json.Encoder().encode


def plan(query: q.Query) -> Json:
    """The query with scores, for order by relevance."""
    return _plan(query)[0]


def unscored(query: q.Query) -> Json:
    """The query as a filter, for every other order: the server need not work out scores."""
    return {"bool": {"filter": [plan(query)]}}


def _plan(query: q.Query) -> tuple[Json, int]:
    """The query, and how many queries stand within each other in it."""
    if isinstance(query, q.And | q.Or | q.Not):
        return _compound(query)
    return _clause(query), 2


def _clause(query: q.Query) -> Json:
    if isinstance(query, q.Everything):
        return {"match_all": {}}
    if isinstance(query, q.Phrase):
        return _fields(query, _phrase)
    if isinstance(query, q.Near):
        return _near(query)
    if isinstance(query, q.Value):
        return _value(query)
    if isinstance(query, q.Dates):
        return _dates(query)
    if isinstance(query, q.Is):
        return _role(query)
    raise TypeError(query)


def _compound(query: q.And | q.Or | q.Not) -> tuple[Json, int]:
    if isinstance(query, q.Not):
        inner, depth = _plan(query.inner)
        return _within({"must_not": [inner]}, depth)
    if isinstance(query, q.Or):
        parts = [_plan(part) for part in query.parts]
        return _within({"should": [one for one, _ in parts], "minimum_should_match": 1}, _deepest(parts))
    wanted = [_plan(part) for part in query.parts if not isinstance(part, q.Not)]
    unwanted = [_plan(part.inner) for part in query.parts if isinstance(part, q.Not)]
    clauses = {"must": [one for one, _ in wanted], "must_not": [one for one, _ in unwanted]}
    return _within({kind: own for kind, own in clauses.items() if own}, _deepest(wanted + unwanted))


def _deepest(parts: list[tuple[Json, int]]) -> int:
    return max(depth for _, depth in parts)


def _within(clauses: Json, depth: int) -> tuple[Json, int]:
    whole: Json = {"bool": clauses}
    if depth + 1 < _DEPTH:
        return whole, depth + 1
    return {"wrapper": {"query": b64encode(_encode(whole)).decode()}}, _LEAF


def _fields(clause: q.Phrase | q.Near, one: Any) -> Json:
    """The clause in its field, or in any text field."""
    if clause.field is not None:
        return one(clause, clause.field)  # type: ignore[no-any-return]
    return {"bool": {"should": [one(clause, field) for field in q.TEXT_FIELDS], "minimum_should_match": 1}}


def _phrase(phrase: q.Phrase, field: str) -> Json:
    name, boost = f"words.{field}", WEIGHTS[field]
    if phrase.prefix:
        if len(phrase.tokens) > 1:
            return {"intervals": {name: {**_interval(phrase), "boost": boost}}}
        return {"prefix": {name: {"value": beginning(phrase.tokens[0]), "boost": boost}}}
    if len(phrase.tokens) > 1:
        return {"match_phrase": {name: {"query": " ".join(map(word, phrase.tokens)), "boost": boost}}}
    return {"term": {name: {"value": word(phrase.tokens[0]), "boost": boost}}}


def _interval(phrase: q.Phrase) -> Json:
    """Where the phrase stands, as a rule of an intervals query."""
    whole = phrase.tokens[:-1] if phrase.prefix else phrase.tokens
    rules: list[Json] = []
    if whole:
        rules.append({"match": {"query": " ".join(map(word, whole)), "ordered": True, "max_gaps": 0}})
    if phrase.prefix:
        rules.append({"prefix": {"prefix": beginning(phrase.tokens[-1])}})
    return rules[0] if len(rules) == 1 else {"all_of": {"intervals": rules, "ordered": True, "max_gaps": 0}}


def _near(near: q.Near) -> Json:
    if near.left == near.right:  # it stands beside itself, while the server would look for a second one
        return _fields(near.left, _phrase)
    return _fields(near, _near_in)


def _near_in(near: q.Near, field: str) -> Json:
    both = [_interval(near.left), _interval(near.right)]
    rule = {"all_of": {"intervals": both, "ordered": False, "max_gaps": near.distance}}
    return {"intervals": {f"words.{field}": {**rule, "boost": WEIGHTS[field]}}}


def _value(query: q.Value) -> Json:
    if query.field == "story":
        return {"term": {"story_id": {"value": query.value}}}
    kind = "prefix" if query.prefix else "term"
    return {kind: {"terms": {"value": term(query.field, query.value)}}}


def _dates(query: q.Dates) -> Json:
    edges = {"gte": _stamp(query.start), "lt": _stamp(query.end)}
    return {"range": {"when": {edge: at for edge, at in edges.items() if at is not None}}}


def _stamp(moment: datetime | None) -> str | None:
    """As the field's format has it; `isoformat` leaves no year below 1000 short."""
    return moment.isoformat() if moment else None


def _role(query: q.Is) -> Json:
    if query.role == "copy":
        return {"term": {"dedup.outcome": {"value": "near_duplicate"}}}
    return {"term": {"story.role": {"value": query.role}}}
