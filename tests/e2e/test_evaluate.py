"""`biowire evaluate` says how good the program is, on what ships and on files of one's own."""

from __future__ import annotations

import json
from pathlib import Path

from embedded_runs import biowire, biowire_json, world_items, write_items


def test_the_shipped_world_is_measured_without_any_file() -> None:
    result = biowire_json("evaluate")
    assert result["scores"]["flag.facial-recognition"]["f1"] >= 0.9
    assert result["near_duplicate"]["f1"] >= 0.95
    assert result["same_story"]["precision"] >= 0.95


def test_labelled_items_of_ones_own_are_counted_right_extra_and_missed(tmp_path: Path) -> None:
    labels = {"relevance": 2, "modalities": ["face"], "facial_recognition": 1}
    rows = [
        {"title": "Police trial facial recognition at the station", "text": "", "labels": labels},
        {"title": "A quiet day at the harbour", "text": "", "labels": labels},
    ]
    path = write_items(tmp_path / "labels.jsonl", rows)
    scores = biowire_json("evaluate", "--labels", str(path))["scores"]
    assert (scores["flag.facial-recognition"]["right"], scores["flag.facial-recognition"]["missed"]) == (1, 1)
    assert "domain" not in scores


def test_labelled_pairs_are_looked_up_in_the_store(tmp_path: Path) -> None:
    items = world_items()[:2]
    biowire("ingest", str(write_items(tmp_path / "items.jsonl", items)), home=tmp_path)
    pair = {"a": items[0], "b": items[1], "near_duplicate": 0, "same_story": 0}
    absent = {
        "a": items[0],
        "b": items[1] | {"link": "https://none.example/"},
        "near_duplicate": 0,
        "same_story": 0,
    }
    result = biowire_json(
        "evaluate", "--labels", str(write_items(tmp_path / "pairs.jsonl", [pair, absent])), home=tmp_path
    )
    assert (result["pairs"], result["pairs_not_in_store"]) == (1, 1)


def test_a_line_that_is_no_label_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text(json.dumps({"title": "x"}) + "\n")
    done = biowire("evaluate", "--labels", str(tmp_path / "labels.jsonl"), code=2)
    assert b"Line 1 of" in done.stderr
