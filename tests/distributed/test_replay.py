"""The log under another vocabulary: told without writing, and built beside the live index while items arrive.

The first items of the real week where it is present, else the sample world. `BIOWIRE_FULL=1`: the whole week.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from embedded_runs import biowire, command, differences, documents, environment, write_items

from streams.vocabulary.files import seeds_folder

from .harness import Cluster, timed, wait_for
from .test_parity import sample

pytestmark = [pytest.mark.servers, pytest.mark.slow]
FULL = bool(os.environ.get("BIOWIRE_FULL"))


@pytest.fixture
def other_words(tmp_path: Path) -> Path:
    """The shipped vocabulary without a watchlist, and with organisations that tell many stories apart."""
    folder = tmp_path / "words"
    for name in ("vocabulary", "watchlists"):
        shutil.copytree(seeds_folder() / name, folder / name)
    (folder / "watchlists" / "surveillance.toml").unlink()
    with (folder / "vocabulary" / "organisation.toml").open("a", encoding="utf-8") as file:
        for name in ("police", "government", "council"):
            file.write(
                f'\n[[term]]\nid = "the_{name}"\nlabel = "The {name}"\ndescription = "Of this test."\n'
                f'added = 2026-11-23\n\n[[term.pattern]]\nforms = ["{name}"]\n'
            )
    return folder


@pytest.fixture
def cluster(kafka: Any, elastic: Any, prefix: str, tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(kafka.url, elastic.url, tmp_path, prefix) as cluster:
        cluster.provision()
        cluster.workers(1)
        yield cluster


def caught_up(cluster: Cluster, timeout: float) -> None:
    wait_for(lambda: cluster.biowire_json("status")["lag"] == 0, timeout, "not caught up", pause=1.0)


class Flow:
    """Items that keep arriving, some at a time, until all are there."""

    def __init__(self, cluster: Cluster, items: list[dict[str, Any]], folder: Path) -> None:
        self._cluster, self._folder = cluster, folder
        self._parts = [
            items[at : at + len(items) // 8 + 1] for at in range(0, len(items), len(items) // 8 + 1)
        ]
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Flow:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _run(self) -> None:
        for at, part in enumerate(self._parts):
            self._cluster.biowire("ingest", str(write_items(self._folder / f"live-{at}.jsonl", part)))
            time.sleep(1.0)


def changes(report: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(report)
    told.pop("written")
    return told


def test_a_replay_under_other_words_loses_nothing_that_arrives_meanwhile(
    cluster: Cluster, other_words: Path, tmp_path: Path
) -> None:
    items = sample()
    first, later = items[: len(items) * 3 // 4], items[len(items) * 3 // 4 :]
    home, words = tmp_path / "embedded", ("--vocabulary", str(other_words))
    many = ("--limit", "100000", "--json")
    biowire("ingest", str(write_items(tmp_path / "first.jsonl", first)), home=home)
    cluster.biowire("ingest", str(tmp_path / "first.jsonl"))
    cluster.wait_until_drained(timeout=900 if FULL else 120)

    expected = changes(biowire("replay", *words, "--diff", *many, home=home).stdout)
    assert expected["changed"] > 0
    before = cluster.documents()
    with timed("replay --diff"):
        assert changes(cluster.biowire("replay", *words, "--diff", *many, timeout=900)) == expected
    assert cluster.documents() == before, "a diff writes nothing"

    with timed("replay while items arrive"), Flow(cluster, later, tmp_path):
        report = json.loads(cluster.biowire("replay", *words, *many, timeout=1800))
    assert report["written"]
    assert report["vocabulary"]["after"] == expected["vocabulary"]["after"]

    cluster.members["worker-1"].terminate()
    cluster.add("worker-2", "worker", settings={"BIOWIRE_VOCABULARY": str(other_words)})
    caught_up(cluster, 300)
    biowire("ingest", str(write_items(tmp_path / "later.jsonl", later)), home=home)
    done = changes(biowire("replay", *words, *many, home=home).stdout)
    assert differences(documents(home), cluster.documents()) == []
    assert len(cluster.sightings()) == len(biowire("export", "--sightings", home=home).stdout.splitlines())
    status = cluster.biowire_json("status")
    assert (status["versions"]["generation"], status["versions"]["building"]) == (2, None)
    assert status["dead_letters"] == 0

    back = changes(biowire("replay", "--diff", *many, home=home).stdout)
    assert changes(cluster.biowire("replay", "--diff", *many, timeout=900)) == back
    assert back["gained"] == done["lost"]
    assert json.loads(cluster.biowire("replay", "--drop-old", "--json")) == {"removed": [1]}
    assert differences(documents(home), cluster.documents()) == []


def test_a_replay_that_is_killed_goes_on_or_is_abandoned(
    cluster: Cluster, other_words: Path, tmp_path: Path
) -> None:
    cluster.biowire("ingest", str(write_items(tmp_path / "items.jsonl", sample()[:300])))
    cluster.wait_until_drained(timeout=120)
    before = cluster.documents()

    def kill_one(*arguments: str) -> None:
        running = subprocess.Popen(
            command("replay", *arguments), env=environment(**cluster.settings), start_new_session=True
        )
        wait_for(lambda: cluster.biowire_json("status")["versions"]["building"], 60, "nothing is built")
        children = psutil.Process(running.pid).children(recursive=True)
        running.kill()
        running.wait()
        wait_for(lambda: not any(one.is_running() for one in children), 30, "its workers go on")

    words = ("--vocabulary", str(other_words))
    kill_one(*words)
    assert cluster.documents() == before
    cluster.biowire("replay", code=2)  # other words than what is being built
    assert json.loads(cluster.biowire("replay", "--abandon", "--json")) == {"removed": [2]}
    cluster.biowire("replay", "--abandon", code=2)
    kill_one(*words)
    assert json.loads(cluster.biowire("replay", *words, "--json", timeout=300))["written"]
    status = cluster.biowire_json("status")
    assert status["versions"]["generation"] == 3, "no number is given twice"
    assert len(cluster.documents()) == len(before)
