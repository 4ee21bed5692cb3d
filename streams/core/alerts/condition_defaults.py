"""Which numbers each kind of condition goes by, and what they are where nothing is said. Pure.

Where the numbers come from: docs/decisions.md, "Alerts".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ..query import LABEL_FACETS
from .records import Condition, Kind

NAMED = (*LABEL_FACETS, "watchlist", "term")
"""What of a document can be new: see `Fact.names`."""

KNOWN: Mapping[Kind, tuple[str, ...]] = {
    "each": (),
    "story": (),
    "threshold": ("count", "window", "sources", "cooldown"),
    "spike": ("count", "window", "factor", "sources", "cooldown"),
    "silence": ("window",),
    "new-term": ("window",),
    "new-entity": ("window", "facets"),
    "new-pairing": ("window", "facets"),
}
"""Fields of a Condition that count; the others keep the record's own defaults."""

_DAY = timedelta(days=1)

_DEFAULTS: Mapping[Kind, Condition] = {
    "each": Condition(kind="each"),
    "story": Condition(kind="story"),
    "threshold": Condition(kind="threshold", count=5, window=_DAY, sources=2, cooldown=_DAY),
    "spike": Condition(kind="spike", count=5, window=_DAY, factor=3.0, sources=2, cooldown=_DAY),
    "silence": Condition(kind="silence", window=7 * _DAY),
    "new-term": Condition(kind="new-term", window=90 * _DAY),
    "new-entity": Condition(kind="new-entity", window=90 * _DAY, facets=("organisation", "law")),
    "new-pairing": Condition(kind="new-pairing", window=90 * _DAY, facets=("organisation", "watchlist")),
}


def default_condition(kind: Kind) -> Condition:
    """The condition of this kind where no number is said."""
    return _DEFAULTS[kind]
