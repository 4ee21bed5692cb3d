"""What the index keeps of an article is enough to decide and explain it again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from embedded_runs import world_items
from shared_data import shared

from connectors.normalize import item_from_fields
from connectors.publish.log import encode
from streams.core.analyze import analyze, explain
from streams.core.days import Node
from streams.core.dedup import seen
from streams.core.neighbours import explain_among
from streams.core.nodes import node_of
from streams.core.rebuild import article_of, flagged_of
from streams.core.records import Document
from streams.embedded import Instance
from streams.seeds_files import starter_feeds, vocabulary
from streams.settings import load

VOCABULARY = vocabulary(load({}, {}))


def the_world() -> list[dict[str, Any]]:
    return world_items(2)


def a_real_day() -> list[dict[str, Any]]:
    with gzip.open(shared("stream", "full_stream_2023-W32.jsonl.gz")) as lines:
        return [json.loads(line) for _, line in zip(range(500), lines, strict=False)]


@pytest.fixture(params=[the_world, a_real_day], ids=["the sample world", "real items"], scope="module")
def instance(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    home: Path = tmp_path_factory.mktemp("rebuild")
    with Instance(home / "biowire.db", VOCABULARY, starter_feeds()) as instance:
        bodies = [encode(item_from_fields(one)) for one in request.param()]
        instance.ingest(bodies, datetime(2026, 12, 1, tzinfo=UTC), lambda: None)
        yield instance


def documents(instance: Instance) -> list[Document]:
    return list(instance.index.scan())


def test_an_article_made_of_its_document_is_the_same_to_every_stage(instance: Instance) -> None:
    originals = {
        id_: instance.pipeline.standing(seen(sightings)) for id_, sightings in instance.seen.groups()
    }
    compared = 0
    for document in documents(instance):
        original = originals[document.id]
        assert original is not None
        again = analyze(original, VOCABULARY)
        rebuilt = flagged_of(document)
        assert (rebuilt.classified, rebuilt.flags) == (again.classified, again.flags)
        assert node_of(rebuilt).facts() == node_of(again).facts()
        assert explain(article_of(document), VOCABULARY) == explain(original, VOCABULARY)
        compared += 1
    assert compared > 50


def test_documents_explain_a_story_as_the_stage_that_built_it_does(instance: Instance) -> None:
    everything = documents(instance)
    stories = instance.pipeline._stories
    told = 0
    for document in everything[:: max(1, len(everything) // 25)]:
        near = [one for one in everything if one.language == document.language]
        found = explain_among(document.id, near)
        assert found == stories.explain(document.id)
        told += bool(found and found.same_event)
    assert told > 5


def test_an_article_that_is_not_among_the_documents_has_no_explanation(instance: Instance) -> None:
    assert explain_among("nobody", documents(instance)[:5]) is None


def test_keys_of_a_node_are_those_it_is_found_by(instance: Instance) -> None:
    node: Node = node_of(flagged_of(documents(instance)[0]))
    assert node.near_keys()
    assert len(node.near_keys()) * 4 == len(node.keys)
