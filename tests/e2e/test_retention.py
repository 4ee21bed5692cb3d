"""What retention lets go is gone, the rest stays true, and nothing breaks over what is missing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOON, at
from embedded_runs import world_items

from connectors.errors import UserError
from streams.core.query_parse import parse
from streams.embedded import Instance
from streams.replay import replay, replay_since
from streams.retention import Cutoffs, cutoffs
from streams.vocabulary.files import load_vocabulary

BODIES = [json.dumps(item).encode() for item in world_items()[:60]]


@pytest.fixture(scope="module")
def vocabulary() -> object:
    return load_vocabulary()


@pytest.fixture
def instance(tmp_path: Path, vocabulary) -> Instance:  # type: ignore[no-untyped-def]
    with Instance(tmp_path / "biowire.db", vocabulary) as instance:
        instance.ingest(BODIES, NOON, lambda: None)
        yield instance


def test_nothing_is_forgotten_by_default(instance: Instance) -> None:
    before = list(instance.index.scan())
    instance.forget(cutoffs({}, NOON + timedelta(days=10_000)))
    assert list(instance.index.scan()) == before


def test_texts_go_and_flags_keep_their_words(instance: Instance) -> None:
    before = {document.id: document for document in instance.index.scan()}
    instance.forget(Cutoffs(texts=at(1)))
    for document in instance.index.scan():
        assert document.text == ""
        assert document.flags == before[document.id].flags
    assert instance.index.count(parse("flag:facial-recognition"))


def test_a_new_sighting_of_an_article_whose_item_is_gone_changes_nothing(instance: Instance) -> None:
    before = list(instance.index.scan())
    instance.forget(Cutoffs(items=at(1)))
    again = json.loads(BODIES[0]) | {"summary_html": "", "content_html": "<p>Short.</p>"}
    tally = instance.ingest([json.dumps(again).encode()], at(2), lambda: None)
    assert tally == {"revision": 1}
    assert list(instance.index.scan()) == before


def test_a_whole_replay_is_refused_when_items_are_gone_and_one_since_a_date_is_not(
    instance: Instance, vocabulary
) -> None:  # type: ignore[no-untyped-def]
    instance.forget(Cutoffs(items=at(1)))
    with pytest.raises(UserError, match="--since"):
        replay(instance, vocabulary, (), write=False, progress=lambda *_: None)
    report = replay_since(
        instance, vocabulary, NOON - timedelta(days=400), write=True, progress=lambda *_: None
    )
    assert report.changes == ()
