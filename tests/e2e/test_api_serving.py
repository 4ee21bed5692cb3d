"""The HTTP API as people start it: `serve` by itself, `run` beside its work; started, asked, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_world import API, FEEDS, a_token, fill, printed, served, settings
from embedded_runs import command, environment

from connectors.console import Context
from connectors.errors import UserError
from dashboards.server import listen


def ask(url: str, path: str, **given: Any) -> Any:
    answer = httpx.request(given.pop("method", "GET"), url + path, timeout=60, **given)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_an_instance_is_searched_and_subscribed_to_over_http(tmp_path: Path) -> None:
    fill(tmp_path, 9)
    with served(tmp_path) as server:
        found = ask(server.url, f"{API}/documents", params={"query": "*", "limit": 5})
        assert found["total"] >= len(found["documents"]) > 0
        (token,) = printed(tmp_path, "tokens", "add", "desk", "--scope", "write")
        assert [one["name"] for one in printed(tmp_path, "tokens", "list")] == ["desk"]
        headers = {"Authorization": f"Bearer {token['token']}"}
        assert httpx.get(f"{server.url}{API}/status").status_code == 401  # from now on
        made = ask(
            server.url,
            f"{API}/subscriptions",
            method="POST",
            json={"name": "Gates", "query": "face"},
            headers=headers,
        )
        assert printed(tmp_path, "subscriptions", "list") == [made]
        assert printed(tmp_path, "tokens", "remove", "desk") == [{"removed": "desk"}]
        assert httpx.get(f"{server.url}{API}/status", headers=headers).status_code == 401


async def test_answers_to_a_kept_connection_leave_at_once(tmp_path: Path) -> None:
    """Nagle's algorithm would hold the body back until the head is acknowledged: 40 ms for every page."""
    came: asyncio.Queue[int] = asyncio.Queue()

    def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.put_nowait(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    place = listen(Context(home=tmp_path, settings={}), "127.0.0.1", 0)
    async with await asyncio.start_server(look, sock=place.listening):
        _, writer = await asyncio.open_connection("127.0.0.1", place.port)
        assert await came.get() == 1
        writer.close()


def test_it_is_quiet_in_a_pipe_and_stops_within_five_seconds(tmp_path: Path) -> None:
    fill(tmp_path, 5)
    line = command("serve", "--port", "0", "--json", "--home", str(tmp_path))
    with subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())
        with (
            httpx.Client(base_url=where["url"]) as client,
            socket.create_connection(("127.0.0.1", where["port"])) as half,
        ):
            client.get(f"{API}/documents")  # a connection kept alive, and one that never says anything
            half.sendall(b"GET / HTTP/1.1\r\n")
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
            seconds = time.monotonic() - begun
    assert (process.returncode, out, err) == (0, b"", b"")
    assert seconds < 5


def test_a_port_that_is_taken_is_refused_when_asked_for_and_passed_over_when_not(tmp_path: Path) -> None:
    context = Context(home=tmp_path, settings=settings())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"127.0.0.1:{port} cannot be served on"):
            listen(context, "127.0.0.1", port)
        place = listen(context, "127.0.0.1", port, neighbours=True)
        with place.listening:
            assert place.port != port
            assert place.url == f"http://127.0.0.1:{place.port}"


def looked_at(url: str, headers: dict[str, str], feed: str) -> bool:
    """Whether the feed is fetched soon: sooner than the next look at the list, which may be 30 s away."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        listed = {one["url"]: one for one in ask(url, f"{API}/feeds", headers=headers)["feeds"]}
        if listed[feed]["last_fetch"]:
            return True
        time.sleep(0.1)
    return False


NOWHERE = {"BIOWIRE_FETCH_ALLOW": "127.0.0.1", "BIOWIRE_FETCH_HOST_DELAY": "0"}
"""Feeds at loopback addresses, where nobody answers, may be asked for, without a pause."""


@contextlib.contextmanager
def running(home: Path, *arguments: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """`biowire run` on feeds nobody may fetch, with its HTTP port free to choose."""
    line = command("run", "-v", "--json", "--home", str(home), *arguments)
    environ = {"BIOWIRE_WEB_PORT": "0", **environ}
    with subprocess.Popen(
        line, env=environment(**environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_run_answers_beside_its_work_and_feeds_are_changed_while_it_writes(tmp_path: Path) -> None:
    fill(tmp_path, 5)
    headers = a_token(tmp_path)
    with socket.socket() as nobody, running(tmp_path, **NOWHERE) as process:
        nobody.bind(("127.0.0.1", 0))  # and nobody listens
        assert process.stderr is not None
        for line in process.stderr:
            if b"answering" in line:
                url = line.decode().partition("url='")[2].partition("'")[0]
                break
        else:
            raise AssertionError("it never answered")
        assert all(looked_at(url, headers, one.url) for one in FEEDS)  # so that it sleeps
        feed = {"url": f"http://127.0.0.1:{nobody.getsockname()[1]}/feed", "unchecked": True}
        added = ask(url, f"{API}/feeds", method="POST", json=feed, headers=headers)
        assert added["outcome"] == "added"
        assert looked_at(url, headers, str(feed["url"])), "it was not looked at"
        retried = ask(url, f"{API}/dead-letters/retry", method="POST", json={}, headers=headers)
        assert retried == {"retried": 1, "outcomes": {"failed": 1}}
        process.terminate()
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["documents"] == 5


def test_where_run_is_told_not_to_answer_others_hear_who_holds_the_store(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    headers = a_token(tmp_path)
    with running(tmp_path, "--no-web") as process:
        assert process.stderr is not None
        assert process.stderr.readline()
        with served(tmp_path) as server:
            answer = httpx.delete(
                f"{server.url}{API}/feeds", params={"url": "http://127.0.0.1:9/ledger"}, headers=headers
            )
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert b"answering" not in err
    assert answer.status_code == 503
    assert "Another biowire process is writing" in answer.json()["error"]
