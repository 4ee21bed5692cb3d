"""Alerts and messages in distributed mode: read from the index, changed by the worker that has them.

index of alerts ─► commands, API ─► retry ─► alerts.facts ─► the stage, in its turn
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.kafka_errors import TIMEOUT, broker_needed

from .. import topics, wire
from ..control import live
from ..kafka_log import Sending
from ..reading.distributed import index_needed
from ..sinks.elasticsearch.alert_search import IndexedAlerts, IndexedMessages
from ..sinks.elasticsearch.ready import check, talking
from ..sinks.elasticsearch.settings import REQUEST_SECONDS


@contextlib.contextmanager
def alerts(settings: Mapping[str, Any]) -> Iterator[tuple[IndexedAlerts, IndexedMessages]]:
    """Open the index; the broker is asked only by a retry. Raises UserError when it is not there."""
    index = index_needed(settings)
    with talking(index, REQUEST_SECONDS) as client:
        check(client, index)
        yield (
            IndexedAlerts(client, index),
            IndexedMessages(client, index, lambda delivery: _retry(settings, delivery)),
        )


def _retry(settings: Mapping[str, Any], delivery: str) -> None:
    broker = broker_needed(settings)
    topic = topics.facts(broker, live(broker).live)
    with Sending(broker, TIMEOUT) as sending:
        sending.send(topic, 0, None, wire.encode(wire.Told(retry=(delivery,))))
        sending.wait()
