"""What the index agent tells the alert stage: each document matched with all subscriptions at once.

    operations ─► documents ─► Matching ─► facts ─► alerts.facts

Told before the index has the documents, so that whoever finds a document there can know that its fact is in
the topic: that is how the alert stage seeds a subscription without passing over what is still to come.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec

from .. import wire
from ..core.alerts.matching import Matching
from ..core.alerts.records import Fact, Subscription
from ..core.records import Document
from ..partitions.store import Message
from ..wire import Operation, Told

Known = Callable[[], tuple[int, Sequence[Subscription]]]
"""All subscriptions, and the offset in their topic that they are as of."""

MESSAGE_BYTES = 700_000
"""Told in one message: well under what a broker takes as one."""

_log = logging.getLogger(__name__)
_document = msgspec.json.Decoder(Document).decode
_encode = msgspec.msgpack.Encoder().encode


class Telling:
    """The matching half of the alerts in one worker; it keeps nothing."""

    def __init__(self, known: Known, topic: str) -> None:
        self._known, self._topic = known, topic
        self._matching = Matching()
        self._position = -1
        self._idle = True

    def messages(self, operations: Sequence[Operation]) -> list[Message]:
        """What these operations mean to the alert stage; often one message."""
        self._take_up()
        documents = [one for one in operations if one.kind == "document"]
        gone = tuple((one.version, one.id) for one in operations if wire.is_absorbed(one))
        if self._idle:
            unmatched = tuple((one.version, one.id, one.month) for one in documents)
            told = [Told(self._position, unmatched=unmatched, gone=gone)]
            return [self._message(one) for one in told if unmatched or gone]
        facts = [(one.version, fact) for one in documents if (fact := self._fact(one)) is not None]
        told = [Told(self._position, facts=some) for some in _packed(facts)]
        if gone:
            told.append(Told(self._position, gone=gone))
        return [self._message(one) for one in told]

    def _take_up(self) -> None:
        position, subscriptions = self._known()
        if position != self._position:
            self._matching.replace(subscriptions)
            self._position = position
            self._idle = all(one.paused for one in subscriptions)

    def _fact(self, operation: Operation) -> Fact | None:
        """None for a document that cannot be read: the index refuses it, and says so."""
        try:
            fact = self._matching.fact(_document(operation.body or b""))
        except Exception:  # noqa: BLE001 - the wall between documents: none keeps the others from the index
            _log.exception("document not matched", extra={"document": operation.id})
            return None
        if fact.matched:
            return fact
        return replace(fact, title="", url="", source="", host="", names=())  # what others look at

    def _message(self, told: Told) -> Message:
        return Message(self._topic, 0, None, _encode(told))


def _packed(facts: Sequence[tuple[int, Fact]]) -> list[tuple[tuple[int, Fact], ...]]:
    """Facts in as few messages as a broker takes well."""
    packs: list[list[tuple[int, Fact]]] = []
    size = MESSAGE_BYTES
    for one in facts:
        weight = len(_encode(one))
        if size + weight > MESSAGE_BYTES:
            packs.append([])
            size = 0
        packs[-1].append(one)
        size += weight
    return [tuple(pack) for pack in packs]
