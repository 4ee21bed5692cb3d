"""The same items through one process and one file, and through Kafka, Faust and Elasticsearch: the same documents.

The first items of the real week where it is present, else the sample world. `BIOWIRE_FULL=1`: the whole week.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from embedded_runs import biowire, biowire_json, differences, documents, world_items, write_items
from shared_data import shared_root

from .harness import Cluster, timed

pytestmark = [pytest.mark.servers, pytest.mark.slow]
FULL = bool(os.environ.get("BIOWIRE_FULL"))
WEEK = shared_root() / "data" / "stream" / "full_stream_2023-W32.jsonl.gz"


def whole() -> list[dict[str, Any]]:
    """The real week, or the sample world."""
    if not WEEK.exists():
        return world_items(2)
    with gzip.open(WEEK) as lines:
        return [json.loads(line) for line in lines]


def sample() -> list[dict[str, Any]]:
    """The first of them."""
    return whole() if FULL or not WEEK.exists() else whole()[:1_500]


def shuffled_within_days(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """In another order, each day on its own."""
    chance = random.Random(32)
    found = []
    for _, day in groupby(items, key=lambda one: one.get("capture_day", str(one.get("published"))[:10])):
        some = list(day)
        chance.shuffle(some)
        found += some
    return found


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    return sample()


@pytest.fixture(scope="module")
def embedded(items: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("embedded")
    with timed(f"{len(items)} items, embedded"):
        biowire("ingest", str(write_items(home / "items.jsonl", items)), home=home)
    return home


@pytest.mark.parametrize(
    ("workers", "shuffled"),
    [
        pytest.param(1, False, id="one worker, in order"),
        pytest.param(3, True, id="three workers, shuffled within each day"),
        *([pytest.param(3, False, id="three workers, in order")] if FULL else ()),
    ],
)
def test_documents_are_the_same_as_embedded_mode_makes_them(
    kafka: Any,
    elastic: Any,
    prefix: str,
    items: list[dict[str, Any]],
    embedded: Path,
    tmp_path: Path,
    workers: int,
    shuffled: bool,
) -> None:
    given = shuffled_within_days(items) if shuffled else items
    with Cluster(kafka.url, elastic.url, tmp_path, prefix) as cluster:
        cluster.provision()
        cluster.workers(workers)
        with timed(f"{len(items)} items, {workers} worker(s)"):
            cluster.biowire("ingest", str(write_items(tmp_path / "items.jsonl", given)))
            cluster.wait_until_drained(timeout=1200 if FULL else 90)
        made = cluster.documents()
        assert differences(documents(embedded), made) == []
        indexed = cluster.ids_by_index()
        assert sorted(id_ for _, id_ in indexed) == sorted(one["id"] for one in made)
        stories = [id_ for _, id_ in cluster.ids_by_index("stories")]
        assert sorted(stories) == sorted({one["story_id"] for one in made})
        assert cluster.dead_letters() == []
        assert sightings(cluster.sightings()) == sightings(embedded_sightings(embedded))
        status, reference = cluster.biowire_json("status"), biowire_json("status", home=embedded)
        assert (status["documents"], status["stories"]) == (reference["documents"], reference["stories"])
        print(f"RSS at most, MB: {cluster.memory()}")


def embedded_sightings(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in biowire("export", "--sightings", home=home).stdout.splitlines()]


def sightings(given: list[dict[str, Any]]) -> list[str]:
    """One line for each item that came in, without what follows from the order of arrival."""
    kept = ("id", "url", "story_id")
    return sorted(
        json.dumps({name: one.get(name) for name in kept}, ensure_ascii=False, sort_keys=True)
        for one in given
    )
