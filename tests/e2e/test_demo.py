"""The first thing a newcomer runs: the whole path over real HTTP, offline, and it adds up."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedded_runs import biowire, biowire_json, command, documents, environment, finished
from shared_data import ROOT

from dashboards.cli import biowire as cli
from seeds.world import load


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    home = tmp_path_factory.mktemp("demo")
    summary = biowire_json("demo", "--once", "--port", str(free_port()), home=home)
    return home / "demo", summary


def test_every_entry_fetched_ends_in_exactly_one_outcome(demo: tuple[Path, dict[str, object]]) -> None:
    _, summary = demo
    assert isinstance(summary["outcomes"], dict)
    assert summary["entries"] == sum(summary["outcomes"].values())
    assert all(summary["outcomes"][outcome] for outcome in ("new", "duplicate", "near_duplicate", "revision"))
    assert summary["outcomes"]["failed"] == 0


def test_every_kind_of_answer_was_met_and_told_apart(demo: tuple[Path, dict[str, object]]) -> None:
    home, summary = demo
    assert isinstance(summary["feeds"], dict)
    assert all(
        summary["feeds"][outcome] for outcome in ("fetched", "not_modified", "empty", "failed", "retired")
    )
    listed = [json.loads(line) for line in biowire("feeds", "list", "--json", home=home).stdout.splitlines()]
    reasons = " ".join(str(feed) for feed in listed)
    for words in ("404", "410", "500", "circle", "HTML page"):
        assert words in reasons


def test_every_sample_subscription_raised_just_what_its_test_says(
    demo: tuple[Path, dict[str, object]],
) -> None:
    home, summary = demo
    samples = sorted(path.stem for path in (ROOT / "seeds" / "subscriptions").glob("*.toml"))
    assert len(samples) >= 3
    assert isinstance(summary["alerts"], dict)
    for sample in samples:
        raised = printed(home, "alerts", "list", "--subscription", sample, "--limit", "1000")
        (tried,) = printed(home, "subscriptions", "test", sample)
        assert {one["id"] for one in raised if not one["withdrawn"]} == {one["id"] for one in tried["alerts"]}
        assert summary["alerts"][sample] == len(tried["alerts"]) > 0


def printed(home: Path, *arguments: str) -> list[dict[str, object]]:
    done = CliRunner().invoke(cli, ["--home", str(home), *arguments, "--json"])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_articles_of_the_world_are_found_with_their_languages_and_flags(
    demo: tuple[Path, dict[str, object]],
) -> None:
    home, _ = demo
    found = documents(home)
    assert len(found) >= 300
    assert len({document["language"] for document in found} - {"und"}) >= 8
    flagged = {watchlist for document in found for watchlist in document["watchlists"]}
    assert {"facial-recognition", "detention", "surveillance"} <= flagged
    for document in found:
        for flag in document["flags"]:
            assert document[flag["field"]][flag["start"] : flag["end"]] == flag["surface"]


def test_reports_of_one_event_are_one_story_and_copies_name_their_original(
    demo: tuple[Path, dict[str, object]],
) -> None:
    found = {
        document["url"].split("/", 3)[3].split("?")[0].strip("/"): document
        for document in documents(demo[0])
        if document["url"]
    }
    copies = 0
    for article in load().articles.values():
        if article.copy_of and (copy := found.get(article.path.strip("/"))):
            copies += copy["dedup"]["outcome"] == "near_duplicate" or any(
                other["dedup"]["of"] == copy["id"] for other in found.values()
            )
    assert copies >= 20


def test_words_in_the_boilerplate_of_a_page_do_not_flag_its_article(
    demo: tuple[Path, dict[str, object]],
) -> None:
    for document in documents(demo[0]):
        assert "most read" not in document["text"].lower()


def test_search_and_explain_work_on_what_the_demo_left(demo: tuple[Path, dict[str, object]]) -> None:
    home, _ = demo
    hits = [
        json.loads(line)
        for line in biowire(
            "search", "flag:facial-recognition", "--limit", "5", "--json", home=home
        ).stdout.splitlines()
    ]
    assert len(hits) == 5
    trace = biowire_json("explain", hits[0]["id"], home=home)
    assert trace["flag"]["flags"]
    assert trace["dedup"]["sightings"][0]["outcome"]


def test_the_demo_never_touches_the_users_own_store(tmp_path: Path) -> None:
    (tmp_path / "biowire.db").write_bytes(b"mine")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "notes.txt").write_text("mine, too")
    done = biowire("demo", "--once", "--port", str(free_port()), home=tmp_path, code=2)
    assert b"is not the demo's" in done.stderr
    assert (tmp_path / "biowire.db").read_bytes() == b"mine"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_the_live_demo_stops_cleanly_when_told(tmp_path: Path, number: signal.Signals) -> None:
    line = command("demo", "--port", str(free_port()), "--json", "--home", str(tmp_path))
    with subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.5)
            status = finished(["status", "--json", "--home", str(tmp_path / "demo")], environment())
            if status.returncode == 0 and json.loads(status.stdout)["documents"] > 100:
                break
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err.decode()
    assert json.loads(out)["documents"] > 100
    assert err == b""
