"""A whole real week through the embedded mode: counted once, in any order, through kills, again under replay.

`BIOWIRE_FULL=1` kills fifty times instead of six.
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

KILLS = 50 if os.environ.get("BIOWIRE_FULL") else 6
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


def test_the_shuffled_week_gives_the_same_documents(
    week: Path, exported: list[dict[str, Any]], tmp_path: Path
) -> None:
    lines = gzip.decompress(week.read_bytes()).splitlines(keepends=True)
    random.Random(32).shuffle(lines)
    (tmp_path / "shuffled.jsonl").write_bytes(b"".join(lines))
    biowire("ingest", str(tmp_path / "shuffled.jsonl"), home=tmp_path)
    assert differences(exported, documents(tmp_path)) == []


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


def test_kills_at_random_moments_leave_the_week_as_if_undisturbed(
    week: Path, exported: list[dict[str, Any]], tmp_path: Path
) -> None:
    chance, longest, killed, done = random.Random(50), 2.0, 0, 0
    while killed < KILLS or not done:
        with subprocess.Popen(
            command("ingest", str(week), "--home", str(tmp_path)),
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
    biowire("ingest", str(week), home=tmp_path)
    assert differences(exported, documents(tmp_path)) == []


def test_replay_of_the_week_reports_no_change(ingested: Path, exported: list[dict[str, Any]]) -> None:
    report = biowire_json("replay", "--diff", home=ingested)
    assert (report["documents"], report["changed"]) == (len(exported), 0)
