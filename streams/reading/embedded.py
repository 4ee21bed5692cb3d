"""What reading commands look at in embedded mode: the store, opened for reading only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.normalize import item_from_json, normalize
from connectors.records import Article

from .. import embedded
from ..alerting.reading import alert_counts
from ..core.alerts.backtest import Sent
from ..core.alerts.records import Subscription
from ..core.dedup import Seen, Sighting, stand
from ..core.explaining import Explanation
from ..core.records import Document
from ..seen.sqlite import SqliteSeenState
from ..sinks import ArticleSearch
from . import Trace, by_outcome, feeds_health, versions


@contextlib.contextmanager
def reading(store: Path) -> Iterator[StoreReading]:
    """Open a store. Raises StoreError when there is none."""
    with embedded.reading(store) as ports:
        yield StoreReading(ports, store)


@dataclass(frozen=True, slots=True)
class StoreReading:
    """See Reading."""

    ports: embedded.Reading
    store: Path

    @property
    def index(self) -> ArticleSearch:
        """See Reading."""
        return self.ports.index

    @property
    def received(self) -> StoreReceived:
        """See Reading."""
        return StoreReceived(self.ports.seen)

    def standing(self, document: Document, seen: Seen) -> Article | None:  # noqa: ARG002 - the port's
        """See Reading: the item that speaks, from the log; None when retention removed it."""
        article = self.delivered([seen.speaker]).get(seen.speaker.seq)
        return stand(article, seen) if article else None

    def delivered(self, sightings: Sequence[Sighting]) -> Mapping[int, Article]:
        """See Reading: from the log."""
        lines = self.ports.log.read([one.seq for one in sightings])
        return {line.seq: normalize(item_from_json(line.body), line.received) for line in lines}

    def compared(self, document: Document) -> Explanation | None:
        """See Reading."""
        return self.ports.stories.explain(document.id)

    def sent(self, subscription: Subscription, since: datetime, until: datetime) -> tuple[Sent, ...] | None:
        """See Reading."""
        from ..alerting.rehearsing import rehearse

        index = self.ports.index
        return rehearse(subscription, index, index.several, self.ports.arrivals, since, until)

    def status(self, vocabulary: str) -> dict[str, Any]:
        """See Reading."""
        ports = self.ports
        outcomes = ports.seen.outcomes()
        counts = ports.index.counts()
        return {
            "mode": "embedded",
            "items": len(ports.log),
            "repeated": ports.log.repeated,
            "documents": counts["documents"],
            "stories": counts["stories"],
            "flagged": counts["flagged"],
            "outcomes": by_outcome(outcomes),
            "lag": ports.lag,
            "dead_letters": outcomes.get("failed", 0),
            "alerts": alert_counts(self.store),
            "feeds": feeds_health(one.state for one in ports.feeds.all()),
            "versions": versions(vocabulary),
        }


@dataclass(frozen=True, slots=True)
class StoreReceived:
    """See Received: dedup's memory tells."""

    seen: SqliteSeenState

    def trace(self, article: str) -> Trace | None:
        """See Received."""
        group = self.seen.group(article)
        if group is None:
            return None
        id_, sightings = group
        return Trace(id_, sightings, self.seen.reasons([one.seq for one in sightings]))

    def document_of(self, article: str) -> str:
        """See Received."""
        group = self.seen.group(article)
        return group[0] if group else article

    def sightings(self) -> Iterator[dict[str, Any]]:
        """See Received."""
        return self.seen.sightings()
