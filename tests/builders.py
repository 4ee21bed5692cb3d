"""Records for tests, with defaults for what a test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.normalize import item_from_fields, normalize
from connectors.records import Article, Item
from streams.core.dedup import Sighting, sighting

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def at(hours: float = 0.0) -> datetime:
    """A time, in hours after noon of the test's day."""
    return NOON + timedelta(hours=hours)


def an_item(**fields: Any) -> Item:
    """An item of an invented outlet."""
    defaults = {
        "feed_url": "https://ledger.example/feed",
        "title": "Council weighs cameras at the river crossing",
        "link": "https://ledger.example/2026/11/council-cameras",
        "published": "2026-11-20T10:00:00Z",
        "summary_html": "<p>The council will vote on Tuesday.</p>",
    }
    return item_from_fields({**defaults, **fields})


def an_article(received: datetime = NOON, **fields: Any) -> Article:
    """The article of `an_item`."""
    return normalize(an_item(**fields), received)


def a_sighting(seq: int = 1, received: datetime = NOON, **fields: Any) -> Sighting:
    """The sighting of `an_article`."""
    return sighting(an_article(received, **fields), seq)
