"""Every memory of dedup counts what became of items alike, in a store of any version."""

from __future__ import annotations

from collections import Counter

import pytest

from connectors.database import Database, Schema
from streams.seen.memory import MemorySeenState
from streams.seen.sqlite import SCHEMA, SqliteSeenState

OUTCOMES = ["new", "failed", "new", "duplicate", "near_duplicate", "new", "skipped", "revision", "duplicate"]


def recorded(state, outcomes=OUTCOMES):
    for seq, outcome in enumerate(outcomes):
        state.record(seq, outcome, None, None, "because")
    return state


@pytest.fixture
def database(tmp_path):
    with_tables = Database(tmp_path / "store.db", [SCHEMA])
    yield with_tables
    with_tables.close()


@pytest.fixture(params=["memory", "sqlite"])
def state(request, database):
    return MemorySeenState() if request.param == "memory" else SqliteSeenState(database)


@pytest.mark.parametrize(
    "outcomes", [[], ["new"], ["failed"], ["duplicate", "skipped"], OUTCOMES], ids=lambda one: f"{len(one)}"
)
def test_outcomes_are_counted_and_those_that_nothing_had_are_left_out(state, outcomes) -> None:
    assert recorded(state, outcomes).outcomes() == Counter(outcomes)


def test_an_item_that_is_worked_again_counts_by_what_became_of_it_last(state) -> None:
    recorded(state)
    state.record(1, "new", "a", None, "retried")
    state.record(2, "failed", None, None, "worked by a broken vocabulary")
    assert state.outcomes() == Counter([OUTCOMES[0], "new", "failed", *OUTCOMES[3:]])


def test_failures_are_told_oldest_first(database) -> None:
    recorded(SqliteSeenState(database), ["failed", "new", "failed"])
    assert list(SqliteSeenState(database).failures()) == [(0, "because"), (2, "because")]


def test_a_store_from_before_the_index_is_counted_as_it_is_and_once_it_is_brought_up(tmp_path) -> None:
    path, before = tmp_path / "store.db", Schema(SCHEMA.name, SCHEMA.steps[:1])
    old = Database(path, [before])
    recorded(SqliteSeenState(old))
    old.close()

    looking = Database(path, [SCHEMA], writer=False)  # who only looks changes nothing
    assert SqliteSeenState(looking).outcomes() == Counter(OUTCOMES)
    looking.close()

    new = Database(path, [SCHEMA])
    assert SqliteSeenState(new).outcomes() == Counter(OUTCOMES)
    assert new.connection.execute("PRAGMA index_list (outcomes)").fetchall()
    new.close()


def test_others_than_new_are_counted_from_their_index(database) -> None:
    plan = database.connection.execute(
        "EXPLAIN QUERY PLAN SELECT count(*), outcome FROM outcomes WHERE outcome != 'new' GROUP BY outcome"
    )
    assert "USING COVERING INDEX outcomes_not_new" in " ".join(str(row) for row in plan)
