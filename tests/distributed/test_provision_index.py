"""`biowire provision` on a real Elasticsearch: templates, the first indices and aliases; foreign ones are left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from embedded_runs import environment, finished
from servers import Elasticsearch as Node

from connectors.errors import NotYet
from streams.provision.index import apply, live, plan
from streams.sinks.elasticsearch import generations
from streams.sinks.elasticsearch.ready import ready
from streams.sinks.elasticsearch.settings import Index, index_of
from streams.sinks.elasticsearch.templates import names

pytestmark = pytest.mark.servers


@pytest.fixture
def index(elastic: Node, prefix: str) -> Iterator[Index]:
    index = index_of({"index": elastic.url, "index_prefix": f"{prefix}-"})
    assert index is not None
    yield index
    with index.client() as client:
        quiet = client.options(ignore_status=404)
        for name in client.indices.get(index=f"{prefix}*", ignore_unavailable=True):
            quiet.indices.delete(index=name)
        for name in names(index):
            quiet.indices.delete_index_template(name=name)


def kinds(index: Index) -> list[tuple[str, str]]:
    return [(one.kind, one.name.removeprefix(index.prefix)) for one in plan(index, [1], 1)]


def test_the_first_run_makes_everything_and_the_second_finds_nothing_to_do(index: Index) -> None:
    assert {kind for kind, _ in kinds(index)} == {"create"}
    apply(index, [1], 1)
    assert kinds(index) == []
    assert live(index) == 1
    with index.client() as client:
        assert client.count(index=index.articles)["count"] == 0


def test_the_command_provisions_an_index_without_a_broker(index: Index) -> None:

    def run(*arguments: str) -> Any:
        line = ["provision", "--index", index.url, "--json", *arguments]
        done = finished(line, environment(BIOWIRE_INDEX_PREFIX=index.prefix), within=60)
        return done.returncode, json.loads(done.stdout)

    code, first = run("--check")
    assert (code, first["applied"]) == (1, False)
    assert run("--yes")[1]["applied"] is True
    assert run("--check") == (0, {"changes": [], "applied": False})


def test_an_installation_from_before_an_index_is_told_to_be_provisioned_and_then_has_it(index: Index) -> None:
    apply(index, [1], 1)
    with index.client() as client:
        client.indices.delete(index=[index.feeds_index, index.dead_letters_index])
        for name in (index.feeds, index.dead_letters):
            client.indices.delete_index_template(name=name)
    with pytest.raises(NotYet, match=r"no index template \S+deadletters.* Run `biowire provision`"):
        ready(index)
    assert kinds(index) == [
        ("create", "feeds"),
        ("create", "deadletters"),
        ("create", "feeds-v1"),
        ("create", "deadletters-v1"),
    ]
    apply(index, [1], 1)
    ready(index)
    assert kinds(index) == []


def test_a_template_that_somebody_changed_is_shown_and_put_back(index: Index) -> None:
    apply(index, [1], 1)
    with index.client() as client:
        client.indices.put_index_template(
            name=index.stories, index_patterns=[f"{index.stories}-g*"], priority=7
        )
    assert kinds(index) == [("change", "stories")]
    apply(index, [1], 1)
    assert kinds(index) == []


def test_copies_asked_for_later_change_the_templates(index: Index, elastic: Node) -> None:
    apply(index, [1], 1)
    more = index_of({"index": elastic.url, "index_prefix": index.prefix, "index_replicas": 1})
    assert more is not None
    assert {kind for kind, _ in kinds(more)} == {"change"}


def test_an_index_that_is_not_ours_is_refused_and_nothing_is_changed(index: Index) -> None:
    with index.client() as client:
        client.indices.create(index=index.stories_of(1), mappings={"properties": {"id": {"type": "integer"}}})
    assert kinds(index) == [("refused", "stories-g1")]


def test_an_index_of_another_version_is_told_of_and_does_not_stop_provisioning(index: Index) -> None:
    with index.client() as client:
        client.indices.create(index=index.stories_of(1), mappings={"_meta": {"biowire": 999}})
    found = kinds(index)
    assert found[0] == ("foreign", "stories-g1")
    assert ("create", "articles") in found


def test_the_next_generation_is_made_beside_the_live_one(index: Index) -> None:
    apply(index, [1], 1)
    assert {one.name for one in plan(index, [1, 2], 1)} == {
        index.stories_of(2),
        index.sightings_of(2),
        index.articles_of(2, generations.FIRST_MONTH),
    }
    apply(index, [1, 2], 1)
    assert live(index) == 1
    with index.client() as client:
        generations.swap(client, index, 2)
    assert live(index) == 2
    assert plan(index, [2], 2) == []


def test_old_months_are_named_before_they_leave_and_the_rest_stays(index: Index) -> None:
    now, keep = datetime(2026, 11, 20, tzinfo=UTC), timedelta(days=365)
    apply(index, [1], 1)
    with index.client() as client:
        for month in ("2020-01", "2025-10", "2025-11", "2026-10"):
            client.indices.create(index=index.articles_of(1, month))
    found = plan(index, [1], 1, keep, now)
    assert [(one.kind, one.name[-7:]) for one in found] == [
        ("note", "rticles"),
        ("change", "2020.01"),
        ("change", "2025.10"),
    ]
    apply(index, [1], 1, keep, now)
    assert [one.kind for one in plan(index, [1], 1, keep, now)] == ["note"]
    with index.client() as client:
        assert client.indices.exists(index=index.articles_of(1, "2025-11"))
        assert not client.indices.exists(index=index.articles_of(1, "2025-10"))
