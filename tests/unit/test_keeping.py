"""What a worker does with partitions that come, go, and come back: on the real stages, without a broker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from partition_world import World, bodies

from streams.agents.keeping import Keeping, runs
from streams.partitions.store import Message, Record


class Worker:
    """Keeping over one stage of a World, with a disk of its own."""

    def __init__(self, world: World, number: int, topic: str) -> None:
        self.world, self.number, self.topic = world, number, topic
        self.sent: list[Message] = []
        self.reread: list[tuple[int, int]] = []
        self.keeping = Keeping(topic, open_=self._open, read=self._read, send=self._send)

    def _open(self, partition: int):
        self.world.worker = self.number
        self.world.open.pop((self.topic, partition), None)
        return self.world.stage(self.topic, partition)

    async def _read(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[Record]]:
        self.reread.append((start, end))
        yield self.world.topics[self.topic, partition][start:end]

    async def _send(self, messages: Sequence[Message]) -> None:
        self.sent.extend(messages)
        self.world.send(messages)

    async def take(self, start: int, end: int) -> None:
        await self.keeping.take(self.world.topics[self.topic, 0][start:end])


def filled(tmp_path: Path, count: int = 120) -> World:
    world = World(tmp_path, 1)
    for body in bodies()[:count]:
        world.put(body)
    return world


async def test_a_partition_that_comes_from_another_worker_is_brought_up_to_date_without_sending(
    tmp_path: Path,
) -> None:
    world = filled(tmp_path)
    one, other = Worker(world, 1, "raw"), Worker(world, 2, "raw")
    await one.take(0, 40)
    one.keeping.close()
    await other.take(40, 80)
    assert other.reread == [(0, 40)]
    assert len(other.sent) == 40
    other.keeping.close()
    await one.take(80, 120)  # it comes back, and one's file knows 40
    assert one.reread == [(40, 80)]
    one.keeping.close()
    undisturbed = World(tmp_path / "undisturbed", 1)
    undisturbed.topics["raw", 0] = world.topics["raw", 0]
    undisturbed.drain()
    undisturbed.close()
    world.worker = 3
    world.run("flagged", 100)
    world.close()
    assert world.documents() == undisturbed.documents()


async def test_what_was_worked_and_comes_again_is_sent_again_and_not_worked_twice(tmp_path: Path) -> None:
    world = filled(tmp_path)
    dead = Worker(world, 1, "raw")
    await dead.take(0, 50)
    unsent = list(dead.sent)
    dead.keeping.close()
    risen = Worker(world, 1, "raw")
    await risen.take(20, 60)  # Kafka knows of 20: the commit was behind
    assert risen.sent[: len(unsent)] == unsent  # the last batch, whole
    assert len(risen.sent) == len(unsent) + 10
    assert risen.reread == []
    risen.keeping.close()


async def test_a_gap_in_the_stream_is_read_from_the_topic(tmp_path: Path) -> None:
    world = filled(tmp_path)
    worker = Worker(world, 1, "raw")
    await worker.take(0, 30)
    records = world.topics["raw", 0]
    await worker.keeping.take([*records[30:40], *records[70:80]])  # lost and regained between two fetches
    assert worker.reread == [(40, 70)]
    worker.keeping.close()


async def test_a_revoked_partition_is_let_go_before_the_next_batch(tmp_path: Path) -> None:
    world = filled(tmp_path)
    worker = Worker(world, 1, "raw")
    await worker.take(0, 30)
    worker.keeping.revoked({0})
    await worker.take(30, 60)
    assert worker.reread == []
    assert len(worker.sent) == 60
    worker.keeping.close()


async def test_a_replica_standing_by_takes_over_without_reading_again(tmp_path: Path) -> None:
    world = filled(tmp_path)
    one, other = Worker(world, 1, "raw"), Worker(world, 2, "raw")
    await one.take(0, 40)
    await other.keeping.follow(0, 40)
    await one.take(40, 100)
    await other.keeping.follow(0, 100)
    assert other.sent == []
    assert other.reread == [(0, 40), (40, 100)]
    one.keeping.close()
    await other.take(100, 120)
    assert len(other.sent) == 20
    assert other.reread == [(0, 40), (40, 100)]
    other.keeping.close()


async def test_a_replica_leaves_alone_what_it_may_have_to_send_itself(tmp_path: Path) -> None:
    world = filled(tmp_path)
    dead = Worker(world, 1, "raw")
    await dead.take(0, 50)
    dead.keeping.close()
    risen = Worker(world, 1, "raw")
    await risen.keeping.follow(0, 20)  # the group knows of 20, our file of 50
    await risen.take(20, 50)
    assert risen.sent == dead.sent
    risen.keeping.close()


def test_runs_are_cut_where_offsets_or_partitions_break() -> None:
    def record(partition: int, offset: int) -> Record:
        return Record("t", partition, offset, None, None, {}, 0.0)

    mixed = [record(1, 5), record(0, 2), record(0, 1), record(1, 6), record(0, 4)]
    cut = [[(one.partition, one.offset) for one in run] for run in runs(mixed)]
    assert cut == [[(0, 1), (0, 2)], [(0, 4)], [(1, 5), (1, 6)]]
