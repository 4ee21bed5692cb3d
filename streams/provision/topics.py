"""Every topic as it should be: partitions, copies, and the settings that keep or compact its messages.

Only settings are named that we depend on; the rest is the broker's own. None of them is one that managed
clusters keep to themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.broker import Broker
from connectors.errors import UserError

from .. import topics
from ..core.query_dates import read_duration

MESSAGE_LIMIT = 16 * 1024 * 1024
"""Bytes of one message on the way of an article; producers are set to the same."""

_LETTER_LIMIT = MESSAGE_LIMIT + 64 * 1024
"""A dead letter holds the largest message, and why it died."""

_DAY = 24 * 60 * 60 * 1000
_SEGMENT = 64 * 1024 * 1024
"""Bytes: the newest segment is never compacted, so a small one keeps what has to be read at a start small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic as it should be."""

    name: str
    partitions: int
    replication: int
    settings: Mapping[str, str]
    """In Kafka's words; at creation also `min.insync.replicas`, which follows from the copies."""


def wanted(broker: Broker, generations: Iterable[int], retention: int = -1) -> list[Topic]:
    """All topics of these generations; `retention` of raw items in milliseconds, -1 for ever."""

    def topic(name: str, settings: dict[str, str], partitions: int = broker.partitions) -> Topic:
        common = {"compression.type": "producer"}
        return Topic(
            name=name, partitions=partitions, replication=broker.replication, settings=common | settings
        )

    return [
        topic(topics.raw(broker), _kept(retention) | _limit(MESSAGE_LIMIT)),
        *(
            one
            for generation in sorted(generations)
            for one in (
                topic(topics.flagged(broker, generation), _COMPACTED | _limit(MESSAGE_LIMIT)),
                topic(topics.grouped(broker, generation), _kept(7 * _DAY) | _limit(MESSAGE_LIMIT)),
                topic(topics.facts(broker, generation), _kept(7 * _DAY) | _limit(MESSAGE_LIMIT), 1),
                topic(topics.alert_state(broker, generation), _COMPACTED | _SMALL, 1),
            )
        ),
        *(
            topic(topics.dead_letters(broker, stage), _COMPACTED | _limit(_LETTER_LIMIT), 1)
            for stage in topics.STAGES
        ),
        topic(topics.feeds(broker), _COMPACTED),
        topic(topics.feed_states(broker), _COMPACTED | _SMALL),
        topic(topics.control(broker), _COMPACTED | _SMALL, 1),
        topic(topics.subscriptions(broker), _COMPACTED | _SMALL | _limit(MESSAGE_LIMIT), 1),
        topic(topics.alerts(broker), _COMPACTED | _SMALL, 1),
        topic(topics.deliveries(broker), _COMPACTED | _SMALL, 1),
    ]


_COMPACTED = {"cleanup.policy": "compact", "max.compaction.lag.ms": str(_DAY)}
_SMALL = {"segment.bytes": str(_SEGMENT)}


def _kept(milliseconds: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(milliseconds), "retention.bytes": "-1"}


def _limit(size: int) -> dict[str, str]:
    return {"max.message.bytes": str(size)}


def insync(replication: int) -> dict[str, str]:
    """How many copies have to be written before a message counts: one may be away once there are three."""
    return {"min.insync.replicas": "2" if replication >= 3 else "1"}


def retention(settings: Mapping[str, Any]) -> int:
    """The setting `topic_retention` in milliseconds, -1 for ever. Raises UserError."""
    given = str(settings.get("topic_retention") or "")
    if not given:
        return -1
    try:
        return int(read_duration(given).total_seconds() * 1000)
    except (ValueError, OverflowError) as cause:
        raise UserError(
            f"The setting topic_retention is a length of time, such as 365d; `{given}` is none."
        ) from cause
