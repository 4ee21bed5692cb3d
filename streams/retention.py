"""Forget what is older than was settled: texts first, then whole documents; raw items of the log.

Nothing is forgotten unless a setting says so. A document without its text keeps title, summary, labels,
and its flags with the words that raised them, and is found by what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from connectors.errors import UserError

from .core.index import Stored
from .core.query_dates import read_duration

BATCH = 500


class KeptArticles(Protocol):
    """What retention asks of an index. Age counts from publication (first seen, where unknown)."""

    def with_text(self, before: datetime, limit: int) -> list[Stored]:
        """Oldest articles that still have a text."""

    def older(self, before: datetime, limit: int) -> list[str]:
        """Ids of the oldest articles."""

    def put(self, documents: list[Stored]) -> None:
        """Replace articles."""

    def delete(self, ids: list[str]) -> None:
        """Remove articles."""


class KeptItems(Protocol):
    """What retention asks of the raw log."""

    def drop_before(self, moment: datetime) -> int:
        """Empty the items received before; returns how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoffs:
    """What is older than these moments goes; None keeps all."""

    texts: datetime | None = None
    items: datetime | None = None
    documents: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much went."""

    texts: int = 0
    items: int = 0
    documents: int = 0


def cutoffs(settings: Mapping[str, Any], now: datetime) -> Cutoffs:
    """Read `retention_texts`, `retention_items` and `retention_documents`. Pure. Raises UserError."""
    moments: dict[str, datetime] = {}
    for name in ("texts", "items", "documents"):
        given = str(settings.get(f"retention_{name}") or "")
        if given:
            try:
                moments[name] = now - read_duration(given)
            except (ValueError, OverflowError) as cause:
                raise UserError(
                    f"The setting retention_{name} is a length of time, such as 365d; `{given}` is none."
                ) from cause
    return Cutoffs(**moments)


def forget(cutoffs: Cutoffs, articles: KeptArticles, items: KeptItems | None = None) -> Forgotten:
    """Remove what is older; each batch is a transaction of its own. Again at once: nothing more goes."""
    documents = texts = 0
    if cutoffs.documents:
        while ids := articles.older(cutoffs.documents, BATCH):
            articles.delete(ids)
            documents += len(ids)
    if cutoffs.texts:
        while found := articles.with_text(cutoffs.texts, BATCH):
            articles.put([replace(stored, text="") for stored in found])
            texts += len(found)
    dropped = items.drop_before(cutoffs.items) if items and cutoffs.items else 0
    return Forgotten(texts=texts, items=dropped, documents=documents)
