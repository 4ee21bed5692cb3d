"""Every topic of the distributed mode and what it holds; nothing else spells a topic name.

    articles.raw ─► articles.flagged.gN ─► articles.grouped.gN ─► Elasticsearch
                                        └► alerts.facts.gN ─► alerts, alerts.deliveries
                         subscriptions, deadletters.STAGE, control

N is the generation: a replay builds the next one beside the live one.
"""

from __future__ import annotations

from connectors.broker import Broker
from connectors.topics import connectors_group, feed_states, feeds, partition_of, partition_of_feed, raw

from .pipeline import STAGES

GENERATION = "generation"
"""Key in the control topic of which generation is live, and which is being built."""


def flagged(broker: Broker, generation: int) -> str:
    """Articles as dedup, classify and flag leave them; partitioned by language, compacted by article."""
    return f"{broker.prefix}articles.flagged.g{generation}"


def grouped(broker: Broker, generation: int) -> str:
    """What is to be written into the index, in batches."""
    return f"{broker.prefix}articles.grouped.g{generation}"


def subscriptions(broker: Broker) -> str:
    """Every subscription with all its versions; key: its id."""
    return f"{broker.prefix}subscriptions"


def facts(broker: Broker, generation: int) -> str:
    """What the alert stage works: documents matched with all subscriptions, and requests of people."""
    return f"{broker.prefix}alerts.facts.g{generation}"


def alert_state(broker: Broker, generation: int) -> str:
    """What the alert stage knows, row by row, for whoever takes it over."""
    return f"{broker.prefix}alerts.state.g{generation}"


def of_generation(broker: Broker, generation: int) -> set[str]:
    """All topics that are a generation's own."""
    return {make(broker, generation) for make in (flagged, grouped, facts, alert_state)}


def alerts(broker: Broker) -> str:
    """Every alert raised, and whether it was withdrawn; of all generations."""
    return f"{broker.prefix}alerts"


def deliveries(broker: Broker) -> str:
    """Every message to a channel, and how far it is; of all generations."""
    return f"{broker.prefix}alerts.deliveries"


def dead_letters(broker: Broker, stage: str) -> str:
    """What a stage gave up on, by the place it came from."""
    return f"{broker.prefix}deadletters.{stage}"


def control(broker: Broker) -> str:
    """Which generation is live."""
    return f"{broker.prefix}control"


def workers_group(broker: Broker, generation: int) -> str:
    """Consumer group of the workers; also the id of their Faust app."""
    return f"{broker.prefix}g{generation}"


__all__ = [
    "GENERATION",
    "STAGES",
    "alert_state",
    "alerts",
    "connectors_group",
    "control",
    "dead_letters",
    "deliveries",
    "facts",
    "feed_states",
    "feeds",
    "flagged",
    "grouped",
    "of_generation",
    "partition_of",
    "partition_of_feed",
    "raw",
    "subscriptions",
    "workers_group",
]
