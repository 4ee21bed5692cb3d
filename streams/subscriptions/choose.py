"""Where subscriptions are kept: files of this home, or Kafka; one place that opens it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from connectors.console import Context

from . import SubscriptionStore


@contextlib.contextmanager
def subscriptions(context: Context) -> Iterator[SubscriptionStore]:
    """Open the store that the settings name. Raises UserError when it cannot be reached."""
    if context.distributed:
        from connectors.kafka_errors import broker_needed

        from .kafka import KafkaSubscriptions

        with contextlib.closing(KafkaSubscriptions(broker_needed(context.settings))) as store:
            yield store
        return
    from .files import FileSubscriptions

    yield FileSubscriptions(context.home / "subscriptions")
