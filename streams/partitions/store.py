"""The file of one partition of one stage: its cursor, what must still be sent, and the stage's own tables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from connectors.database import Database, Schema

PARTITION = Schema(
    "partition",
    (
        """
        CREATE TABLE cursor (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL) STRICT;
        CREATE TABLE outbox (n INTEGER PRIMARY KEY, message BLOB NOT NULL) STRICT;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One message of the topic a stage reads, as Kafka gave it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]
    timestamp: float
    """Seconds since the epoch."""

    @property
    def place(self) -> str:
        """Where it stands, in the words of dead letters and sightings."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class Message(msgspec.Struct, array_like=True, frozen=True):
    """One message to be sent."""

    topic: str
    partition: int | None
    """None where any will do."""
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class PartitionStore:
    """Cursor and outbox beside a stage's tables. One process has it open."""

    def __init__(self, path: Path, schemas: Sequence[Schema]) -> None:
        """Open or create. Raises StoreError."""
        self.database = Database(path, (PARTITION, *schemas))
        self.database.connection.execute("PRAGMA cache_size = -2048")  # a worker has sixteen open
        self._decode = msgspec.msgpack.Decoder(Message).decode
        self._encode = msgspec.msgpack.Encoder().encode
        row = self.database.connection.execute("SELECT next FROM cursor").fetchone()
        self.next: int = row[0] if row else 0
        """Offset of the first record not worked yet."""

    @contextlib.contextmanager
    def batch(self, end: int, outbox: list[Message]) -> Iterator[None]:
        """One transaction: what happens inside, the cursor at `end`, `outbox` in place of the last one."""
        with self.database.transaction() as connection:
            yield
            connection.execute("INSERT OR REPLACE INTO cursor VALUES (1, ?)", (end,))
            connection.execute("DELETE FROM outbox")
            connection.executemany(
                "INSERT INTO outbox (message) VALUES (?)", ((self._encode(one),) for one in outbox)
            )
        self.next = end

    def outbox(self) -> list[Message]:
        """What the last batch had to send: to be sent again by whoever opens the store."""
        rows = self.database.connection.execute("SELECT message FROM outbox ORDER BY n")
        return [self._decode(message) for (message,) in rows]

    def clear_outbox(self) -> None:
        """Forget it: another worker has gone past it."""
        self.database.connection.execute("DELETE FROM outbox")

    def close(self) -> None:
        """Let the next one in."""
        self.database.close()


def after(records: Iterable[Record], offset: int) -> list[Record]:
    """Those from an offset on."""
    return [record for record in records if record.offset >= offset]
