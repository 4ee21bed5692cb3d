"""Agent of the index stage: operations in, documents acknowledged by Elasticsearch.

articles.grouped ─► newest operation of each id ─► bulk ─► (refused) dead letters
                                     └► told to the alert stage, first
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Protocol

import msgspec

from .. import wire
from ..partitions.store import Message, Record
from ..wire import Operation
from .keeping import Send


class Refused(Protocol):
    """An operation that the index will never take."""

    @property
    def operation(self) -> Operation:
        """The operation."""

    @property
    def reason(self) -> str:
        """Why, in the words of the index."""


class Sink(Protocol):
    """Where operations go: `sinks.elasticsearch.bulk.BulkSink`."""

    async def write(self, operations: Sequence[Operation]) -> Sequence[Refused]:
        """Return when each is durable, or refused for good."""


class Indexing:
    """The index stage of one worker; it keeps nothing."""

    def __init__(
        self,
        sink: Sink,
        *,
        send: Send,
        dead_letter: Callable[..., Message],
        observe: Callable[[str, float], None],
        indexed: Callable[[float], None],
        tell: Callable[[Sequence[Operation]], Sequence[Message]] = lambda _: (),
    ) -> None:
        """`indexed` is told when the item of a new document came in, seconds since the epoch.

        `tell` makes the messages that others are to have before the index has the documents.
        """
        self._sink, self._send, self._dead_letter = sink, send, dead_letter
        self._observe, self._indexed, self._tell = observe, indexed, tell

    async def take(self, records: Sequence[Record]) -> None:
        """Write a batch; returns when it is searchable as soon as the index refreshes."""
        started = perf_counter()
        letters: list[Message] = []
        places: dict[int, Record] = {}
        found: list[Operation] = []
        for record in records:
            try:
                operations = wire.decode_operations(record.value or b"")
            except (msgspec.DecodeError, UnicodeDecodeError) as cause:
                letters.append(self._dead_letter("index", f"This is no batch of operations: {cause}", record))
                continue
            for operation in operations:
                places[id(operation)] = record
                found.append(operation)
        newest = newest_of(found)
        if told := self._tell(newest):
            await self._send(told)
        refused = await self._sink.write(newest)
        letters.extend(
            self._dead_letter(
                "index", one.reason, _alone(one.operation, places[id(one.operation)]), one.operation.id
            )
            for one in refused
        )
        if letters:
            await self._send(letters)
        self._observe("index", perf_counter() - started)
        for operation in newest:
            if operation.received:
                self._indexed(operation.received / 1e6)


def newest_of(operations: Iterable[Operation]) -> list[Operation]:
    """Of those on one id in one index, the one with the highest version: the others would be overwritten."""
    newest: dict[tuple[str, str, bool], Operation] = {}
    for operation in operations:
        key = operation.id, operation.month, operation.kind == "sighting"
        known = newest.get(key)
        if known is None or known.version <= operation.version:
            newest[key] = operation
    return list(newest.values())


def _alone(operation: Operation, record: Record) -> Record:
    """The record as if it had held this operation only, at a place of its own."""
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=operation.id.encode(),
        value=wire.encode((operation,)),
        headers=record.headers,
        timestamp=record.timestamp,
    )
