"""Alerts and their messages read from the index, as far as commands and the API ask: see `alerting.reading`.

What is asked by stands in fields of its own; what is given back is `record` and `deliveries`, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.errors import UserError

from ...alerts import Raised
from ...core.alerts.records import Delivery, DeliveryState
from .asking import Asking
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_MIN_PREFIX = 4
_AT_ONCE = 500
_raised = msgspec.json.Decoder(Raised).decode
_deliveries = msgspec.json.Decoder(list[Delivery]).decode


class IndexedAlerts:
    """What was raised; about a second behind the stage."""

    def __init__(self, client: Elasticsearch, index: Index) -> None:
        self._asking = Asking(client, index, index.alerts)

    def get(self, id: str) -> Raised | None:  # noqa: A002 - the word of the port
        """See AlertStore."""
        whole = {"term": {"id": {"value": id}}}
        query = whole if len(id) < _MIN_PREFIX else {"prefix": {"id": {"value": id}}}
        hits = self._asking.search(query=query, size=2, source_includes=["record"])["hits"]["hits"]
        if len(hits) > 1:
            raise UserError(f"Several alerts have an id that begins with {id}; give more of it.")
        return _raised(hits[0]["_source"]["record"]) if hits else None

    def list(
        self,
        *,
        subscription: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int | None = None,
        newest_first: bool = True,
        limit: int = 100,
    ) -> Sequence[Raised]:
        """See AlertStore."""
        edges = {"gte": since and since.isoformat(), "lt": until and until.isoformat()}
        asked: list[dict[str, Any]] = [
            {"range": {"raised": {edge: at for edge, at in edges.items() if at is not None}}}
        ]
        if subscription is not None:
            asked.append({"term": {"subscription": {"value": subscription}}})
        if after is not None:
            asked.append({"range": {"seq": {"lt" if newest_first else "gt": after}}})
        order = [{"seq": "desc" if newest_first else "asc"}, {"id": "asc"}]
        hits = self._asking.walk(
            {"bool": {"filter": asked}}, order, batch=min(limit, _AT_ONCE), source_includes=["record"]
        )
        return [_raised(hit["_source"]["record"]) for hit in islice(hits, limit)]

    def counts(self) -> dict[str, int]:
        """See AlertStore."""
        every = dict(self._asking.buckets({"match_all": {}}, {"terms": {"field": "subscription"}}))
        hold = self._asking.buckets({"term": {"holds": True}}, {"terms": {"field": "subscription"}})
        return dict(sorted((dict.fromkeys(every, 0) | dict(hold)).items()))


class IndexedMessages:
    """The messages on their way; about a second behind the deliverer."""

    def __init__(self, client: Elasticsearch, index: Index, retry: Callable[[str], None]) -> None:
        """`retry`: ask the worker that delivers to try this delivery again."""
        self._asking = Asking(client, index, index.alerts)
        self._retry = retry

    def get(self, id: str) -> Delivery | None:  # noqa: A002 - the word of the port
        """See Outbox."""
        found = self._found({"term": {"delivery_ids": {"value": id}}})
        return next((one for one in found if one.id == id), None)

    def of_alert(self, alert: str) -> Sequence[Delivery]:
        """See Outbox."""
        return list(self._found({"term": {"id": {"value": alert}}}))

    def list(
        self, *, subscription: str | None = None, state: DeliveryState | None = None, limit: int = 100
    ) -> Sequence[Delivery]:
        """See Outbox; newest first by when it was made up."""
        asked: list[dict[str, Any]] = [{"exists": {"field": "delivery_ids"}}]
        if subscription is not None:
            asked.append({"term": {"subscription": {"value": subscription}}})
        if state is not None:
            asked.append({"term": {"states": {"value": state}}})
        found: dict[str, Delivery] = {}
        for one in self._found({"bool": {"filter": asked}}):
            if state in (None, one.state):
                found[one.id] = one
        newest = sorted(found.values(), key=lambda one: (one.queued or one.due, one.id), reverse=True)
        return newest[:limit]

    def retry(self, delivery: str, now: datetime) -> bool:  # noqa: ARG002 - the port's
        """Ask for it; False when it has not failed."""
        known = self.get(delivery)
        if known is None or known.state != "failed":
            return False
        self._retry(delivery)
        return True

    def _found(self, query: dict[str, Any]) -> Iterator[Delivery]:
        hits = self._asking.walk(query, [{"seq": "desc"}, {"id": "asc"}], source_includes=["deliveries"])
        for hit in hits:
            yield from _deliveries(hit["_source"]["deliveries"])
