"""What commands that only look are given, whatever the mode: one place that opens it.

    embedded:     the store            ─┐
                                        ├─► Reading ─► search, show, explain, export, evaluate, status
    distributed:  index and broker     ─┘

Nothing here writes, waits for a writer or stops one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import Any, Protocol

from connectors.console import Context
from connectors.records import Article
from connectors.schedule import FetchState

from ..core.alerts.backtest import Sent
from ..core.alerts.records import Subscription
from ..core.dedup import Seen, Sighting
from ..core.explaining import Explanation
from ..core.records import OUTCOMES, Document
from ..pipeline import PIPELINE_VERSION
from ..sinks import ArticleSearch


@dataclass(frozen=True, slots=True)
class Trace:
    """An article and everything that came in of it."""

    id: str
    sightings: Sequence[Sighting]
    """In the order they came."""
    outcomes: Mapping[int, Mapping[str, Any]]
    """By `seq` of the sighting: `outcome`, `of`, `similarity`, `reason`."""


class Received(Protocol):
    """What came in, item by item, and what became of it."""

    def trace(self, article: str) -> Trace | None:
        """The article that this address (its id) belongs to now; None when no item ever had it."""

    def document_of(self, article: str) -> str:
        """Id of the article that this address belongs to now: itself when nothing is known of it."""

    def sightings(self) -> Iterator[dict[str, Any]]:
        """One record per item in the order they came: `id`, `url`, `outcome`, `of`, `similarity`, and
        `document`, the id of the document it belongs to now."""


class Reading(Protocol):
    """What reading commands look at."""

    @property
    def index(self) -> ArticleSearch:
        """The documents."""

    @property
    def received(self) -> Received:
        """What came in."""

    def standing(self, document: Document, seen: Seen) -> Article | None:
        """The article a document was made of, for deciding again; None when it is not kept any more."""

    def delivered(self, sightings: Sequence[Sighting]) -> Mapping[int, Article]:
        """By `seq`, the words as each of these items delivered them; without those not kept any more."""

    def compared(self, document: Document) -> Explanation | None:
        """The articles it was compared with for copies and stories, and how each was judged."""

    def sent(self, subscription: Subscription, since: datetime, until: datetime) -> tuple[Sent, ...] | None:
        """What it would have been sent as the articles came in (`rehearsing`); None where nobody knows."""

    def status(self, vocabulary: str) -> dict[str, Any]:
        """Whether all is read, worked and well; `vocabulary`: version of the one in our settings."""


def reading(context: Context, *, fresh: bool = False) -> AbstractContextManager[Reading]:
    """Open what the settings name. Raises UserError or StoreError when it is not there.

    `fresh`: see all that was written so far; else an index may be a second behind.
    """
    if context.distributed:
        from .distributed import reading as opened_servers

        return opened_servers(context.settings, fresh=fresh)
    from .embedded import reading as opened_store

    return opened_store(context.store)


def by_outcome(outcomes: Mapping[Any, int]) -> dict[str, int]:
    """Every outcome with its number of items, in the order people know them."""
    return {outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES}


def versions(vocabulary: str) -> dict[str, Any]:
    """Of everything that decides what a document looks like."""
    return {
        "biowire": metadata.version("biowire"),
        "pipeline": PIPELINE_VERSION,
        "vocabulary": vocabulary,
    }


def feeds_health(states: Iterable[FetchState]) -> dict[str, int]:
    """How many feeds there are, and how many of them are how well."""
    words = [_health(one) for one in states]
    counted = Counter(words)
    return {
        "total": len(words),
        **{word: counted[word] for word in ("well", "failing", "never fetched", "retired")},
    }


def _health(state: FetchState) -> str:
    if state.retired:
        return "retired"
    if state.failures:
        return "failing"
    return "never fetched" if state.last_success is None else "well"
