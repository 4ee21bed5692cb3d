"""What ingest promises: each item counted once, nothing twice, the same whatever the order, kills survived."""

from __future__ import annotations

import gzip
import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from embedded_runs import (
    biowire,
    biowire_json,
    command,
    differences,
    documents,
    environment,
    wait_until_locked,
    world_items,
    write_items,
)

ITEMS = world_items(times=3)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("undisturbed")
    summary = biowire_json("ingest", str(write_items(home / "items.jsonl", ITEMS)), home=home)
    assert summary["entries"] == len(ITEMS) == sum(summary["outcomes"].values())
    return home


def test_every_item_ends_in_exactly_one_outcome(undisturbed: Path) -> None:
    sightings = [
        json.loads(line) for line in biowire("export", "--sightings", home=undisturbed).stdout.splitlines()
    ]
    assert len(sightings) == len(ITEMS)
    known = {document["id"] for document in documents(undisturbed)}
    assert {one["of"] for one in sightings if one["of"]} <= known
    status = biowire_json("status", home=undisturbed)
    assert sum(status["outcomes"].values()) == status["items"] == len(ITEMS)
    assert status["lag"] == 0
    assert status["documents"] == len(documents(undisturbed))


def test_a_second_ingest_adds_nothing(undisturbed: Path) -> None:
    before = documents(undisturbed)
    summary = biowire_json("ingest", str(undisturbed / "items.jsonl"), home=undisturbed)
    assert summary["outcomes"]["duplicate"] == summary["entries"] == len(ITEMS)
    packed = undisturbed / "again.jsonl.gz"
    packed.write_bytes(gzip.compress((undisturbed / "items.jsonl").read_bytes()))
    assert biowire_json("ingest", str(packed), home=undisturbed)["outcomes"]["duplicate"] == len(ITEMS)
    assert documents(undisturbed) == before


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffled_items_give_the_same_documents(undisturbed: Path, tmp_path: Path, seed: int) -> None:
    shuffled = random.Random(seed).sample(ITEMS, len(ITEMS))
    biowire("ingest", str(write_items(tmp_path / "items.jsonl", shuffled)), home=tmp_path)
    assert differences(documents(undisturbed), documents(tmp_path)) == []


@pytest.mark.slow
def test_killed_at_random_moments_and_resumed_it_ends_as_if_undisturbed(
    undisturbed: Path, tmp_path: Path
) -> None:
    items, chance = write_items(tmp_path / "items.jsonl", ITEMS), random.Random(7)
    for _ in range(4):
        with subprocess.Popen(
            command("ingest", str(items), "--home", str(tmp_path)),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            wait_until_locked(process, tmp_path)
            time.sleep(chance.uniform(0.0, 0.8))
            process.send_signal(signal.SIGKILL)
    biowire("ingest", str(items), home=tmp_path)
    assert differences(documents(undisturbed), documents(tmp_path)) == []


def test_replay_reports_no_change_when_nothing_changed(undisturbed: Path) -> None:
    report = biowire_json("replay", "--diff", home=undisturbed)
    assert (report["documents"], report["changed"], report["changes"]) == (len(documents(undisturbed)), 0, [])


def test_every_flag_quotes_the_text_at_its_offsets(undisturbed: Path) -> None:
    flags = [(one, flag) for one in documents(undisturbed) for flag in one["flags"]]
    assert len(flags) > 100
    for document, flag in flags:
        assert document[flag["field"]][flag["start"] : flag["end"]] == flag["surface"]


def test_items_that_are_none_are_counted_and_kept_as_dead_letters(tmp_path: Path) -> None:
    lines = b'{"title": "Good", "link": "https://a.example/1", "feed_url": "https://a.example/f"}\nnot json\n{"title": []}\n{"link": "https://a.example/2"}\n'
    (tmp_path / "items.jsonl").write_bytes(lines)
    summary = biowire_json("ingest", str(tmp_path / "items.jsonl"), home=tmp_path)
    assert {name: count for name, count in summary["outcomes"].items() if count} == {
        "new": 1,
        "skipped": 1,
        "failed": 2,
    }
    letters = [
        json.loads(line)
        for line in biowire("deadletters", "list", "--json", home=tmp_path).stdout.splitlines()
    ]
    assert len(letters) == 2
    shown = biowire_json("deadletters", "show", str(letters[0]["id"]), home=tmp_path)
    assert shown["body"] == "not json"
    assert biowire_json("deadletters", "retry", home=tmp_path)["outcomes"] == {"failed": 2}
