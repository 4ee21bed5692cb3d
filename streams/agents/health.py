"""Feeds' health and dead letters brought into the index, for people in Kibana, beside the alert stage.

feed list ─► FeedIndexing; deadletters.STAGE ─► LetterIndexing        once a minute, a few seconds at most
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.broker import Broker
from connectors.errors import BiowireError
from connectors.state import FeedState

from ..sinks.elasticsearch.dead_letters import LetterIndexing
from ..sinks.elasticsearch.feeds import FeedIndexing
from ..sinks.elasticsearch.settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

EVERY = timedelta(minutes=1)
REQUEST_SECONDS = 5.0
"""For one request: the stage has to let go within seconds."""

_log = logging.getLogger(__name__)


class HealthIndexing:
    """What is away or refused is said, and tried again a minute later: alerts do not wait for it."""

    def __init__(
        self,
        client: Elasticsearch,
        index: Index,
        broker: Broker,
        feeds: Callable[[], Sequence[FeedState]],
    ) -> None:
        """`feeds`: the whole feed list, from memory."""
        brief = client.options(request_timeout=REQUEST_SECONDS)
        self._feeds, self._known = FeedIndexing(brief, index), feeds
        self._letters = LetterIndexing(brief, index, broker)
        self._next: datetime | None = None

    def look(self, now: datetime) -> None:
        """Write some of what changed, where it is time."""
        if self._next is not None and now < self._next:
            return
        self._next = now if self._step() else now + EVERY

    def _step(self) -> bool:
        """True where there is more. After the first failure no more is tried: each may take seconds."""
        try:
            more = self._feeds.step(self._known())
            return self._letters.step() or more
        except BiowireError as cause:
            _log.warning("feeds' health and dead letters wait", extra={"reason": str(cause)})
            return False
