"""The alert stage's tables are sent row by row, and another worker gets the same tables back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alert_facts import a_fact

from connectors.database import Database
from streams.alerting.file import SCHEMAS
from streams.alerts import Followed
from streams.alerts.sqlite import SqliteAlertStore
from streams.core.alerts.ids import alert_id, message_id
from streams.core.alerts.records import Alert, Delivery
from streams.outbox.sqlite import SqliteOutbox
from streams.partitions import alert_rows

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TO = "https://receiver.example/hook"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    database = opened(tmp_path / "one.db")
    yield database
    database.close()


def opened(path: Path) -> Database:
    return Database(path, (*SCHEMAS, alert_rows.SCHEMA), shared=True)


def an_alert(key: str) -> Alert:
    return Alert(
        id=alert_id("s", "each", key),
        subscription="s",
        version=1,
        kind="each",
        key=key,
        when=NOW,
        sentence=key,
    )


def filled(database: Database) -> None:
    """Something in every table that is kept."""
    store, outbox = SqliteAlertStore(database), SqliteOutbox(database)
    store.follow("s", Followed(asked="?", since=NOW))
    store.put_facts([a_fact("a", role="lead"), a_fact("b")])
    store.hush("s", ["f" * 32])
    store.advance("horizon", 7)
    store.raise_([an_alert("before")], NOW)
    outbox.open_channel("s", TO, NOW + timedelta(hours=1))
    first, second = store.raise_([an_alert("a"), an_alert("b")], NOW)
    ids = (first.alert.id,)
    outbox.queue(
        Delivery(id=message_id("s", TO, ids), subscription="s", channel=TO, alerts=ids, due=NOW, queued=NOW)
    )
    store.withdraw("gone", [second.alert.id])
    database.connection.execute("INSERT INTO place VALUES (1, 12)")
    database.connection.execute("INSERT INTO worked VALUES ('a', 3)")


def tables(database: Database) -> dict[str, list[object]]:
    return {
        table.name: sorted(database.connection.execute(f"SELECT * FROM {table.name}"), key=repr)
        for table in alert_rows.TABLES
    }


def sent(database: Database) -> list[tuple[bytes | None, bytes | None]]:
    last, rows = alert_rows.changed(database.connection)
    alert_rows.sent(database.connection, last)
    return [(row.key, row.value) for row in rows]


def test_every_table_of_the_file_is_kept_but_what_is_of_this_file_alone(file: Database) -> None:
    there = {
        name for (name,) in file.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    own = {"schema_versions", "changed", "to_index", "owner", "sqlite_sequence", "sqlite_stat1"}
    assert {table.name for table in alert_rows.TABLES} == there - own


def test_what_was_sent_makes_the_same_tables_elsewhere(file: Database, tmp_path: Path) -> None:
    filled(file)
    log = sent(file)
    other = opened(tmp_path / "other.db")
    assert alert_rows.restore(other.connection, log) == sum(value is not None for _, value in log)
    assert all(tables(other).values()), "every table had something in it"
    assert tables(other) == tables(file)
    assert alert_rows.changed(other.connection) == (0, [])
    other.close()


def test_a_change_is_sent_once_and_later_ones_take_its_place(file: Database, tmp_path: Path) -> None:
    filled(file)
    log = sent(file)
    assert sent(file) == []
    store, outbox = SqliteAlertStore(file), SqliteOutbox(file)
    (claimed,) = outbox.claim("w", NOW, timedelta(minutes=1))
    outbox.settle(claimed.id, "w", "delivered", NOW)
    store.drop_facts(["a"])
    outbox.close_channel("s", TO)
    log += sent(file)
    other = opened(tmp_path / "other.db")
    alert_rows.restore(other.connection, log)
    assert tables(other) == tables(file)
    other.close()


def test_what_changes_while_rows_are_under_way_is_sent_after_them(file: Database) -> None:
    store = SqliteAlertStore(file)
    store.advance("horizon", 1)
    last, rows = alert_rows.changed(file.connection)
    store.advance("horizon", 2)
    alert_rows.sent(file.connection, last)
    assert len(rows) == 1
    assert len(sent(file)) == 1


def test_the_place_in_the_topic_is_sent_last_and_alerts_first(file: Database) -> None:
    filled(file)
    _, rows = alert_rows.changed(file.connection)
    assert rows[0].where == "alerts"
    assert rows[-1].key == b'["place",1]'
    assert [row.where for row in rows] == sorted(
        (row.where for row in rows), key="alerts deliveries state".find
    )
