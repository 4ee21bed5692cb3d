"""A dashboard: rows of panels, and controls above them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .objects import View, kuery
from .panels import Panel
from .saved import Saved, tagged, text

WIDTH = 48
"""Columns of Kibana's grid; a row is about 20 pixels high."""

_OPTIONS = {
    "useMargins": True,
    "syncColors": True,
    "syncCursor": True,
    "syncTooltips": False,
    "hidePanelTitles": False,
}
_HEEDED = {
    "ignoreFilters": False,
    "ignoreQuery": False,
    "ignoreTimerange": False,
    "ignoreValidations": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels side by side."""

    height: int
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A list of the values of a field, to narrow the whole dashboard by."""

    id: str
    title: str
    view: View
    field: str


def row(height: int, *panels: Panel) -> Row:
    """Panels side by side, over the whole width, by their weights."""
    return Row(height=height, panels=panels)


def dashboard(
    id: str,  # noqa: A002 - the word of Kibana
    title: str,
    description: str,
    rows: Sequence[Row],
    controls: Sequence[Control] = (),
) -> Saved:
    """A dashboard over the last 30 days. Raises ValueError for two panels of one name."""
    panels = [panel for one in rows for panel in one.panels]
    if len({panel.id for panel in panels}) < len(panels):
        raise ValueError(f"two panels of {title} have the same title")
    source = {"query": kuery(""), "filter": []}
    return Saved(
        type="dashboard",
        id=id,
        attributes={
            "title": title,
            "description": description,
            "kibanaSavedObjectMeta": {"searchSourceJSON": text(source)},
            "timeRestore": True,
            "timeFrom": "now-30d",
            "timeTo": "now",
            "refreshInterval": {"pause": True, "value": 60000},
            "controlGroupInput": _controls(controls),
            "panelsJSON": text(_placed(rows)),
            "optionsJSON": text(_OPTIONS),
            "version": 1,
        },
        references=(
            *(reference for panel in panels for reference in panel.references()),
            *(one.view.reference(f"controlGroup_{one.id}:optionsListDataView") for one in controls),
            tagged(),
        ),
    )


def _placed(rows: Sequence[Row]) -> list[dict[str, object]]:
    placed, y = [], 0
    for one in rows:
        weights = [panel.weight for panel in one.panels]
        edges = [sum(weights[:at]) * WIDTH // sum(weights) for at in range(len(weights) + 1)]
        for panel, (left, right) in zip(one.panels, pairwise(edges), strict=True):
            placed.append(panel.placed(left, y, right - left, one.height))
        y += one.height
    return placed


def _controls(controls: Sequence[Control]) -> dict[str, object]:
    panels = {
        one.id: {
            "type": "optionsListControl",
            "order": order,
            "width": "medium",
            "grow": True,
            "explicitInput": {
                "id": one.id,
                "fieldName": one.field,
                "title": one.title,
                "singleSelect": False,
                "enhancements": {},
            },
        }
        for order, one in enumerate(controls)
    }
    return {
        "controlStyle": "oneLine",
        "chainingSystem": "HIERARCHICAL",
        "ignoreParentSettingsJSON": text(_HEEDED),
        "panelsJSON": text(panels),
    }
