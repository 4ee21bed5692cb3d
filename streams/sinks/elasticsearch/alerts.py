"""Alerts as documents of their own, for people in Kibana and for whoever reads without the file.

alerts.db: to_index ─► alert with its deliveries ─► index `alerts`, by id
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.database import Database

from ...alerts import Raised
from ...alerts.sqlite import SqliteAlertStore
from ...core.alerts.editing import masked
from ...core.alerts.records import Delivery
from ...outbox.sqlite import SqliteOutbox
from .settings import Index
from .small import write

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_AT_ONCE = 200
_encode = msgspec.json.Encoder().encode


def body(one: Raised, deliveries: Iterable[Delivery]) -> dict[str, Any]:
    """An alert as the index has it: what people filter and count by, and all of it in `record`.

    What is secret in the address of a channel is left out of it.
    """
    alert = one.alert
    deliveries = [replace(delivery, channel=masked(delivery.channel)) for delivery in deliveries]
    return {
        "id": alert.id,
        "subscription": alert.subscription,
        "version": alert.version,
        "kind": alert.kind,
        "key": alert.key,
        "when": alert.when,
        "seq": one.seq,
        "raised": one.raised,
        "holds": not one.withdrawn,
        "withdrawn": one.withdrawn,
        "instead_of": one.instead_of,
        "sentence": alert.sentence,
        "count": alert.count,
        "numbers": alert.numbers,
        "documents": [
            {
                "id": shown.id,
                "title": shown.title,
                "url": shown.url,
                "source": shown.source,
                "when": shown.when,
            }
            for shown in alert.shown
        ],
        "clauses": sorted({clause for shown in alert.shown for clause in shown.clauses}),
        "delivery_ids": [delivery.id for delivery in deliveries],
        "states": sorted({delivery.state for delivery in deliveries}),
        "record": _encode(one).decode(),
        "deliveries": _encode(deliveries).decode(),
    }


class AlertIndexing:
    """Brings the index up to date with a file; what it has not done yet stands in the file."""

    def __init__(self, client: Elasticsearch, index: Index, database: Database) -> None:
        self._client, self._index, self._database = client, index, database
        self._alerts, self._outbox = SqliteAlertStore(database), SqliteOutbox(database)

    def step(self) -> None:
        """Write all that changed. Raises UserError or TransientError."""
        execute = self._database.connection.execute
        while found := execute(
            "SELECT alert, max(n) FROM to_index GROUP BY alert ORDER BY max(n) LIMIT ?", (_AT_ONCE,)
        ).fetchall():
            self._write([alert for alert, _ in found])
            with self._database.transaction():
                for alert, last in found:
                    execute("DELETE FROM to_index WHERE alert = ? AND n <= ?", (alert, last))

    def _write(self, ids: Sequence[str]) -> None:
        found = {id_: one for id_ in ids if (one := self._alerts.get(id_)) is not None}
        bodies = {id_: body(one, self._outbox.of_alert(id_)) for id_, one in found.items()}
        write(self._client, self._index, self._index.alerts_index, bodies)
