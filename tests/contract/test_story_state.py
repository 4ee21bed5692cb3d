"""Every memory of the story stage keeps the same promises."""

from __future__ import annotations

import sqlite3

import pytest

from connectors.database import Database
from streams.state.memory import MemoryStoryState
from streams.state.sqlite import SCHEMA, SqliteStoryState

RECORDS = [
    ("a", "en", 19_000, b"1"),
    ("b", "en", 19_000, b"2"),
    ("c", "de", 19_000, b"3"),
    ("d", "en", 19_001, b""),
]


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "store.db", [SCHEMA])
    yield database
    database.close()


@pytest.fixture(params=["memory", "sqlite"])
def state(request, database):
    return MemoryStoryState() if request.param == "memory" else SqliteStoryState(database)


def test_a_day_holds_the_records_of_its_language_only(state) -> None:
    state.save(RECORDS)
    assert sorted(state.load_day("en", 19_000)) == [("a", b"1"), ("b", b"2")]
    assert list(state.load_day("de", 19_000)) == [("c", b"3")]
    assert list(state.load_day("fr", 19_000)) == []


def test_records_are_found_by_id_and_unknown_ids_left_out(state) -> None:
    state.save(RECORDS)
    assert sorted(state.find(["d", "none", "c"])) == [("c", "de", 19_000, b"3"), ("d", "en", 19_001, b"")]


def test_saving_again_replaces_and_moves_to_another_day(state) -> None:
    state.save(RECORDS)
    state.save([("a", "de", 19_002, b"new")])
    assert list(state.find(["a"])) == [("a", "de", 19_002, b"new")]
    assert sorted(state.load_day("en", 19_000)) == [("b", b"2")]
    assert list(state.load_day("de", 19_002)) == [("a", b"new")]


def test_deleted_records_are_gone_and_unknown_ids_no_error(state) -> None:
    state.save(RECORDS)
    state.delete(["a", "none"])
    assert list(state.find(["a"])) == []
    assert sorted(state.load_day("en", 19_000)) == [("b", b"2")]


def test_a_batch_that_fails_leaves_the_file_as_it_was(database) -> None:
    state = SqliteStoryState(database)
    state.save(RECORDS[:1])

    def batch() -> None:
        with database.transaction():
            state.save(RECORDS[1:])
            state.delete(["a"])
            raise sqlite3.OperationalError("disk full")

    with pytest.raises(sqlite3.OperationalError):
        batch()
    assert sorted(state.load_day("en", 19_000)) == [("a", b"1")]
