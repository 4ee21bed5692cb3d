"""Dead letters put where agents put them."""

from datetime import UTC, datetime

from connectors.broker import Broker
from streams import topics
from streams.deadletters.record import DeadLetterRecord
from streams.kafka_log import Sending

WHEN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def give_up(broker: Broker, stage: str, number: int, body: bytes = b"not json") -> str:
    """One of that stage and offset; its place."""
    place = f"{topics.raw(broker)}/0/{number}"
    letter = DeadLetterRecord(
        stage=stage, time=WHEN, error="BadItem: why", place=place, tries=1, key=b"", body=body
    )
    topic, key, value, headers = letter.to_message(broker)
    with Sending(broker, 10) as sending:
        sending.send(topic, 0, key, value, headers)
        sending.wait()
    return place
