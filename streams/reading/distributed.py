"""What reading commands look at in distributed mode: the index, and for `status` the broker as well.

Elasticsearch ─► documents, sightings, articles to compare with
Kafka         ─► lag, dead letters, feeds
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.errors import UserError
from connectors.records import Article

from ..core.dedup import Seen, Sighting
from ..core.explaining import Explanation
from ..core.neighbours import explain_among
from ..core.rebuild import article_of
from ..core.records import Document
from ..sinks.elasticsearch.alert_search import IndexedAlerts
from ..sinks.elasticsearch.ready import check, talking
from ..sinks.elasticsearch.search import ElasticIndex
from ..sinks.elasticsearch.settings import REQUEST_SECONDS, Index, index_of
from . import by_outcome, feeds_health, versions
from .neighbours import neighbours
from .sightings import IndexReceived

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from connectors.broker import Broker

_log = logging.getLogger(__name__)


def index_needed(settings: Mapping[str, Any]) -> Index:
    """The Elasticsearch the settings name. Raises UserError when they name none."""
    index = index_of(settings)
    if index is None:
        raise UserError("Where is Elasticsearch? Set `index`, or give --index elasticsearch://HOST:PORT.")
    return index


@contextlib.contextmanager
def reading(settings: Mapping[str, Any], *, fresh: bool = False) -> Iterator[ServerReading]:
    """Open the index; the broker is asked only by what needs it. Raises UserError when it is not there."""
    index = index_needed(settings)
    with talking(index, REQUEST_SECONDS) as client:
        check(client, index)
        ports = ServerReading(settings, client, index)
        if fresh:
            _refresh(ports)
        yield ports


def _refresh(ports: ServerReading) -> None:
    """Ask the server to show what was written; who may only read sees it a second later."""
    try:
        ports.index.refresh()
    except UserError as refused:
        _log.info("index not refreshed", extra={"why": str(refused)})


class ServerReading:
    """See Reading."""

    def __init__(self, settings: Mapping[str, Any], client: Elasticsearch, index: Index) -> None:
        self._settings = settings
        self._client = client
        self._index = index
        self.index = ElasticIndex(client, index)
        self.received = IndexReceived(self.index)

    def standing(self, document: Document, seen: Seen) -> Article | None:  # noqa: ARG002 - the port's
        """See Reading: all that a stage reads of it stands in the document."""
        return article_of(document)

    def delivered(self, sightings: Sequence[Sighting]) -> Mapping[int, Article]:  # noqa: ARG002 - the port's
        """See Reading: the index keeps the words that stand, and the topics theirs for replay only."""
        return {}

    def compared(self, document: Document) -> Explanation | None:
        """See Reading."""
        return explain_among(document.id, neighbours(self._client, self._index, document))

    def sent(self, *_: object) -> None:
        """See Reading: the servers keep no record of what came in when."""

    def status(self, vocabulary: str) -> dict[str, Any]:  # noqa: ARG002 - the live generation's is told
        """See Reading. Raises UserError for a part that is away."""
        from connectors.kafka_errors import broker_needed

        from ..control import live
        from ..deadletters.kafka import KafkaDeadLetters
        from ..lag import lag

        broker = broker_needed(self._settings)
        control = live(broker)
        behind = lag(broker, control.live)
        outcomes, counts = self.index.outcomes(), self.index.counts()
        return {
            "mode": "distributed",
            "items": sum(outcomes.values()),
            "documents": counts["documents"],
            "stories": counts["stories"],
            "flagged": counts["flagged"],
            "outcomes": by_outcome(outcomes),
            "lag": behind.total,
            "lag_by_topic": behind.by_topic(),
            "dead_letters": KafkaDeadLetters(broker).count(),
            "alerts": IndexedAlerts(self._client, self._index).counts(),
            "feeds": _feeds(broker),
            "versions": versions(control.vocabulary)
            | {"generation": control.live, "building": control.building},
        }


def _feeds(broker: Broker) -> dict[str, int]:
    """Health of every feed of the list; read from its topics, without joining the connectors."""
    from connectors.feed_topics import read_partitions
    from connectors.kafka_errors import partition_counts
    from connectors.schedule import FetchState
    from connectors.topics import feeds

    count = partition_counts(broker, [feeds(broker)])[feeds(broker)]
    found = read_partitions(broker, range(count)).values()
    return feeds_health(one.states.get(url, FetchState()) for one in found for url in one.feeds)
