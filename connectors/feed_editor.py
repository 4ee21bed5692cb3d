"""The feed list in Kafka, read and changed by commands beside connectors that run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from .broker import Broker
from .errors import TransientError, UserError
from .feed_topics import feed_partitions, read_partitions
from .records import Feed
from .state.kafka import CONFIRM, KafkaFeedStateStore
from .topic_writer import TopicWriter


@contextlib.contextmanager
def feed_editor(broker: Broker) -> Iterator[KafkaFeedStateStore]:
    """The whole list; what is changed is durable after the block. Raises UserError when that cannot be."""
    count = feed_partitions(broker)
    writer = TopicWriter(broker)
    try:
        store = KafkaFeedStateStore(broker, count, writer, editor=True)
        store.hold(read_partitions(broker, range(count)))
        yield store
        writer.flush(CONFIRM)
    except TransientError as cause:
        raise UserError(str(cause)) from cause
    finally:
        writer.close(1.0)


def add_feeds(broker: Broker, feeds: Iterable[Feed]) -> int:
    """Put feeds on the list; return how many were new. Raises UserError when that cannot be."""
    with feed_editor(broker) as store:
        return store.add(feeds)
