"""What differs between the topics as they should be and as they are. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .topics import Topic, insync

Kind = Literal["create", "change", "refused", "foreign", "note"]
TOLD: frozenset[Kind] = frozenset({"foreign", "note"})
"""Kinds that are said and not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One topic as it is."""

    partitions: int
    replication: int
    """Copies of the partition that has fewest."""
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not as it should be."""

    kind: Kind
    """`refused` is for people to put right; `foreign` is left alone, `note` only tells."""
    name: str
    says: str
    """What will be done, or for `refused` what to do: for people."""
    topic: Topic | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """To be set."""


def compare(wanted: Iterable[Topic], found: Mapping[str, Found], prefix: str, brokers: int) -> list[Change]:
    """Every difference, in the order of `wanted`; then topics under our prefix that are not ours."""
    ours = list(wanted)
    changes = [change for topic in ours for change in _topic(topic, found.get(topic.name), brokers)]
    names = {topic.name for topic in ours}
    strangers = sorted(name for name in found if prefix and name.startswith(prefix) and name not in names)
    return [
        *changes,
        *(Change(kind="foreign", name=name, says="is none of ours now; left alone") for name in strangers),
    ]


def _topic(topic: Topic, found: Found | None, brokers: int) -> Iterator[Change]:
    if found is None:
        yield _creation(topic, brokers)
        return
    if found.partitions != topic.partitions:
        yield _refused(
            topic,
            f"has {found.partitions} partitions where {topic.partitions} belong; what is where rests on that "
            "number, so it stays: set topic_partitions to it, or choose another topic_prefix, provision "
            "that, and ingest the items there",
        )
    if found.replication < topic.replication:
        yield _refused(
            topic,
            f"has {found.replication} copies of a partition, not {topic.replication}; let "
            "kafka-reassign-partitions add them, or set topic_replication to it",
        )
    settings = {**topic.settings, **insync(found.replication)}
    differing = {name: value for name, value in settings.items() if found.settings.get(name) != value}
    if differing:
        yield Change(
            kind="change",
            name=topic.name,
            says=", ".join(
                f"{name} {found.settings.get(name, 'unset')} -> {value}" for name, value in differing.items()
            ),
            topic=topic,
            settings=differing,
        )


def _creation(topic: Topic, brokers: int) -> Change:
    if topic.replication > brokers:
        return _refused(
            topic,
            f"cannot have {topic.replication} copies on {brokers} broker(s): lower topic_replication, "
            "or start more brokers",
        )
    settings = {**topic.settings, **insync(topic.replication)}
    return Change(
        kind="create",
        name=topic.name,
        says=", ".join(
            [
                f"{topic.partitions} partition(s)",
                f"{topic.replication} copy" if topic.replication == 1 else f"{topic.replication} copies",
                *(f"{name} {value}" for name, value in settings.items()),
            ]
        ),
        topic=topic,
        settings=settings,
    )


def _refused(topic: Topic, says: str) -> Change:
    return Change(kind="refused", name=topic.name, says=says, topic=topic)
