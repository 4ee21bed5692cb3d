"""Whether a chart is whole: columns that fit each other, fields that fit columns, a picture of columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import kql
from ..columns import RECORDS
from ..fields import Field
from . import known

Json = Mapping[str, Any]
Fields = Mapping[str, Field]


def chart(attributes: Json, views: Mapping[str, Fields]) -> Iterator[str]:
    """What is wrong with the attributes of a Lens chart; `views`: the fields of each data view by its id."""
    state = attributes["state"]
    if attributes["visualizationType"] not in known.DRAWN:
        yield f"draws a {attributes['visualizationType']}, of which it is not known that every Kibana can"
    for key in sorted(set(state) - known.STATE):
        yield f"has an unknown key in its state: {key}"
    if "colorMapping" in str(state["visualization"]):
        yield "has colorMapping, which older Kibana paints red"
    named = {one["name"]: one["id"] for one in attributes["references"]}
    layers = state["datasourceStates"].get("formBased", {}).get("layers", {})
    for name in sorted(set(named) - {_reference(id_) for id_ in layers}):
        yield f"refers to {name}, which is no layer of it"
    for id_, layer in layers.items():
        view = named.get(_reference(id_))
        if view is None:
            yield f"has no reference {_reference(id_)} inside"
        elif view in views:
            yield from _layer(layer, views[view])
            yield from query(state["query"], views[view])
    yield from _picture(state["visualization"], layers)


def query(one: Json, fields: Fields) -> Iterator[str]:
    """What is wrong with a query in Kibana's language."""
    if one.get("language") != "kuery":
        yield f"asks in {one.get('language')}, not kuery"
        return
    try:
        names = set(kql.fields(kql.read(one["query"])))
    except kql.KqlError as cause:
        yield f"has a query that cannot be read: {cause}"
        return
    for name in sorted(names):
        if name not in fields:
            yield f"asks for the field {name}, which is not there"
        elif not fields[name].searched:
            yield f"asks for the field {name}, which is kept and not searched"


def _reference(layer: str) -> str:
    return f"indexpattern-datasource-layer-{layer}"


def _layer(layer: Json, fields: Fields) -> Iterator[str]:
    columns, order = layer["columns"], layer["columnOrder"]
    if sorted(order) != sorted(columns):
        yield "has a columnOrder that does not name each column once"
        return
    buckets = [columns[id_]["isBucketed"] for id_ in order]
    if buckets != sorted(buckets, reverse=True):
        yield "has a number before a bucket in its columnOrder"
    for id_, column in columns.items():
        yield from (f"column {id_} {fault}" for fault in _column(column, columns, fields))


def _column(column: Json, columns: Json, fields: Fields) -> Iterator[str]:
    operation = column["operationType"]
    if operation not in known.OPERATIONS:
        yield f"does {operation}, which is not known"
        return
    if column["isBucketed"] != (operation in known.BUCKETS):
        yield f"says isBucketed {column['isBucketed']}, which {operation} is not"
    yield from _field(column, operation, fields)
    for other in column.get("references", ()):
        if other not in columns:
            yield f"is made of {other}, which is not there"
    ordered = column.get("params", {}).get("orderBy", {})
    if ordered.get("type") == "column":
        by = columns.get(ordered["columnId"], {}).get("operationType")
        if by not in known.RANKING:
            yield f"is ordered by {ordered['columnId']}, which nothing can be ordered by ({by})"
    for asked in _queries(column):
        yield from query(asked, fields)


def _field(column: Json, operation: str, fields: Fields) -> Iterator[str]:
    kinds = known.OPERATIONS[operation]
    name = str(column.get("sourceField", ""))
    if kinds is None:
        if name not in {"", RECORDS}:
            yield f"does {operation} on the field {name}"
        return
    if name not in fields:
        yield f"uses the field {name}, which is not there"
    elif not fields[name].counted:
        yield f"uses the field {name} ({fields[name].type}), which cannot be counted by"
    elif fields[name].kind not in kinds:
        yield f"does {operation} on {name}, which is a {fields[name].type}"
    elif operation == "terms" and column["dataType"] != fields[name].kind:
        yield f"says that {name} is a {column['dataType']}, which is a {fields[name].kind}"


def _queries(column: Json) -> Iterator[Json]:
    if "filter" in column:
        yield column["filter"]
    for one in column.get("params", {}).get("filters", ()):
        yield one["input"]


def _picture(visualization: Json, layers: Json) -> Iterator[str]:
    for drawn in visualization.get("layers", [visualization]):
        layer = layers.get(drawn.get("layerId"))
        if layer is None:
            yield f"draws the layer {drawn.get('layerId')}, which is not there"
            continue
        used = list(_accessors(drawn))
        if not used:
            yield "draws no column"
        for id_ in used:
            if id_ not in layer["columns"]:
                yield f"draws the column {id_}, which is not there"


def _accessors(drawn: Json) -> Iterator[str]:
    for key in ("metricAccessor", "xAccessor", "splitAccessor"):
        if key in drawn:
            yield drawn[key]
    several: Sequence[str] = ("accessors", "primaryGroups", "metrics")
    for key in several:
        yield from drawn.get(key, ())
    for column in drawn.get("columns", ()):
        yield column["columnId"]
