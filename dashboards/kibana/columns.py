"""Columns of a chart: what is counted, and by what. Pure.

over("when") · top("facets.theme", "Theme") · among({...})      by what: buckets
count() · unique("story_id", ...) · share(of, in_all) · middle("seconds", ...)     what: numbers
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .objects import kuery

Json = dict[str, Any]
RECORDS = "___records___"
"""Kibana's name for the documents themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a layer. `body` lacks only what depends on the other columns."""

    label: str
    body: Mapping[str, Any]
    bucket: bool = False
    ranked: bool = False
    """Whether its buckets are those with the most of the first number."""
    shares: tuple[str, str] | None = None
    """Two queries, for a quotient of counts."""
    format: Mapping[str, Any] | None = field(default=None)


def over(field: str, label: str = "", interval: str = "auto") -> Column:
    """By time. `interval` such as `1d`; `auto` follows the time picker."""
    params = {"interval": interval, "includeEmptyRows": True, "dropPartials": False}
    body = {"operationType": "date_histogram", "dataType": "date", "scale": "interval", "sourceField": field}
    return Column(label=label or field, body={**body, "params": params}, bucket=True)


def top(field: str, label: str, size: int = 10, *, other: bool = False, least: bool = False) -> Column:
    """By the values of a keyword, those with most (`least`: least) of the first number first.

    `other`: the rest as one more value.
    """
    params = {
        "size": size,
        "orderDirection": "asc" if least else "desc",
        "otherBucket": other,
        "missingBucket": False,
        "parentFormat": {"id": "terms"},
    }
    body = {"operationType": "terms", "dataType": "string", "scale": "ordinal", "sourceField": field}
    return Column(label=label, body={**body, "params": params}, bucket=True, ranked=True)


def among(label: str, queries: Mapping[str, str]) -> Column:
    """By queries: documents that each finds, under its name."""
    filters = [{"input": kuery(where), "label": name} for name, where in queries.items()]
    body = {"operationType": "filters", "dataType": "string", "scale": "ordinal"}
    return Column(label=label, body={**body, "params": {"filters": filters}}, bucket=True)


def count(label: str = "Articles", where: str = "") -> Column:
    """Number of documents; `where`: of those that a query finds."""
    body: Json = {"operationType": "count", "sourceField": RECORDS, "params": {"emptyAsNull": False}}
    return _number(label, body, where)


def unique(field: str, label: str, where: str = "") -> Column:
    """Number of different values."""
    body: Json = {"operationType": "unique_count", "sourceField": field, "params": {"emptyAsNull": False}}
    return _number(label, body, where)


def middle(field: str, label: str, where: str = "") -> Column:
    """Median of a number."""
    return _number(label, {"operationType": "median", "sourceField": field, "params": {}}, where)


def percentile(field: str, label: str, percent: int, where: str = "") -> Column:
    """The number that so many percent do not exceed."""
    params = {"percentile": percent}
    return _number(label, {"operationType": "percentile", "sourceField": field, "params": params}, where)


def total(field: str, label: str, where: str = "") -> Column:
    """Sum of a number."""
    return _number(label, {"operationType": "sum", "sourceField": field, "params": {}}, where)


def largest(field: str, label: str, where: str = "") -> Column:
    """Largest value of a number."""
    return _number(label, {"operationType": "max", "sourceField": field, "params": {}}, where)


def latest(field: str, label: str) -> Column:
    """Latest value of a date."""
    body = {"operationType": "max", "sourceField": field, "params": {}, "dataType": "date"}
    return Column(label=label, body={**body, "scale": "ratio"})


def share(label: str, part: str, whole: str = "") -> Column:
    """Documents that the query `part` finds, as a part of those that `whole` finds (all, when empty)."""
    body = {"operationType": "formula", "dataType": "number", "scale": "ratio"}
    percent = {"id": "percent", "params": {"decimals": 1}}
    return Column(label=label, body=body, shares=(part, whole), format=percent)


def _number(label: str, body: Mapping[str, Any], where: str) -> Column:
    filtered = {"filter": kuery(where)} if where else {}
    return Column(label=label, body={**body, "dataType": "number", "scale": "ratio", **filtered})


def built(buckets: list[Column], numbers: list[Column]) -> tuple[dict[str, Json], list[str], list[str]]:
    """The columns of a layer by id, ids of its buckets, and of its numbers."""
    by = [f"by{number}" for number, _ in enumerate(buckets, 1)]
    of = [f"number{number}" for number, _ in enumerate(numbers, 1)]
    columns: dict[str, Json] = {}
    for id_, one in zip(by, buckets, strict=True):
        columns[id_] = _bucket(one, of[0])
    for id_, one in zip(of, numbers, strict=True):
        columns |= _quotient(id_, one, *one.shares) if one.shares else {id_: _plain(one)}
    return columns, by, of


def _bucket(one: Column, first: str) -> Json:
    params = dict(one.body["params"])
    if one.ranked:
        params["orderBy"] = {"type": "column", "columnId": first}
    return {**_plain(one), "params": params}


def _plain(one: Column) -> Json:
    return {**one.body, "label": one.label, "customLabel": True, "isBucketed": one.bucket}


def _quotient(id_: str, one: Column, part: str, whole: str) -> dict[str, Json]:
    """A formula column, and the columns of its parts, which Kibana wants to find beside it."""
    formula = f"{_counting(part)} / {_counting(whole)}"
    over_, under, math = f"{id_}X0", f"{id_}X1", f"{id_}X2"
    ast = {
        "type": "function",
        "name": "divide",
        "args": [over_, under],
        "location": {"min": 0, "max": len(formula)},
        "text": formula,
    }
    params = {"formula": formula, "isFormulaBroken": False, "format": one.format}
    quotient = {
        "operationType": "math",
        "dataType": "number",
        "scale": "ratio",
        "label": f"Part of {one.label}",
        "customLabel": True,
        "isBucketed": False,
        "params": {"tinymathAst": ast},
        "references": [over_, under],
    }
    return {
        id_: {**_plain(one), "params": params, "references": [math]},
        over_: _plain(count(f"Part of {one.label}", part)),
        under: _plain(count(f"Part of {one.label}", whole)),
        math: quotient,
    }


def _counting(where: str) -> str:
    if "'" in where:
        raise ValueError(f"a formula cannot hold a quotation mark: {where}")
    return f"count(kql='{where}')" if where else "count()"
