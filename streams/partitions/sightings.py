"""What the index of sightings says of an item that came in: one record each, whatever became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ..core.dedup import Decision, Sighting
from ..core.records import Match, Outcome
from .store import Record


def of_article(incoming: Sighting, decision: Decision, record: Record) -> dict[str, Any]:
    """An item that belongs to an article; the story stage may still find that to be a copy."""
    return {
        "item": incoming.item,
        "id": incoming.article,
        "document": decision.seen.id,
        "merged": decision.merged,
        "url": incoming.url,
        "feed_url": incoming.feed_url,
        "title": incoming.title,
        "published": incoming.published,
        "updated": incoming.updated,
        "received": incoming.received,
        "words": incoming.words,
        "content": incoming.content,
        "outcome": decision.outcome,
        "of": decision.of,
        "similarity": 1.0 if decision.of else None,
        "reason": decision.reason,
        "place": record.place,
    }


def of_none(item: str, outcome: Outcome, reason: str, received: datetime, record: Record) -> dict[str, Any]:
    """An item without an article: skipped or failed."""
    return {
        "item": item,
        "id": None,
        "document": None,
        "merged": (),
        "url": None,
        "feed_url": None,
        "title": None,
        "published": None,
        "updated": None,
        "received": received,
        "words": 0,
        "content": None,
        "outcome": outcome,
        "of": None,
        "similarity": None,
        "reason": reason,
        "place": record.place,
    }


def as_copy(sighting: dict[str, Any], match: Match) -> dict[str, Any]:
    """The same item once its article was found to be a near-duplicate of another."""
    return sighting | {
        "outcome": "near_duplicate",
        "of": match.of,
        "similarity": match.similarity,
        "reason": match.reason,
    }


encode = msgspec.json.Encoder().encode
"""A sighting as the index takes it."""
