"""Lag on a real broker: what is not committed counts, whoever asks, however often."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata
from servers import Kafka

from connectors.broker import Broker, broker_of
from connectors.errors import UserError
from streams import topics
from streams.kafka_admin import administering
from streams.kafka_log import Sending
from streams.lag import Lag, lag, measure
from streams.provision.broker import provision

pytestmark = pytest.mark.servers


@pytest.fixture
def broker(kafka: Kafka, prefix: str) -> Iterator[Broker]:
    broker = broker_of({"broker": kafka.url, "topic_prefix": f"{prefix}.", "topic_partitions": 3})
    assert broker is not None
    provision(broker, 1)
    yield broker
    with administering(broker) as admin:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(broker.prefix)])


def send(broker: Broker, topic: str, count: int) -> None:
    with Sending(broker, 10) as sending:
        for number in range(count):
            sending.send(topic, number % 3, b"key%d" % number, b"value")
        sending.wait()


def commit(broker: Broker, topic: str, generation: int, **offsets: int) -> None:
    options = broker.client_options()
    group = topics.workers_group(broker, generation)
    consumer = KafkaConsumer(group_id=group, enable_auto_commit=False, **options)
    try:
        places = {TopicPartition(topic, int(name[1:])): offset for name, offset in offsets.items()}
        consumer.assign(list(places))
        consumer.commit({place: OffsetAndMetadata(offset, "", -1) for place, offset in places.items()})
    finally:
        consumer.close()


def test_everything_counts_until_it_is_committed(broker: Broker) -> None:
    assert lag(broker, 1) == Lag(raw=0, flagged=0, grouped=0)
    send(broker, topics.raw(broker), 10)
    send(broker, topics.flagged(broker, 1), 5)
    send(broker, topics.grouped(broker, 1), 2)
    found = lag(broker, 1)
    assert (found, found.total) == (Lag(raw=10, flagged=5, grouped=2), 17)
    commit(broker, topics.raw(broker), 1, p0=4, p1=1)
    commit(broker, topics.grouped(broker, 1), 1, p0=1, p1=1)
    with administering(broker) as admin:
        assert [measure(admin, broker, 1) for _ in range(2)] == [Lag(raw=5, flagged=5, grouped=0)] * 2


def test_what_retention_removed_is_not_waited_for(broker: Broker) -> None:
    send(broker, topics.raw(broker), 30)
    commit(broker, topics.raw(broker), 1, p0=2)
    with administering(broker) as admin:
        admin.delete_records({TopicPartition(topics.raw(broker), 0): 7})
    assert lag(broker, 1).raw == 3 + 10 + 10


def test_each_generation_has_its_own(broker: Broker) -> None:
    provision(broker, 2)
    send(broker, topics.raw(broker), 6)
    commit(broker, topics.raw(broker), 1, p0=2, p1=2, p2=2)
    assert (lag(broker, 1).raw, lag(broker, 2).raw) == (0, 6)


def test_topics_that_are_not_there_are_one_sentence(broker: Broker) -> None:
    with pytest.raises(UserError, match=r"articles.flagged.g7 is not at .* Run `biowire provision` first"):
        lag(broker, 7)
