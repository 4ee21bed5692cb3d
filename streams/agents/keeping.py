"""The partitions a worker has: opened when their first record comes, brought up to date, worked.

A partition may come from another worker, which went past what our file knows, or have never been here:
then the topic is read from our cursor on, without sending anything.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from ..partitions.store import Message, PartitionStore, Record, after

CATCH_UP = 1000
"""Offsets followed at a time."""

_log = logging.getLogger(__name__)

Read = Callable[[int, int, int], AsyncIterator[Sequence[Record]]]
"""Batches of a partition's records from one offset up to (without) another."""
Send = Callable[[Sequence[Message]], Awaitable[None]]
"""Returns when the broker has them all."""


class Partition(Protocol):
    """A stateful stage of one partition: `partitions.dedup`, `partitions.story`."""

    @property
    def store(self) -> PartitionStore:
        """Its file."""

    def work(self, records: Sequence[Record], *, quiet: bool = False) -> list[Message]:
        """Take the next records, all or the first of them; what is to be sent."""


class Keeping:
    """All partitions of one stage in this worker."""

    def __init__(self, stage: str, *, open_: Callable[[int], Partition], read: Read, send: Send) -> None:
        self._stage, self._open, self._read, self._send = stage, open_, read, send
        self._partitions: dict[int, Partition] = {}
        self._revoked: set[int] = set()
        self._lock = asyncio.Lock()

    async def take(self, records: Sequence[Record]) -> None:
        """Work a batch of any partitions; returns when all that comes of it is with the broker."""
        async with self._lock:
            await self._take(records)

    async def follow(self, number: int, end: int) -> None:
        """Keep the file of a partition that another worker has up to date: a replica standing by.

        `end`: how far that worker has finished. One batch at a time, so that our own work need not wait.
        """
        reached = -1
        while reached < end:
            async with self._lock:
                partition = self._partitions.get(number) or self._standing_by(number, end)
                if partition is None or partition.store.next in (reached, end):
                    return
                reached = partition.store.next
                await self._catch_up(partition, number, min(end, reached + CATCH_UP))

    def _standing_by(self, number: int, end: int) -> Partition | None:
        """Open a partition to follow it; None when our file may still have something to send."""
        partition = self._open(number)
        if partition.store.next > end:
            partition.store.close()
            return None
        partition.store.clear_outbox()
        self._partitions[number] = partition
        return partition

    async def _take(self, records: Sequence[Record]) -> None:
        self._let_go()
        for run in runs(records):
            partition = await self._ready(run[0])
            left = after(run, partition.store.next)
            if left and left[0].offset > partition.store.next:
                await self._catch_up(partition, run[0].partition, left[0].offset)
            while left:
                await self._send(partition.work(left))
                left = after(left, partition.store.next)
                await asyncio.sleep(0)  # let the client's heartbeat and the other agents in

    def revoked(self, partitions: set[int]) -> None:
        """Close these before the next batch: another worker has them now."""
        self._revoked |= partitions

    def close(self) -> None:
        """Close all files."""
        self._revoked |= set(self._partitions)
        self._let_go()

    def _let_go(self) -> None:
        for number in self._revoked & set(self._partitions):
            self._partitions.pop(number).store.close()
        self._revoked.clear()

    async def _ready(self, first: Record) -> Partition:
        partition = self._partitions.get(first.partition)
        if partition is not None:
            return partition
        partition = self._open(first.partition)
        if first.offset < partition.store.next:  # we had worked it, and may have died before it was sent
            await self._send(partition.store.outbox())
        else:
            partition.store.clear_outbox()  # sent, or made and sent again by whoever went past it
        self._partitions[first.partition] = partition
        return partition

    async def _catch_up(self, partition: Partition, number: int, end: int) -> None:
        """Learn what happened between our cursor and `end`; offsets that compaction removed are no gap."""
        start = partition.store.next
        count = 0
        async for batch in self._read(number, start, end):
            left = after(batch, partition.store.next)
            while left:
                partition.work(left, quiet=True)
                left = after(left, partition.store.next)
                await asyncio.sleep(0)
            count += len(batch)
        if count:
            where = {"stage": self._stage, "partition": number, "from": start, "to": end, "records": count}
            _log.info("brought a partition up to date", extra=where)


def runs(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Records of one partition with consecutive offsets, in order."""
    ordered = sorted(records, key=lambda record: (record.partition, record.offset))
    run: list[Record] = []
    for record in ordered:
        if run and (record.partition != run[-1].partition or record.offset != run[-1].offset + 1):
            yield run
            run = []
        run.append(record)
    if run:
        yield run
