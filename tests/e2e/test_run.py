"""`biowire run` on a feed of one's own: once, again, and until told to stop."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from embedded_runs import biowire, biowire_json, command, documents, environment, wait_until_locked

ITEM = "<item><title>Council weighs face recognition at gate {n}</title><link>https://ledger.example/{n}</link><guid>{n}</guid><pubDate>Fri, 20 Nov 2026 10:0{n}:00 GMT</pubDate><description>The council will vote on a trial.</description></item>"


class Feed(BaseHTTPRequestHandler):
    """An RSS feed whose entries are the server's `count`."""

    def do_GET(self) -> None:
        body = (
            '<rss version="2.0"><channel><title>Ledger</title><link>https://ledger.example/</link>'
            + "".join(ITEM.format(n=n) for n in range(self.server.count))  # type: ignore[attr-defined]
            + "</channel></rss>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def feed() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Feed) as server:
        server.count = 3  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def options(feed: ThreadingHTTPServer, tmp_path: Path) -> list[str]:
    """Settings that allow the feed's port and fetch no article pages, and a list with the feed."""
    (tmp_path / "s.toml").write_text(
        f'fetch_allow = ["127.0.0.1:{feed.server_port}"]\nfetch_pages = false\nfetch_host_delay = 0.0\n'
    )
    (tmp_path / "list.opml").write_text(
        f'<opml version="2.0"><body><outline text="Ledger" type="rss" country="GB" kind="press" '
        f'xmlUrl="http://127.0.0.1:{feed.server_port}/feed"/></body></opml>'
    )
    return ["--config", str(tmp_path / "s.toml"), "--feeds", str(tmp_path / "list.opml")]


def test_a_feed_is_read_once_and_not_again_before_its_time(options: list[str], tmp_path: Path) -> None:
    first = biowire_json("run", "--once", *options, home=tmp_path)
    assert (first["entries"], first["outcomes"]["new"], first["feeds"]["fetched"]) == (3, 3, 1)
    again = biowire_json("run", "--once", *options, home=tmp_path)
    assert (again["entries"], again["feeds"]["fetched"]) == (0, 0)
    found = documents(tmp_path)
    assert {document["watchlists"][0] for document in found} == {"facial-recognition"}
    assert {(document["source"]["name"], document["source"]["country"]) for document in found} == {
        ("Ledger", "GB")
    }


def test_feed_state_survives_and_health_is_told(options: list[str], tmp_path: Path) -> None:
    biowire("run", "--once", *options, home=tmp_path)
    (listed,) = [
        json.loads(line) for line in biowire("feeds", "list", "--json", home=tmp_path).stdout.splitlines()
    ]
    assert "Ledger" in json.dumps(listed)
    status = biowire_json("status", home=tmp_path)
    assert (status["feeds"]["total"], status["feeds"]["well"], status["lag"]) == (1, 1, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_continuous_monitoring_is_quiet_in_a_pipe_and_stops_when_told(
    options: list[str], tmp_path: Path, number: signal.Signals
) -> None:
    line = command("run", "--json", "--home", str(tmp_path), *options)
    with subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_until_locked(process, tmp_path)
        for _ in range(60):
            time.sleep(0.5)
            if len(documents(tmp_path)) == 3:
                break
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert json.loads(out)["documents"] == 3
