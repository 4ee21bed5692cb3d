"""Panels, one line each: figures, bars, lines, rings, tables, texts, Discover sessions. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .columns import Column, Json, built
from .objects import Source, View, kuery
from .saved import Reference, Saved


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel, not yet in its place. `config` is its `embeddableConfig`."""

    id: str
    type: str
    config: Mapping[str, Any]
    title: str = ""
    view: View | None = None
    """What a chart is drawn from."""
    search: Saved | None = None
    """The Discover session that it shows."""
    weight: int = 1
    """Its part of the row's width."""

    def wide(self, weight: int) -> Panel:
        """The same, so many times as wide as the others in its row."""
        return replace(self, weight=weight)

    def references(self) -> tuple[Reference, ...]:
        """What the dashboard names for it. Both here and inside the chart: without these it does not open."""
        if self.view is not None:
            return (self.view.reference(f"{self.id}:{_layer(self.id)}"),)
        if self.search is not None:
            return (Reference(type="search", id=self.search.id, name=f"{self.id}:panel_{self.id}"),)
        return ()

    def placed(self, x: int, y: int, w: int, h: int) -> Json:
        """As it stands in `panelsJSON`."""
        panel: Json = {
            "type": self.type,
            "panelIndex": self.id,
            "gridData": {"x": x, "y": y, "w": w, "h": h, "i": self.id},
            "embeddableConfig": dict(self.config),
        }
        if self.title:
            panel["title"] = self.title
        if self.search is not None:
            panel["panelRefName"] = f"panel_{self.id}"
        return panel


def figure(title: str, source: Source, number: Column) -> Panel:
    """One number, large."""
    return _lens("lnsMetric", title, source, [], [number], lambda _, of: {"metricAccessor": of[0]})


def bars(
    title: str, source: Source, by: Column, *numbers: Column, split: Column | None = None, lying: bool = False
) -> Panel:
    """Bars by time or value, one upon the other where split. `lying`: for long names."""
    kind = "bar_horizontal_stacked" if lying and split else "bar_horizontal" if lying else "bar_stacked"
    return _xy(title, source, kind, by, numbers, split)


def lines(title: str, source: Source, by: Column, *numbers: Column, split: Column | None = None) -> Panel:
    """Lines over time."""
    return _xy(title, source, "line", by, numbers, split)


def ring(title: str, source: Source, by: Column, number: Column) -> Panel:
    """Parts of a whole; only for what every document has exactly one of."""

    def drawn(by: Sequence[str], of: Sequence[str]) -> Json:
        layer = {
            "primaryGroups": list(by),
            "metrics": list(of),
            "numberDisplay": "percent",
            "categoryDisplay": "default",
            "legendDisplay": "default",
            "nestedLegend": False,
        }
        return {"shape": "donut", "layers": [layer]}

    return _lens("lnsPie", title, source, [by], [number], drawn)


def table(
    title: str, source: Source, by: Sequence[Column], *numbers: Column, across: Column | None = None
) -> Panel:
    """Rows by the values of `by`; with `across`, the numbers once for each of its values."""
    buckets = [*by, *([across] if across else [])]

    def drawn(by: Sequence[str], of: Sequence[str]) -> Json:
        across_ids = by[len(by) - 1 :] if across else ()
        columns = [{"columnId": one, "isTransposed": one in across_ids} for one in (*by, *of)]
        return {"columns": columns, "paging": {"size": 20, "enabled": True}}

    return _lens("lnsDatatable", title, source, buckets, numbers, drawn)


def note(id_: str, markdown: str) -> Panel:
    """A text: what is counted, out of what, and what is not there."""
    visualisation = {
        "type": "markdown",
        "params": {"markdown": markdown.strip(), "fontSize": 12, "openLinksInNewTab": True},
        "title": "",
        "description": "",
        "id": "",
        "uiState": {},
        "data": {"aggs": [], "searchSource": {"query": kuery(""), "filter": []}},
    }
    config = {"savedVis": visualisation, "enhancements": {}, "hidePanelTitles": True}
    return Panel(id=id_, type="visualization", config=config)


def found(search: Saved) -> Panel:
    """The documents of a Discover session."""
    id_ = _slug(search.attributes["title"])
    return Panel(
        id=id_, type="search", config={"enhancements": {}}, search=search, title=search.attributes["title"]
    )


def _xy(
    title: str, source: Source, kind: str, by: Column, numbers: Sequence[Column], split: Column | None
) -> Panel:
    def drawn(by: Sequence[str], of: Sequence[str]) -> Json:
        layer: Json = {"seriesType": kind, "xAccessor": by[0], "accessors": list(of)}
        if split is not None:
            layer["splitAccessor"] = by[1]
        return {
            "preferredSeriesType": kind,
            "legend": {"isVisible": True, "position": "right"},
            "valueLabels": "hide",
            "fittingFunction": "None",
            "axisTitlesVisibilitySettings": {"x": False, "yLeft": True, "yRight": True},
            "layers": [layer],
        }

    return _lens("lnsXY", title, source, [by, *([split] if split else [])], numbers, drawn)


def _lens(
    kind: str, title: str, source: Source, buckets: Sequence[Column], numbers: Sequence[Column], drawn: Any
) -> Panel:
    id_ = _slug(title)
    columns, by, of = built(list(buckets), list(numbers))
    visualization = drawn(by, of)
    for layer in visualization.get("layers", [visualization]):
        layer |= {"layerId": id_, "layerType": "data"}
    layer = {
        "columns": columns,
        "columnOrder": [*by, *(one for one in columns if one not in by)],
        "incompleteColumns": {},
        "sampling": 1,
        "ignoreGlobalFilters": source.view.apart,
    }
    state = {
        "datasourceStates": {"formBased": {"layers": {id_: layer}}},
        "visualization": visualization,
        "query": kuery(source.where),
        "filters": [],
        "internalReferences": [],
        "adHocDataViews": {},
    }
    inner = {"type": "index-pattern", "id": source.view.id, "name": _layer(id_)}
    attributes = {
        "title": title,
        "visualizationType": kind,
        "type": "lens",
        "references": [inner],
        "state": state,
    }
    config = {"attributes": attributes, "enhancements": {}}
    return Panel(id=id_, type="lens", config=config, title=title, view=source.view)


def _layer(id_: str) -> str:
    return f"indexpattern-datasource-layer-{id_}"


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
