"""A whole real week through the embedded mode: counted once, in any order, through kills, again under replay.

Shuffled and killed six times at once; `BIOWIRE_FULL=1` kills fifty times, in the order of the capture too.
"""

from __future__ import annotations

import gzip
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from embedded_runs import (
    biowire,
    biowire_json,
    command,
    differences,
    documents,
    environment,
    wait_until_locked,
)
from shared_data import shared

FULL = bool(os.environ.get("BIOWIRE_FULL"))
KILLS = 50 if FULL else 6
pytestmark = [pytest.mark.shared, pytest.mark.slow]


@pytest.fixture(scope="module")
def week() -> Path:
    return shared("stream", "full_stream_2023-W32.jsonl.gz")


@pytest.fixture(scope="module")
def ingested(week: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("week")
    summary = biowire_json("ingest", str(week), home=home)
    assert summary["entries"] == sum(summary["outcomes"].values()) == 15_198
    assert summary["outcomes"]["failed"] == 0
    return home


@pytest.fixture(scope="module")
def exported(ingested: Path) -> list[dict[str, Any]]:
    return documents(ingested)


def test_every_item_is_counted_once_and_a_second_ingest_adds_nothing(
    week: Path, ingested: Path, exported: list[dict[str, Any]]
) -> None:
    sightings = biowire("export", "--sightings", home=ingested).stdout.splitlines()
    assert len(sightings) == 15_198
    again = biowire_json("ingest", str(week), home=ingested)
    assert again["outcomes"]["duplicate"] == again["entries"] == 15_198
    assert len(documents(ingested)) == len(exported)


def test_all_flags_quote_the_text_at_their_offsets(exported: list[dict[str, Any]]) -> None:
    flags = [(document, flag) for document in exported for flag in document["flags"]]
    assert len(flags) > 500
    wrong = [
        flag
        for document, flag in flags
        if document[flag["field"]][flag["start"] : flag["end"]] != flag["surface"]
    ]
    assert wrong == []


def quotes(document: dict[str, Any], one: dict[str, Any]) -> bool:
    return bool(document[one["field"]][one["start"] : one["end"]] == one["surface"])


def test_explain_gives_reasons_that_a_person_can_check(
    ingested: Path, exported: list[dict[str, Any]]
) -> None:
    by_id = {document["id"]: document for document in exported}

    def explained(document: dict[str, Any]) -> dict[str, Any]:
        return dict(biowire_json("explain", document["id"], home=ingested))

    duplicate = next(one for one in exported if one["sightings"] > 1)
    seen = explained(duplicate)["dedup"]["sightings"]
    assert len(seen) > 1
    assert sum(one["speaks"] for one in seen) == 1
    assert all(one["reason"] and one["url"] and one["feed_url"] for one in seen)

    copy = next(one for one in exported if one["dedup"]["outcome"] == "near_duplicate")
    story = explained(copy)["story"]
    named = story["near_duplicate"]
    assert named["of"] in by_id
    assert f"{named['similarity']:.0%}" in named["reason"]
    assert named["of"] in {one["of"] for one in story["candidates"]["near_duplicates"] if one["passed"]}

    flagged = next(one for one in exported if one["flags"])
    told = explained(flagged)
    assert told["flag"]["flags"] == flagged["flags"]
    assert told["classify"]["reasons"]
    reasons = [*told["classify"]["reasons"], *told["flag"]["flags"]]
    assert all(quotes(flagged, one) for one in reasons)

    kept, silent = [], []
    for unflagged in (one for one in exported[:50] if not one["flags"]):
        told = explained(unflagged)["flag"]
        assert told["flags"] == []
        assert unflagged["vocabulary_version"] in told["terms_searched"]
        assert all(quotes(unflagged, one) and one["why"] for one in told["not_flagged"])
        (kept if told["not_flagged"] else silent).append(unflagged["id"])
        if kept and silent:
            break
    assert kept, "none has a word of a list that did not count"
    assert silent, "none is without any"


def shuffled(week: Path, folder: Path) -> Path:
    lines = gzip.decompress(week.read_bytes()).splitlines(keepends=True)
    random.Random(32).shuffle(lines)
    path = folder / "shuffled.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(lines), compresslevel=1))
    return path


def lines_done(home: Path) -> int:
    """How far the import has come."""
    connection = sqlite3.connect(f"file:{home / 'biowire.db'}?mode=ro", uri=True)
    try:
        row = connection.execute("SELECT lines FROM imports").fetchone()
    except sqlite3.OperationalError:  # killed before the tables were made
        return 0
    finally:
        connection.close()
    return int(row[0]) if row else 0


@pytest.mark.parametrize("order", ["as captured", "shuffled"] if FULL else ["shuffled"])
def test_in_any_order_and_killed_at_random_moments_the_week_ends_as_if_undisturbed(
    week: Path, exported: list[dict[str, Any]], tmp_path: Path, order: str
) -> None:
    given = shuffled(week, tmp_path) if order == "shuffled" else week
    chance, longest, killed, done = random.Random(50), 2.0, 0, 0
    while killed < KILLS or not done:
        with subprocess.Popen(
            command("ingest", str(given), "--home", str(tmp_path)),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            wait_until_locked(process, tmp_path)
            time.sleep(chance.uniform(0.0, longest))
            process.send_signal(signal.SIGKILL)
        killed += 1
        before, done = done, lines_done(tmp_path)
        # Later kills after none that got anywhere, sooner ones after progress: all of them fall in the work.
        longest = longest / 2 if done > before else min(longest * 1.2, 20.0)
    print(f"{killed} kills, {done} lines done")
    assert done < 15_198
    biowire("ingest", str(given), home=tmp_path)
    assert differences(exported, documents(tmp_path)) == []


def test_replay_of_the_week_reports_no_change(ingested: Path, exported: list[dict[str, Any]]) -> None:
    report = biowire_json("replay", "--diff", home=ingested)
    assert (report["documents"], report["changed"]) == (len(exported), 0)
