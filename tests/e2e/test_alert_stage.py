"""Alerts of an embedded instance: the same in whatever order, edits live, imports and replays kept quiet."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from alert_runs import kept, of_every_kind, raised, standing, worked
from alerts import a_subscription
from builders import NOON
from embedded_runs import biowire, biowire_json, command, environment, world_items, write_items

from connectors.errors import StoreError
from streams.alerting.embedded import AlertStage
from streams.core.alerts.records import KINDS
from streams.embedded import Instance
from streams.seeds_files import vocabulary
from streams.subscriptions.memory import MemorySubscriptions

ITEMS = world_items()
SUBSCRIPTION = 'name = "Cameras"\nquery = "camera OR face"\n'


@pytest.fixture(scope="module")
def in_order(tmp_path_factory) -> Path:
    items = sorted(ITEMS, key=lambda item: item["published"])
    return worked(tmp_path_factory.mktemp("in-order"), items, of_every_kind(), 1000)


@pytest.mark.parametrize(("seed", "size"), [(1, 60), (2, 400)], ids=["small-batches", "large-batches"])
def test_the_order_of_arrival_does_not_change_which_alerts_stand(in_order, tmp_path, seed, size) -> None:
    shuffled = random.Random(seed).sample(ITEMS, len(ITEMS))
    one, other = raised(in_order), raised(worked(tmp_path, shuffled, of_every_kind(), size))
    assert standing(one) == standing(other)
    assert {alert.kind for alert in standing(one).values()} == set(KINDS)
    assert any(alert.withdrawn for alert in other)
    assert len({alert.alert.id for alert in other}) == len(other)


def subscribed(home: Path) -> Path:
    """A home where somebody wants to know of cameras."""
    (home / "subscriptions").mkdir(parents=True)
    (home / "subscriptions" / "cameras.toml").write_text(SUBSCRIPTION)
    return home


def test_an_import_tells_unless_asked_not_to_and_a_replay_never_does(tmp_path: Path) -> None:
    home = subscribed(tmp_path / "home")
    first, second, third = (
        str(write_items(tmp_path / f"{number}.jsonl", ITEMS[number::3])) for number in range(3)
    )
    assert biowire_json("ingest", first, home=home)["alerts"]["cameras"] > 20
    told = [one.first or one.alert for one in raised(home)]
    biowire("ingest", second, "--no-alerts", home=home)
    biowire("replay", home=home)
    biowire("ingest", second, home=home)
    assert [one.first or one.alert for one in raised(home)] == told
    summary = biowire_json("ingest", third, home=home)
    new = raised(home)[len(told) :]
    assert len(new) > 10
    assert {one.alert.key for one in new}.isdisjoint(alert.key for alert in told)
    assert biowire_json("status", home=home)["alerts"] == summary["alerts"]


def test_what_comes_while_a_subscription_is_taken_up_is_told_when_it_is(tmp_path: Path) -> None:
    bodies = [json.dumps(item).encode() for item in ITEMS]
    subscriptions = MemorySubscriptions([a_subscription("other", "nothing-of-the-kind")])
    with (
        Instance(tmp_path / "biowire.db", vocabulary({})) as instance,
        AlertStage(instance, subscriptions) as stage,
    ):
        stage.step(NOON, 0.0)
        instance.ingest(bodies[:-50], NOON, lambda: None)
        stage.step(NOON, 0.0)
        subscriptions.save(a_subscription("all", "*"), "me", NOON)
        stage.step(NOON, 0.0)
        instance.ingest(bodies[-50:], NOON, lambda: None)
        assert stage.step(NOON, 0.0) == 0
        before = {hit.id for hit in instance.index.scan()}
        for _ in range(1000):
            stage.step(NOON, 0.0)
            if stage.counts().get("all"):
                break
        instance.ingest(bodies, NOON, lambda: None)
        assert stage.step(NOON) == 0
        assert 0 < stage.counts()["all"] <= 50
        assert {one.alert.key for one in raised(tmp_path)} <= before


def test_on_a_full_disk_nothing_is_lost_and_nothing_told_twice(in_order, tmp_path: Path) -> None:
    bodies = [json.dumps(item).encode() for item in ITEMS]
    with (
        Instance(tmp_path / "biowire.db", vocabulary({})) as instance,
        AlertStage(instance, of_every_kind()) as stage,
    ):
        stage.step(NOON)
        instance.ingest(bodies, NOON, lambda: None)
        ask = stage.database.connection.execute
        pages = ask("PRAGMA page_count").fetchone()[0]
        ask(f"PRAGMA max_page_count = {pages + 3}")  # as on a disk with that much room
        with pytest.raises(StoreError, match="make room or mend the disk"):
            stage.step(NOON)
        ask("PRAGMA max_page_count = 1000000")
        stage.step(NOON)
    assert standing(raised(tmp_path)) == standing(raised(in_order))


class HeldBack(BaseHTTPRequestHandler):
    """A feed that answers when it is let go."""

    def do_GET(self) -> None:
        self.server.asked.set()  # type: ignore[attr-defined]
        self.server.let_go.wait(15)  # type: ignore[attr-defined]
        body = (
            b'<rss version="2.0"><channel><title>Ledger</title><item><title>Camera at the gate</title>'
            b"<link>https://ledger.example/1</link><guid>1</guid></item></channel></rss>"
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def feed() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), HeldBack) as server:
        server.asked, server.let_go = threading.Event(), threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.let_go.set()  # type: ignore[attr-defined]
        server.shutdown()


def followed(home: Path) -> bool:
    with kept(home) as store:
        return "cameras" in store.followed()


def wait_for(what: Callable[[], bool], seconds: float = 60.0) -> float:
    """The seconds until it holds."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() < began + seconds
        time.sleep(0.1)
    return time.monotonic() - began


def test_a_subscription_added_while_run_goes_on_is_worked_at_once(feed, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "s.toml").write_text(
        f'fetch_allow = ["127.0.0.1:{feed.server_port}"]\nfetch_pages = false\nfetch_first_byte_timeout = 60.0\n'
    )
    (tmp_path / "list.opml").write_text(
        f'<opml version="2.0"><body><outline type="rss" xmlUrl="http://127.0.0.1:{feed.server_port}/feed"/>'
        "</body></opml>"
    )
    line = command("run", "--no-web", "--config", str(tmp_path / "s.toml"), "--home", str(home))
    with subprocess.Popen(
        [*line, "--feeds", str(tmp_path / "list.opml")],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert feed.asked.wait(60)
        subscribed(home)
        print(f"taken up after {wait_for(lambda: followed(home)):.1f} s")
        feed.let_go.set()
        wait_for(lambda: bool(raised(home)))
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert [one.alert.subscription for one in raised(home)] == ["cameras"]
