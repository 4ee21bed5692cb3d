"""What Kibana asks Elasticsearch for each panel, control, Discover session and saved query of ours.

A panel's columns become aggregations within each other, as Kibana's own layers do it; `rows` reads the answer.
"""

import json
from dataclasses import dataclass

from dashboards.kibana import kql

RECORDS = "___records___"


@dataclass(frozen=True)
class Asked:
    """One request: what for, to which alias, with what body; `numbers` are its columns that are no buckets."""

    name: str
    alias: str
    body: dict
    buckets: tuple = ()
    numbers: tuple = ()

    def rows(self, answer) -> list[tuple]:
        """What a person would see: buckets and numbers, one row each; documents, for a list."""
        if "aggs" not in self.body:
            return [(hit["_id"],) for hit in answer["hits"]["hits"]]
        whole = {**answer["aggregations"], "doc_count": answer["hits"]["total"]["value"]}
        return [row for row in _rows(self.buckets, self.numbers, whole, ()) if any(row[len(self.buckets) :])]


def requests(objects) -> list[Asked]:
    """Everything that the objects make Kibana ask."""
    views = {one.id: one.attributes["title"] for one in objects if one.type == "index-pattern"}
    found = []
    for one in objects:
        if one.type == "dashboard":
            found += _panels(one, views)
            found += _controls(one, views)
        elif one.type == "search":
            found.append(_search(one, views))
        elif one.type == "query":
            found.append(
                Asked(
                    one.key, views["biowire-articles"], {"query": query(one.attributes["query"]), "size": 1}
                )
            )
    return found


def query(asked) -> dict:
    return translated(kql.read(asked["query"]))


def translated(meant) -> dict:
    """A KQL query as Kibana sends it."""
    if meant is None:
        return {"match_all": {}}
    if isinstance(meant, kql.Exists):
        return {"exists": {"field": meant.field}}
    if isinstance(meant, kql.Has):
        return {"match_phrase" if meant.quoted else "match": {meant.field: meant.value}}
    if isinstance(meant, kql.Compare):
        edge = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}[meant.operator]
        return {"range": {meant.field: {edge: meant.value}}}
    if isinstance(meant, kql.Not):
        return {"bool": {"must_not": [translated(meant.part)]}}
    parts = [translated(part) for part in meant.parts]
    if isinstance(meant, kql.And):
        return {"bool": {"filter": parts}}
    return {"bool": {"should": parts, "minimum_should_match": 1}}


def _panels(dashboard, views):
    references = {one.name: one.id for one in dashboard.references}
    for panel in json.loads(dashboard.attributes["panelsJSON"]):
        if panel["type"] != "lens":
            continue
        state = panel["embeddableConfig"]["attributes"]["state"]
        for id_, layer in state["datasourceStates"]["formBased"]["layers"].items():
            view = views[references[f"{panel['panelIndex']}:indexpattern-datasource-layer-{id_}"]]
            columns = {name: layer["columns"][name] for name in layer["columnOrder"]}
            buckets = tuple(name for name, one in columns.items() if one["isBucketed"])
            numbers = tuple((name, one) for name, one in columns.items() if _asked_of_server(one))
            body = {"query": query(state["query"]), "size": 0, "track_total_hits": True}
            body["aggs"] = _aggregations(columns, buckets, numbers) or {"all": {"filter": {"match_all": {}}}}
            yield Asked(f"{dashboard.id} {panel['panelIndex']}", view, body, buckets, numbers)


def _asked_of_server(column) -> bool:
    return not column["isBucketed"] and column["operationType"] not in {"formula", "math"}


def _aggregations(columns, buckets, numbers) -> dict:
    within = {name: one for name, one in ((name, _number(column)) for name, column in numbers) if one}
    if not buckets:
        return within
    first, *rest = buckets
    return {
        first: {**_bucket(columns[first]), "aggs": within | _aggregations(columns, rest, numbers)}
        if within or rest
        else _bucket(columns[first])
    }


def _number(column) -> dict | None:
    """None for a plain count: every bucket has that."""
    operation, field, params = column["operationType"], column["sourceField"], column.get("params", {})
    inner = {
        "count": None,
        "unique_count": {"cardinality": {"field": field}},
        "median": {"percentiles": {"field": field, "percents": [50]}},
        "percentile": {"percentiles": {"field": field, "percents": [params.get("percentile")]}},
        "sum": {"sum": {"field": field}},
        "max": {"max": {"field": field}},
    }[operation]
    if "filter" not in column:
        return inner
    return {"filter": query(column["filter"]), **({"aggs": {"value": inner}} if inner else {})}


def _bucket(column) -> dict:
    params = column["params"]
    if column["operationType"] == "date_histogram":
        return {
            "date_histogram": {"field": column["sourceField"], "calendar_interval": "day", "min_doc_count": 1}
        }
    if column["operationType"] == "filters":
        return {"filters": {"filters": {one["label"]: query(one["input"]) for one in params["filters"]}}}
    return {"terms": {"field": column["sourceField"], "size": params["size"]}}


def _rows(buckets, numbers, level, before):
    if not buckets:
        yield (*before, *(_value(level, name, column) for name, column in numbers))
        return
    found = level.get(buckets[0], {}).get("buckets", [])
    named = (
        found.items()
        if isinstance(found, dict)
        else ((one.get("key_as_string", one["key"]), one) for one in found)
    )
    for name, one in named:
        yield from _rows(buckets[1:], numbers, one, (*before, name))


def _value(level, name, column):
    one = level.get(name)
    if one is None:
        return level["doc_count"]
    inner = one.get("value", one)
    if isinstance(inner, dict):
        return (
            next(iter(inner["values"].values()))
            if "values" in inner
            else inner.get("value", inner.get("doc_count"))
        )
    return inner


def _controls(dashboard, views):
    references = {one.name: one.id for one in dashboard.references}
    panels = json.loads(dashboard.attributes["controlGroupInput"]["panelsJSON"])
    for id_, one in panels.items():
        field = one["explicitInput"]["fieldName"]
        body = {"size": 0, "track_total_hits": True, "aggs": {id_: {"terms": {"field": field, "size": 10}}}}
        count = ("count", {"isBucketed": False})
        view = views[references[f"controlGroup_{id_}:optionsListDataView"]]
        yield Asked(f"{dashboard.id} control {id_}", view, body, (id_,), (count,))


def _search(one, views):
    source = json.loads(one.attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    view = next(views[ref.id] for ref in one.references if ref.name == source["indexRefName"])
    sort = [{field: order} for field, order in one.attributes["sort"]]
    body = {
        "query": query(source["query"]),
        "size": 5,
        "sort": sort,
        "_source": False,
        "fields": list(one.attributes["columns"]),
    }
    return Asked(one.key, view, body)
