"""Whether the panels and controls of a dashboard stand where they can, and refer to what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from ..dashboard import WIDTH
from ..fields import Field
from . import known
from .charts import chart

Json = Mapping[str, Any]
Views = Mapping[str, Mapping[str, Field]]


def dashboard(attributes: Json, references: Mapping[str, tuple[str, str]], views: Views) -> Iterator[str]:
    """What is wrong; `references`: type and id by name."""
    panels = json.loads(attributes["panelsJSON"])
    named = set()
    for panel in panels:
        id_ = panel.get("panelIndex")
        yield from (f"panel {id_} {fault}" for fault in _panel(panel, references, views))
        named |= set(_names(panel))
    yield from _ids(panels)
    yield from _grid(panels)
    controls = _controls(attributes)
    for id_, control in controls.items():
        yield from (f"control {id_} {fault}" for fault in _control(id_, control, references, views))
        named.add(_control_reference(id_))
    for key in sorted(set(attributes.get("controlGroupInput", {})) - known.CONTROLS):
        yield f"has an unknown key in controlGroupInput: {key}"
    for name in sorted(set(references) - named):
        if not name.startswith("tag-ref-"):
            yield f"has a reference that no panel uses: {name}"


def _panel(panel: Json, references: Mapping[str, tuple[str, str]], views: Views) -> Iterator[str]:
    for key in sorted(set(panel) - known.PANEL):
        yield f"has an unknown key: {key}"
    for name in _names(panel):
        if name not in references:
            yield f"needs the reference {name} on the dashboard: without it, it does not open"
    config = panel.get("embeddableConfig", {})
    if panel.get("type") == "lens" and "attributes" in config:
        yield from chart(config["attributes"], views)
        yield from _agreement(panel, references)
    elif panel.get("type") == "visualization":
        if config.get("savedVis", {}).get("type") != "markdown":
            yield "is a visualization that is no text"
    elif panel.get("type") == "search":
        if panel.get("panelRefName") != f"panel_{panel.get('panelIndex')}":
            yield f"has the panelRefName {panel.get('panelRefName')}: the dashboard does not open"
    else:
        yield f"is a {panel.get('type')}, of which nothing is known"


def _names(panel: Json) -> Iterator[str]:
    """Names under which the dashboard has to have what the panel refers to."""
    id_ = panel.get("panelIndex")
    for one in panel.get("embeddableConfig", {}).get("attributes", {}).get("references", ()):
        yield f"{id_}:{one['name']}"
    if "panelRefName" in panel:
        yield f"{id_}:{panel['panelRefName']}"


def _agreement(panel: Json, references: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for one in panel["embeddableConfig"]["attributes"]["references"]:
        outside = references.get(f"{panel['panelIndex']}:{one['name']}")
        if outside not in {None, (one["type"], one["id"])}:
            yield f"refers to {one['id']} inside and to {outside[1]} outside"


def _ids(panels: list[Json]) -> Iterator[str]:
    ids = [panel.get("panelIndex") for panel in panels]
    for id_ in sorted({one for one in ids if ids.count(one) > 1}, key=str):
        yield f"has several panels {id_}"
    for panel in panels:
        if panel["gridData"].get("i") != panel.get("panelIndex"):
            yield f"panel {panel.get('panelIndex')} stands in the grid as {panel['gridData'].get('i')}"


def _grid(panels: list[Json]) -> Iterator[str]:
    for panel in panels:
        grid, id_ = panel["gridData"], panel.get("panelIndex")
        if set(grid) != known.GRID:
            yield f"panel {id_} has other keys in its grid than {', '.join(sorted(known.GRID))}"
            return
        if grid["x"] < 0 or grid["y"] < 0 or grid["w"] < 1 or grid["h"] < 1 or grid["x"] + grid["w"] > WIDTH:
            yield f"panel {id_} stands outside the grid"
    for one, other in combinations(panels, 2):
        if _overlap(one["gridData"], other["gridData"]):
            yield f"panels {one.get('panelIndex')} and {other.get('panelIndex')} overlap"


def _overlap(one: Json, other: Json) -> bool:
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
        for at, size in (("x", "w"), ("y", "h"))
    )


def _controls(attributes: Json) -> Mapping[str, Json]:
    controls: Mapping[str, Json] = json.loads(attributes.get("controlGroupInput", {}).get("panelsJSON", "{}"))
    return controls


def _control_reference(id_: str) -> str:
    return f"controlGroup_{id_}:optionsListDataView"


def _control(
    id_: str, control: Json, references: Mapping[str, tuple[str, str]], views: Views
) -> Iterator[str]:
    if control.get("type") != "optionsListControl":
        yield f"is a {control.get('type')}, of which nothing is known"
        return
    if control["explicitInput"].get("id") != id_:
        yield f"is called {control['explicitInput'].get('id')} inside"
    if _control_reference(id_) not in references:
        yield f"needs the reference {_control_reference(id_)}"
        return
    fields = views.get(references[_control_reference(id_)][1], {})
    name = control["explicitInput"]["fieldName"]
    if name not in fields:
        yield f"lists the field {name}, which is not there"
    elif not fields[name].counted:
        yield f"lists the field {name} ({fields[name].type}), which cannot be counted by"
