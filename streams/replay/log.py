"""The kept items of articles.raw under another vocabulary, in a store of their own that is gone afterwards.

articles.raw ─► a fresh embedded instance ─► its documents, to be compared with the index's
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from connectors.broker import Broker
from connectors.errors import TransientError, UserError
from connectors.publish.log import moment
from connectors.topics import RECEIVED, raw

from ..core.compiled import Vocabulary
from ..embedded import Instance
from ..kafka_admin import consuming, missing
from ..seeds_files import starter_feeds

Progress = Callable[[int, int], None]
Line = tuple[datetime, bytes]
"""When an item was received, and the item."""

_SILENCE = 60.0
"""Seconds without a message, before the end, after which we give up."""


@contextlib.contextmanager
def replayed(broker: Broker, vocabulary: Vocabulary, home: Path, progress: Progress) -> Iterator[Instance]:
    """An instance that has worked every item there is; nothing else is touched. Raises UserError."""
    home.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="replay-", dir=home) as folder,
        Instance(Path(folder) / "replay.db", vocabulary, starter_feeds()) as instance,
    ):
        done = 0
        for lines, total in items(broker):
            with instance.whole():
                for received, some in groupby(lines, key=lambda line: line[0]):
                    instance.log.append([body for _, body in some], received)
                instance.drain()
            done += len(lines)
            progress(done, total)
        yield instance


def items(broker: Broker) -> Iterator[tuple[Sequence[Line], int]]:
    """Every item of the log as it is now, in batches, with the number of all.

    Raises UserError when Kafka has removed some: what they came to could not be rebuilt.
    """
    with consuming(broker) as consumer:
        places = _whole(consumer, broker)
        ends = consumer.end_offsets(places)
        total = sum(ends.values())
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        heard = time.monotonic()
        while any(consumer.position(place) < ends[place] for place in places):
            batch = [
                _line(record)
                for place, records in consumer.poll(timeout_ms=500, max_records=1000).items()
                for record in records
                if record.offset < ends[place]
            ]
            if batch:
                heard = time.monotonic()
                yield batch, total
            elif time.monotonic() - heard > _SILENCE:
                raise TransientError(f"The broker {broker.url} did not give all of {raw(broker)} in time.")


def check_whole(broker: Broker) -> None:
    """Raise UserError when the log does not go back to its first item."""
    with consuming(broker) as consumer:
        _whole(consumer, broker)


def _whole(consumer: KafkaConsumer, broker: Broker) -> list[TopicPartition]:
    topic = raw(broker)
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise missing(topic, broker)
    places = [TopicPartition(topic, number) for number in sorted(numbers)]
    gone = sum(consumer.beginning_offsets(places).values())
    if gone:
        raise UserError(
            f"Kafka has removed {gone} items of {topic} (topic_retention), so their documents could not be "
            "rebuilt by a replay. New items get the new vocabulary when workers start with it on a new "
            "topic_prefix."
        )
    return places


def _line(record: Any) -> Line:
    stamp = dict(record.headers or ()).get(RECEIVED, b"")
    received = moment(int(stamp)) if stamp.isdigit() else datetime.fromtimestamp(record.timestamp / 1000, UTC)
    return received, record.value or b""
