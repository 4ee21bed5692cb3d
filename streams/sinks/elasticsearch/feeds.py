"""The health of each feed as a document, for people in Kibana: what `biowire feeds list --json` prints.

feeds, feeds.state ─► FeedState ─► index `feeds`, by address
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from connectors.cli.feed_health import as_dict
from connectors.errors import BiowireError
from connectors.state import FeedState

from .settings import Index
from .small import AT_ONCE, id_of, ids, write

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def body(known: FeedState) -> dict[str, Any]:
    """A feed as the index has it; what is not known of it is left out."""
    return {name: value for name, value in as_dict(known).items() if value not in (None, "", ())}


class FeedIndexing:
    """Keeps the index as the feed list is. What stands there already is not written again."""

    def __init__(self, client: Elasticsearch, index: Index) -> None:
        self._client, self._index = client, index
        self._there: dict[str, dict[str, Any]] | None = None
        """Documents by id, empty where not known; None: what the index holds is not known at all."""

    def step(self, feeds: Iterable[FeedState]) -> bool:
        """Write some of what differs; True where there is more. Raises UserError or TransientError."""
        wanted = {id_of(one.feed.url): body(one) for one in feeds}
        try:
            if self._there is None:
                self._there = {id_: {} for id_ in ids(self._client, self._index, self._index.feeds)}
            return self._write(wanted, self._there)
        except BiowireError:
            self._there = None
            raise

    def _write(self, wanted: dict[str, dict[str, Any]], there: dict[str, dict[str, Any]]) -> bool:
        differing = (id_ for id_ in there | wanted if wanted.get(id_) != there.get(id_))
        some = list(islice(differing, AT_ONCE))
        write(self._client, self._index, self._index.feeds_index, {id_: wanted.get(id_) for id_ in some})
        for id_ in some:
            if id_ in wanted:
                there[id_] = wanted[id_]
            else:
                del there[id_]
        return len(some) == AT_ONCE
