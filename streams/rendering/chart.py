"""The chart of a digest: matching articles day by day, the last periods beside this one.

A Vega-Lite specification of numbers and dates only, drawn by vl-convert without network or browser.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..core.alerts.message import Message
from ..core.alerts.wording import some

_LEAST = 2
"""Spans below which there is nothing to compare."""

_MOST = 62
"""Bars that can still be told apart at the width of a phone."""


def png(message: Message) -> bytes | None:
    """The picture, 1,200 points wide; None for a message that is no digest or has too little to compare."""
    if message.period is None or len(message.counts) < _LEAST:
        return None
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(specification(message), scale=2.0))


def words(message: Message) -> str:
    """The same numbers for those who do not see the picture."""
    said = ", ".join(f"{name} {number:,}" for name, number, _ in _bars(message))
    total = sum(number for _, number, inside in _bars(message) if inside)
    return f"Matching articles: {said}. In this period {some(total, 'article', 'articles')}."


def specification(message: Message) -> dict[str, Any]:
    """Bars, those of the period strong, those before pale. White ground, also in dark mode."""
    bars = [
        {"at": n, "name": name, "articles": number, "now": now}
        for n, (name, number, now) in enumerate(_bars(message))
    ]
    color = {
        "field": "now",
        "type": "nominal",
        "scale": {"domain": [True, False], "range": ["#1a5fb4", "#b8cfe8"]},
        "legend": None,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 400,
        "height": 120,
        "background": "#ffffff",
        "padding": 8,
        "data": {"values": bars},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {
                "field": "name",
                "type": "ordinal",
                "sort": {"field": "at"},
                "axis": {"title": None, "labelAngle": 0, "labelOverlap": "greedy"},
            },
            "y": {"field": "articles", "type": "quantitative", "axis": {"title": None, "tickMinStep": 1}},
            "color": color,
        },
        "config": {"view": {"stroke": None}, "axis": {"labelFontSize": 13}},
    }


def _bars(message: Message) -> list[tuple[str, int, bool]]:
    """Name, number, and whether it lies in the period, of each bar."""
    zone = ZoneInfo(message.subscription.rhythm.zone)
    since = message.period[0] if message.period else None
    hourly = message.subscription.rhythm.every == "hourly"
    return [
        (_name(at.astimezone(zone), hourly=hourly), number, since is not None and at >= since)
        for at, number in message.counts[-_MOST:]
    ]


def _name(at: datetime, *, hourly: bool) -> str:
    return f"{at.day} {at:%b}" + (f" {at:%H:%M}" if hourly else "")
