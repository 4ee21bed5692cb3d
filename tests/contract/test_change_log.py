"""The log of changed documents: one line each and batch, in the batch's own transaction."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from builders import NOON
from embedded_runs import world_items

from streams.embedded import Instance
from streams.replay import replay, replay_since
from streams.retention import Cutoffs
from streams.seeds_files import vocabulary

BODIES = [json.dumps(item).encode() for item in world_items()[::12]]
NEXT = [json.dumps(item).encode() for item in world_items()[4::12]]


@pytest.fixture
def instance(tmp_path):
    with Instance(tmp_path / "biowire.db", vocabulary({})) as instance:
        instance.ingest(BODIES, NOON, lambda: None)
        yield instance


def lines(instance, after=0):
    return instance.changes.after(after, 10_000)


def test_every_new_document_is_in_it_once(instance) -> None:
    found = lines(instance)
    assert {line.id for line in found} == {one.id for one in instance.index.scan()}
    assert len({line.id for line in found}) == len(found) == instance.changes.last
    assert all(line.fresh and not line.quiet for line in found)


def test_a_later_batch_tells_of_its_documents_and_those_whose_story_it_changes(instance) -> None:
    before = {one.id: one for one in instance.index.scan()}
    last = instance.changes.last
    instance.ingest(NEXT, NOON, lambda: None)
    after = {one.id: one for one in instance.index.scan()}
    changed = {
        id_
        for id_, one in after.items()
        if id_ not in before or (before[id_].story_id, before[id_].dedup) != (one.story_id, one.dedup)
    }
    found = lines(instance, last)
    assert changed <= {line.id for line in found}
    assert {line.id for line in found if line.fresh} == after.keys() - before.keys()
    assert any(not line.fresh for line in found)


def test_items_that_are_there_already_change_nothing(instance) -> None:
    last = instance.changes.last
    instance.ingest(BODIES, NOON, lambda: None)
    assert instance.changes.last == last


def test_a_batch_that_fails_leaves_no_line(instance) -> None:
    last = instance.changes.last

    def fail():
        with instance.whole():
            instance.log.append(NEXT[1:], NOON)
            instance.pipeline.process(instance.log.after(instance.cursor, 100))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert instance.changes.last == last
    instance.ingest(NEXT[:1], NOON, lambda: None)
    assert len(lines(instance, last)) == 1


def test_pruned_lines_are_gone_and_their_numbers_not_used_again(instance) -> None:
    last = instance.changes.last
    instance.changes.prune(last - 2)
    assert [line.seq for line in lines(instance)] == [last - 1, last]
    assert instance.changes.first == last - 1
    instance.changes.prune(last)
    assert (lines(instance), instance.changes.first, instance.changes.last) == ([], last + 1, last)
    instance.ingest(NEXT[:1], NOON, lambda: None)
    assert lines(instance)[0].seq == last + 1


def test_what_retention_removes_is_no_change(instance) -> None:
    last = instance.changes.last
    forgotten = instance.forget(Cutoffs(texts=NOON, documents=NOON - timedelta(days=10)))
    assert forgotten.documents
    assert instance.changes.last == last


def test_a_quiet_import_and_a_replay_of_a_period_are_quiet(instance) -> None:
    last = instance.changes.last
    instance.ingest(NEXT, NOON, lambda: None, quiet=True)
    imported = lines(instance, last)
    assert imported
    assert all(line.quiet for line in imported)
    with instance.whole():
        instance.database.connection.execute(
            "UPDATE articles SET document = CAST(json_set(CAST(document AS TEXT), '$.revision', 9) AS BLOB)"
        )
    last = instance.changes.last
    replay_since(instance, vocabulary({}), NOON - timedelta(days=999), write=True, progress=lambda *_: None)
    renewed = lines(instance, last)
    assert renewed
    assert all(line.quiet and not line.fresh for line in renewed)


def test_a_whole_replay_makes_another_store_of_it(instance) -> None:
    before = instance.changes.generation
    replay(instance, vocabulary({}), (), write=True, progress=lambda *_: None)
    assert instance.changes.generation != before
