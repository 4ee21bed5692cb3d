"""Whether a file of saved objects is whole: each line, each object, and everything they refer to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..fields import Field
from ..saved import CORE, FLOOR
from . import known
from .charts import query
from .panels import Views, dashboard

Json = Mapping[str, Any]
_IN_STRINGS = {
    "dashboard": ("panelsJSON", "optionsJSON"),
    "index-pattern": ("fields", "fieldAttrs", "fieldFormatMap", "runtimeFieldMap", "sourceFilters"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an object will be refused, not open, or show nothing."""

    where: str
    """`type:id`, or the line."""
    says: str

    def __str__(self) -> str:
        return f"{self.where} {self.says}"


def check(text: str, fields: Mapping[str, Mapping[str, Field]], prefix: str = "biowire-") -> list[Fault]:
    """Everything wrong with an NDJSON file; `fields` of each alias, as `fields.of_aliases` gives them."""
    found: list[Fault] = []
    objects: dict[str, Json] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
            key = f"{one['type']}:{one['id']}"
        except (ValueError, KeyError, TypeError):
            found.append(Fault(f"line {number}", "is no saved object"))
            continue
        if key in objects:
            found.append(Fault(key, "is there twice: Kibana refuses the whole file"))
        objects[key] = one
    views = {
        one["id"]: fields.get(one["attributes"].get("title", "").removeprefix(prefix), {})
        for one in objects.values()
        if one["type"] == "index-pattern"
    }
    for key, one in objects.items():
        found.extend(Fault(key, says) for says in _object(one, objects.keys(), views))
    return found


def _object(one: Json, keys: Iterable[str], views: Views) -> Iterator[str]:
    if one["type"] not in FLOOR:
        yield "is of a type that is not known"
        return
    yield from _envelope(one)
    yield from _keys(one)
    yield from _references(one, set(keys))
    broken = list(_strings(one))
    yield from broken
    if broken or known.NEEDED[one["type"]] - set(one["attributes"]):
        return
    references = {ref["name"]: (ref["type"], ref["id"]) for ref in one["references"]}
    if one["type"] == "dashboard":
        yield from dashboard(one["attributes"], references, views)
    elif one["type"] == "index-pattern":
        yield from _view(one["attributes"], views[one["id"]])
    elif one["type"] == "search":
        yield from _search(one["attributes"], references, views)
    elif one["type"] == "query":
        everywhere = {name: field for view in views.values() for name, field in view.items()}
        yield from query(one["attributes"]["query"], everywhere)


def _envelope(one: Json) -> Iterator[str]:
    for key in sorted(set(one) - known.ENVELOPE):
        yield f"has an unknown key: {key}"
    for key in sorted(known.ENVELOPE - set(one)):
        yield f"lacks the key {key}"
    if one.get("coreMigrationVersion", CORE) != CORE:
        yield f"has coreMigrationVersion {one['coreMigrationVersion']}, not {CORE}"
    version = one.get("typeMigrationVersion", FLOOR[one["type"]])
    if version != FLOOR[one["type"]]:
        yield f"has typeMigrationVersion {version}, not {FLOOR[one['type']]}: older Kibana refuses the file"


def _keys(one: Json) -> Iterator[str]:
    for key in sorted(set(one["attributes"]) - known.ALLOWED[one["type"]]):
        yield f"has an unknown attribute, which Kibana refuses: {key}"
    for key in sorted(known.NEEDED[one["type"]] - set(one["attributes"])):
        yield f"lacks the attribute {key}"


def _references(one: Json, keys: set[str]) -> Iterator[str]:
    names = [ref["name"] for ref in one.get("references", ())]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"has two references called {name}"
    for ref in one.get("references", ()):
        if f"{ref['type']}:{ref['id']}" not in keys:
            yield f"refers to {ref['type']}:{ref['id']}, which is not in the file"


def _strings(one: Json) -> Iterator[str]:
    """JSON in strings."""
    attributes = one["attributes"]
    texts = {name: attributes[name] for name in _IN_STRINGS.get(one["type"], ()) if name in attributes}
    meta, controls = attributes.get("kibanaSavedObjectMeta", {}), attributes.get("controlGroupInput", {})
    texts |= {name: meta[name] for name in ("searchSourceJSON",) if name in meta}
    texts |= {f"controlGroupInput.{name}": one for name, one in controls.items() if name.endswith("JSON")}
    for name, value in texts.items():
        try:
            json.loads(value)
        except (ValueError, TypeError):
            yield f"has no JSON in {name}"


def _view(attributes: Json, fields: Mapping[str, Field]) -> Iterator[str]:
    if not fields:
        yield f"looks at {attributes['title']}, which is none of our aliases"
        return
    time = attributes.get("timeFieldName")
    if time is not None and (time not in fields or fields[time].kind != "date"):
        yield f"has the time field {time}, which is no date of it"
    for name in json.loads(attributes.get("fieldFormatMap", "{}")):
        if name not in fields:
            yield f"has a format for the field {name}, which is not there"


def _search(attributes: Json, references: Mapping[str, tuple[str, str]], views: Views) -> Iterator[str]:
    source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    name = source.get("indexRefName")
    if name not in references:
        yield f"needs the reference {name}"
        return
    fields = views.get(references[name][1], {})
    yield from query(source["query"], fields)
    for column in attributes["columns"]:
        if column not in fields:
            yield f"shows the field {column}, which is not there"
    for column, _ in attributes["sort"]:
        if column not in fields or not fields[column].counted:
            yield f"is sorted by {column}, which cannot be sorted by"
