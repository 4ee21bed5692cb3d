"""What travels between the agents, as MessagePack. Bodies are JSON for the index and pass through unread.

articles.raw ─► FlaggedRecord ─► Operations ─► Elasticsearch
                                     └► Told ─► alerts
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .core.alerts.records import Fact
from .core.days import Node

Kind = Literal["document", "story", "sighting", "gone", "gone-story"]

OFFSET_BITS = 40
"""Of a version: below them the offset in articles.flagged, above them the article's sightings."""


class Operation(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One write to the index, by id; of two with the same id the higher version stays, in any order."""

    kind: Kind
    id: str
    """Article id; story id for `story` and `gone-story`; item hash for `sighting`."""
    version: int
    month: str
    """`2023-08` for `document` and `gone`: the month of the article, and so its index. Else empty."""
    body: bytes | None = None
    """JSON object; None for `gone` and `gone-story`."""
    received: int = 0
    """Of a `sighting`: when its item came in, microseconds since the epoch."""


class FlaggedRecord(msgspec.Struct, array_like=True, gc=False):
    """One article as its own content and sightings make it; or that it is none (any more) in this language.

    Written to articles.flagged in the partition of its language, key: its id.
    """

    id: str
    sightings: int
    """How many items make it: rises with each, so it orders the records of one id."""
    node: Node | None = None
    """For the story stage; None when the article is gone from this partition."""
    host: str = ""
    """Of the source as shown."""
    revision: int = 1
    month: str = ""
    elsewhere: tuple[str, ...] = ()
    """Months in whose index it may have been before."""
    body: bytes = b""
    """`sinks.elasticsearch.document.encode(stored)`."""
    sighting: dict[str, Any] | None = None
    """The item that brought this about, with its outcome so far; None when it was counted before."""
    absorbed: bool = False
    """Gone because it turned out to be a sighting of another article; else it has another language now."""


class Told(msgspec.Struct, array_like=True, frozen=True):
    """What the alert stage is told: documents as they are now, or what people ask of it."""

    known: int = 0
    """Offset up to which the subscriptions were known with which the documents were matched."""
    facts: tuple[tuple[int, Fact], ...] = ()
    """Each with the version of its document."""
    unmatched: tuple[tuple[int, str, str], ...] = ()
    """Version, id and month of documents, while nobody is subscribed to anything."""
    gone: tuple[tuple[int, str], ...] = ()
    """Version and id of articles that are none of their own any more."""
    retry: tuple[str, ...] = ()
    """Ids of failed deliveries to be tried again."""


def is_absorbed(operation: Operation) -> bool:
    """Say whether it removes an article that turned out to be another, not only from an index it left."""
    return operation.kind == "gone" and not operation.version & ((1 << OFFSET_BITS) - 1)


def version(sightings: int, end: int) -> int:
    """External version of what an article came to when articles.flagged was worked up to (without) `end`."""
    return (sightings << OFFSET_BITS) | end


encode = msgspec.msgpack.Encoder().encode
decode_flagged = msgspec.msgpack.Decoder(FlaggedRecord).decode
decode_operations = msgspec.msgpack.Decoder(tuple[Operation, ...]).decode
decode_told = msgspec.msgpack.Decoder(Told).decode
