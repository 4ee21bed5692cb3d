"""Charts as Vega-Lite specifications, drawn as SVG by vl-convert in one thread of their own.

A drawing takes some 50 ms (the first one a second) and holds no lock of Python's meanwhile, so pages go on
being served. What was drawn is kept by the specification it was drawn from.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dashboards.api.answers import Busy
from streams.sinks import Bucket
from streams.trends import FacetTrend, Trends

_KEPT = 64
_WAIT = 20.0
"""Seconds until a drawing is given up."""
_THREAD = ThreadPoolExecutor(1, "charts")

_INK = {
    "light": {"text": "#5d5952", "line": "#dedad3", "strong": "#1d1c1a"},
    "dark": {"text": "#a9a6a0", "line": "#34373a", "strong": "#e8e6e3"},
}
"""The roles of static/css/10-roles.css, which a picture cannot ask for."""
SCHEMES: Sequence[str] = tuple(_INK)
_COLOURS = {
    "light": ("#0b6b62", "#b35900", "#3c5aa6", "#a8231f", "#6d4a9c", "#5d6b1e"),
    "dark": ("#6cc7ba", "#f0b866", "#8fb0f5", "#f2938e", "#c5a5ec", "#c0cf78"),
}
_FONT = "Noto Sans, DejaVu Sans, sans-serif"
_FORMATS: Mapping[Bucket, str] = {
    "hour": "%-d %b, %H:%M",
    "day": "%-d %b",
    "week": "%-d %b %Y",
    "month": "%b %Y",
}


def drawn(specification: Mapping[str, Any]) -> bytes:
    """The picture. Raises Busy when too many wait for theirs."""
    try:
        return _THREAD.submit(_svg, json.dumps(specification, sort_keys=True)).result(_WAIT)
    except TimeoutError as cause:
        raise Busy("Too many charts are being drawn; load the page again in a moment.") from cause


@functools.lru_cache(_KEPT)
def _svg(specification: str) -> bytes:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(specification)).encode()


def lines(
    trends: Trends, facet: FacetTrend, names: Mapping[str, str], scheme: str, *, narrow: bool = False
) -> dict[str, Any]:
    """Each value's share of all articles over time, its spikes as dots; `narrow`: for a telephone."""
    order = [names.get(one.value, one.value) for one in facet.series]
    encoding = {
        "x": _time(trends.bucket, narrow=narrow),
        "y": {
            "field": "share",
            "type": "quantitative",
            "axis": {"title": f"share of all articles, by {trends.bucket}", "format": ".1~%", "tickCount": 4},
        },
        "color": _colour(order, scheme, narrow=narrow),
    }
    dots = {"type": "point", "filled": True, "size": 70, "opacity": 1}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 260 if narrow else 660,
        "height": 150 if narrow else 190,
        "background": None,
        "padding": 4,
        "data": {"values": list(_points(trends, facet, order))},
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.6}, "encoding": encoding},
            {"transform": [{"filter": "datum.spike"}], "mark": dots, "encoding": encoding},
        ],
        "config": _config(_INK[scheme]),
    }


def _points(trends: Trends, facet: FacetTrend, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    spikes = {(one.value, one.rise.at) for one in facet.spikes}
    for series, name in zip(facet.series, names, strict=True):
        for at, count, articles in zip(trends.starts, series.counts, trends.articles, strict=True):
            yield {
                "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "share": count / articles if articles else 0,
                "name": name,
                "spike": (series.value, at) in spikes,
            }


def _time(bucket: Bucket, *, narrow: bool) -> dict[str, Any]:
    axis = {"title": None, "format": _FORMATS[bucket], "labelOverlap": "greedy", "grid": False}
    return {
        "field": "at",
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {**axis, "tickCount": 4 if narrow else 8},
    }


def _colour(names: Sequence[str], scheme: str, *, narrow: bool) -> dict[str, Any]:
    legend = {"title": None, "orient": "top", "symbolType": "stroke", "symbolStrokeWidth": 3}
    return {
        "field": "name",
        "type": "nominal",
        "sort": list(names),
        "scale": {"domain": list(names), "range": list(_COLOURS[scheme][: len(names)])},
        "legend": {**legend, "columns": 1 if narrow else 3},
    }


def _config(ink: Mapping[str, str]) -> dict[str, Any]:
    return {
        "font": _FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": ink["text"],
            "titleColor": ink["text"],
            "titleFontWeight": "normal",
            "domainColor": ink["line"],
            "tickColor": ink["line"],
            "gridColor": ink["line"],
            "labelFontSize": 12,
            "titleFontSize": 12,
        },
        "legend": {"labelColor": ink["strong"], "labelFontSize": 12, "labelLimit": 200},
    }
