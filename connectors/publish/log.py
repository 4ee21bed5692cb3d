"""The raw log of an embedded instance: every item ever delivered, in order of arrival.

It is the truth: everything after it can be rebuilt from it (`biowire replay`). An item delivered again
with the same fields is counted, not kept twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from ..database import Database, Schema
from ..normalize import BadItem, item_from_json, item_hash
from ..records import Item

SCHEMA = Schema(
    "log",
    (
        """
        CREATE TABLE items (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            hash BLOB NOT NULL UNIQUE,
            received INTEGER NOT NULL,  -- microseconds since the epoch, UTC
            body BLOB NOT NULL          -- the item as delivered; empty once retention removed it
        ) STRICT;
        CREATE TABLE log_counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
        CREATE TABLE imports (
            digest TEXT PRIMARY KEY,    -- of the file's bytes
            received INTEGER NOT NULL,
            lines INTEGER NOT NULL      -- done so far
        ) STRICT;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the log."""

    seq: int
    received: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a delivery: how many lines were new, how many the log already had."""

    new: int
    repeated: int


class Log:
    """Append and read back. Writes join the transaction that is open on the database, if any."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connection

    def append(self, bodies: Iterable[bytes], received: datetime) -> Appended:
        """Keep each item that is not kept yet, in order."""
        new = repeated = 0
        stamp = microseconds(received)
        with self._database.transaction() as connection:
            for body in bodies:
                cursor = connection.execute(
                    "INSERT INTO items (hash, received, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    (identity(body), stamp, body),
                )
                new += cursor.rowcount
                repeated += 1 - cursor.rowcount
            if repeated:
                self._count("repeated", repeated)
        return Appended(new, repeated)

    def append_items(self, items: Iterable[Item], received: datetime) -> Appended:
        """The same for items of a connector."""
        return self.append(map(encode, items), received)

    def after(self, seq: int, limit: int) -> list[Logged]:
        """The next lines after `seq`, oldest first; those whose body retention removed are left out."""
        rows = self._connection.execute(
            "SELECT seq, received, body FROM items WHERE seq > ? AND length(body) > 0 ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        return [Logged(seq, moment(received), body) for seq, received, body in rows]

    def find(self, body: bytes) -> Logged | None:
        """The line that holds an item with the same fields; None when there is none."""
        row = self._connection.execute(
            "SELECT seq, received, body FROM items WHERE hash = ?", (identity(body),)
        ).fetchone()
        return Logged(row[0], moment(row[1]), row[2]) if row else None

    def read(self, seqs: Sequence[int]) -> list[Logged]:
        """Those lines, in the order of the log."""
        marks = ",".join("?" * len(seqs))
        rows = self._connection.execute(
            f"SELECT seq, received, body FROM items WHERE seq IN ({marks}) AND length(body) > 0 ORDER BY seq",  # noqa: S608 - marks are question marks
            tuple(seqs),
        )
        return [Logged(seq, moment(received), body) for seq, received, body in rows]

    def __iter__(self) -> Iterator[Logged]:
        """Every line, oldest first."""
        seq = 0
        while batch := self.after(seq, 500):
            yield from batch
            seq = batch[-1].seq

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM items").fetchone()[0])

    @property
    def last(self) -> int:
        """Number of the newest line, 0 when there is none."""
        return int(self._connection.execute("SELECT ifnull(max(seq), 0) FROM items").fetchone()[0])

    @property
    def repeated(self) -> int:
        """Deliveries that brought nothing the log did not have."""
        row = self._connection.execute("SELECT value FROM log_counters WHERE name = 'repeated'").fetchone()
        return int(row[0]) if row else 0

    def _count(self, name: str, by: int) -> None:
        self._connection.execute(
            "INSERT INTO log_counters VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
            (name, by),
        )

    def drop_before(self, moment: datetime, worked: int) -> int:
        """Empty lines received before a moment, of those up to `worked`; return how many: for retention."""
        with self._database.transaction() as connection:
            return connection.execute(
                "UPDATE items SET body = x'' WHERE received < ? AND seq <= ? AND length(body) > 0",
                (microseconds(moment), worked),
            ).rowcount

    def import_of(self, digest: str) -> tuple[datetime, int] | None:
        """Time of receipt and lines done of an import that began before; None for a new one."""
        row = self._connection.execute(
            "SELECT received, lines FROM imports WHERE digest = ?", (digest,)
        ).fetchone()
        return (moment(row[0]), int(row[1])) if row else None

    def mark_import(self, digest: str, received: datetime, lines: int) -> None:
        """Remember how far an import came; belongs to the transaction that keeps its items."""
        self._connection.execute(
            "INSERT INTO imports VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET lines = excluded.lines",
            (digest, microseconds(received), lines),
        )


_ENCODER = msgspec.json.Encoder()


def encode(item: Item) -> bytes:
    """An item as the log keeps it: its fields that say something, as JSON."""
    return _ENCODER.encode({name: value for name, value in msgspec.to_builtins(item).items() if value})


def identity(body: bytes) -> bytes:
    """What the log knows an item by: hash of its fields; of its bytes where they are no item."""
    try:
        return bytes.fromhex(item_hash(item_from_json(body)))
    except BadItem:
        return blake2b(body, digest_size=10).digest()


def microseconds(time: datetime) -> int:
    """Microseconds since the epoch, exactly."""
    delta = time - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment(stamp: int) -> datetime:
    """The time of `microseconds`."""
    seconds, rest = divmod(stamp, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
