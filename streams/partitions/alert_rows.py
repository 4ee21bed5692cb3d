"""The alert stage's tables as records of compacted topics: whoever takes the stage over reads them back.

    SQLite tables ─► triggers: changed ─► alerts             key ["alerts", id]
                                     ├─► alerts.deliveries   key [table, …], messages and open channels
                                     └─► alerts.state.gN     key [table, …], what conditions go by

A row that changed is sent as it is when it is read, or as nothing where it is gone; the place in the input
goes last. So what is restored after a kill may be ahead of that place, never behind, and what is worked
again from there changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from connectors.database import Schema

Where = Literal["alerts", "deliveries", "state"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is kept in a topic."""

    name: str
    key: tuple[str, ...]
    where: Where


TABLES = (
    Table("alerts", ("id",), "alerts"),
    Table("deliveries", ("id",), "deliveries"),
    Table("delivery_alerts", ("alert", "channel"), "deliveries"),
    Table("channels", ("subscription", "channel"), "deliveries"),
    Table("waiting_alerts", ("subscription", "channel", "alert"), "deliveries"),
    Table("hushed", ("subscription", "id"), "state"),
    Table("followed", ("subscription",), "state"),
    Table("facts", ("id",), "state"),
    Table("matches", ("subscription", "at", "id"), "state"),
    Table("leads", ("id",), "state"),
    Table("worked", ("id",), "state"),
    Table("cursors", ("name",), "state"),
    Table("place", ("id",), "state"),
)
"""In the order in which rows are sent, and put back: alerts before what would raise them again, and before
the channels that would have them wait."""

_BY_NAME = {table.name: number for number, table in enumerate(TABLES)}


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is now."""

    where: Where
    key: bytes
    value: bytes | None
    """Its columns by name, as MessagePack; None when it is gone."""


def _trigger(table: Table, event: str, row: str) -> str:
    key = ", ".join(f"{row}.{column}" for column in table.key)
    return (
        f"CREATE TRIGGER {table.name}_{event.lower()} AFTER {event} ON {table.name} BEGIN"  # noqa: S608 - ours
        f" INSERT INTO changed (name, key) VALUES ('{table.name}', json_array({key})); END;\n"
    )


SCHEMA = Schema(
    "alert stage of a worker",
    (
        """
        CREATE TABLE place (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL) STRICT;
        CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL) STRICT;
        CREATE TABLE worked (id TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE changed (
            n INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, key TEXT NOT NULL
        ) STRICT;
        CREATE TABLE to_index (n INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL) STRICT;
        CREATE TRIGGER index_raised AFTER INSERT ON alerts BEGIN
            INSERT INTO to_index (alert) VALUES (NEW.id);
        END;
        CREATE TRIGGER index_withdrawn AFTER UPDATE ON alerts BEGIN
            INSERT INTO to_index (alert) VALUES (NEW.id);
        END;
        CREATE TRIGGER index_queued AFTER INSERT ON delivery_alerts BEGIN
            INSERT INTO to_index (alert) VALUES (NEW.alert);
        END;
        CREATE TRIGGER index_settled AFTER UPDATE OF state ON deliveries BEGIN
            INSERT INTO to_index (alert) SELECT alert FROM delivery_alerts WHERE delivery = NEW.id;
        END;
        """  # noqa: S608 - ours
        + "".join(
            _trigger(table, event, row)
            for table in TABLES
            for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
        ),
    ),
)
"""`worked`: version of each document as it was worked last; `changed`, `to_index`: still to be told."""


def changed(connection: sqlite3.Connection) -> tuple[int, list[Row]]:
    """Rows to be sent, in order, and the number up to which `sent` may then forget them."""
    (last,) = connection.execute("SELECT ifnull(max(n), 0) FROM changed").fetchone()
    found = connection.execute("SELECT DISTINCT name, key FROM changed WHERE n <= ?", (last,)).fetchall()
    found.sort(key=lambda one: _BY_NAME[one[0]])
    return last, [_row(connection, TABLES[_BY_NAME[name]], json.loads(key)) for name, key in found]


def sent(connection: sqlite3.Connection, last: int) -> None:
    """The brokers have these."""
    connection.execute("DELETE FROM changed WHERE n <= ?", (last,))


def _row(connection: sqlite3.Connection, table: Table, key: Sequence[Any]) -> Row:
    where = " AND ".join(f"{column} = ?" for column in table.key)
    cursor = connection.execute(f"SELECT * FROM {table.name} WHERE {where}", key)  # noqa: S608 - names of ours
    names, values = [column[0] for column in cursor.description], cursor.fetchone()
    value = None if values is None else msgspec.msgpack.encode(dict(zip(names, values, strict=True)))
    return Row(table.where, msgspec.json.encode([table.name, *key]), value)


def restore(connection: sqlite3.Connection, records: Iterable[tuple[bytes | None, bytes | None]]) -> int:
    """Put rows back into empty tables, given key and value in the order of their topics; how many."""
    latest: dict[bytes, bytes] = {}
    for key, value in records:
        if key is None:
            continue
        if value is None:
            latest.pop(key, None)
        else:
            latest[key] = value
    rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in TABLES}
    for key, value in latest.items():
        rows[msgspec.json.decode(key)[0]].append(msgspec.msgpack.decode(value))
    for table in TABLES:
        for row in sorted(rows[table.name], key=lambda one: one.get("seq", 0)):
            _put(connection, table.name, row)
    connection.execute("DELETE FROM changed")
    return len(latest)


def _put(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """A number that is taken, because two had the stage in the same moment, is given anew."""
    for columns in (row, {name: value for name, value in row.items() if name != "seq"}):
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        put = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of ours
        if connection.execute(put, tuple(columns.values())).rowcount:
            return


def owner(connection: sqlite3.Connection) -> str:
    """The name this file was given when it was taken over; empty for a new one."""
    row = connection.execute("SELECT token FROM owner").fetchone()
    return str(row[0]) if row else ""


def set_owner(connection: sqlite3.Connection, token: str) -> None:
    """Give it a name."""
    connection.execute("INSERT OR REPLACE INTO owner VALUES (1, ?)", (token,))
