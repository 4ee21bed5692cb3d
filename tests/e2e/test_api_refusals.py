"""The real server refuses what a stranger, another site's page or a rebinding name would ask: reliability G-25."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import psutil
import pytest
from api_world import API, Served, a_token, fill, served
from embedded_runs import biowire

from connectors.console import Context
from connectors.errors import UserError
from dashboards.server import listen
from streams.subscriptions.choose import subscriptions


class Server(NamedTuple):
    home: Path
    port: int
    writer: dict[str, str]
    reader: dict[str, str]
    process: Served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = fill(tmp_path_factory.mktemp("refusals"), 5)
    writer, reader = a_token(home), a_token(home, "reader", "read")
    with served(home) as running:
        yield Server(home, int(running.url.rpartition(":")[2]), writer, reader, running)


NEW = b'{"name": "Planted", "query": "*"}'
JSON = {"Content-Type": "application/json"}
WRITER, READER, NOBODY = "writer", "reader", ""


class Ask(NamedTuple):
    """A request as it goes over the wire, and the status that refuses it."""

    status: int
    method: str = "GET"
    path: str = f"{API}/documents"
    headers: Mapping[str, str] = MappingProxyType({})
    token: str = WRITER
    body: bytes | None = None


def post(status: int, path: str = "/subscriptions", token: str = WRITER, **headers: str) -> Ask:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Ask(status, "POST", API + path, {**JSON, **named}, token, NEW)


HOSTS = [
    "evil.example", "evil.example:8383", "127.0.0.1.nip.io", "localhost.evil.example", "rebind.network:8383",
    "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.1@evil.example", "localhost:", "127.0.0.1:99999999",
]  # fmt: skip
ORIGINS = [
    "http://evil.example", "https://evil.example", "null", "http://localhost.evil.example", "file://",
    "http://127.0.0.1", "http://127.0.0.1:1", "chrome-extension://abcdef",
]  # fmt: skip
PATHS = [
    "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/tokens.toml", "/..\\..\\secret",
    f"{API}/documents/..%2f..%2ftokens.toml", f"{API}/subscriptions/..%2f..%2fsecret", f"{API}/stories/../../x",
    "/feeds/../../secret.rss", "/feeds/x/..%2f..%2fsecret.rss", "//evil.example/x",
    "/unsubscribe/../..", "/static/..%2f..%2fbiowire.db",
]  # fmt: skip

ASKS = {
    **{f"host {host}": Ask(421, headers={"Host": host}) for host in HOSTS},
    **{f"host {host} writing": post(421, Host=host) for host in HOSTS[:4]},
    "no host": Ask(400, headers={"Host": "-"}),
    **{f"origin {origin}": Ask(403, headers={"Origin": origin}) for origin in ORIGINS},
    **{f"origin {origin} writing": post(403, Origin=origin) for origin in ORIGINS},
    "page of another site": post(403, Sec_Fetch_Site="cross-site"),
    "page of another port": post(403, Sec_Fetch_Site="same-site"),
    "preflight": Ask(403, "OPTIONS", headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}),
    "no token": Ask(401, token=NOBODY),
    "no token writing": post(401, token=NOBODY),
    "no token deleting": Ask(401, "DELETE", f"{API}/feeds?url=http://127.0.0.1:9/ledger", token=NOBODY),
    "no token testing": post(401, "/subscriptions/test", token=NOBODY),
    "no token in the address": Ask(401, path=f"{API}/documents?token=x&access_token=x", token=NOBODY),
    "a wrong token": Ask(401, headers={"Authorization": "Bearer biowire_wrong"}, token=NOBODY),
    "another scheme": Ask(401, headers={"Authorization": "Basic ZGVzazp4"}, token=NOBODY),
    "two tokens": Ask(400, headers={"authorization": "Bearer biowire_wrong"}, token=WRITER),
    "a reader writing": post(403, token=READER),
    "a reader deleting": Ask(403, "DELETE", f"{API}/subscriptions/planted", token=READER),
    "a reader and secrets": Ask(404, path=f"{API}/subscriptions/planted/secrets", token=WRITER),
    "override by header": post(400, X_HTTP_Method_Override="DELETE"),
    "override by another header": post(400, X_Method_Override="DELETE"),
    "override by query": Ask(400, path=f"{API}/feeds?_method=DELETE&url=http://127.0.0.1:9/ledger"),
    "trace": Ask(405, "TRACE"),
    "connect": Ask(405, "PROPFIND"),
    "put": Ask(405, "PUT", f"{API}/subscriptions/planted", body=NEW),
    "oversized body": Ask(413, "POST", f"{API}/subscriptions", JSON, body=b'{"name": "' + b"x" * 200_000 + b'"}'),
    "oversized address": Ask(414, path=f"{API}/documents?query={'x' * 20_000}"),
    "oversized query": Ask(400, path=f"{API}/documents?query={'x' * 5_000}"),
    "oversized headers": Ask(431, headers={"X-Big": "x" * 60_000}),
    "a form": Ask(400, "POST", f"{API}/subscriptions", {"Content-Type": "application/x-www-form-urlencoded"}, body=b"name=a&query=b"),
    "plain text": Ask(400, "POST", f"{API}/subscriptions", {"Content-Type": "text/plain"}, body=NEW),
    "NUL in an id": Ask(400, path=f"{API}/subscriptions/%00"),
    "no json": Ask(400, "POST", f"{API}/subscriptions", JSON, body=b"{nonsense"),
    "deep json": Ask(400, "POST", f"{API}/subscriptions", JSON, body=b"[" * 50_000),
    "wrong feed token": Ask(404, path="/feeds/planted/" + "A" * 43 + ".rss", token=NOBODY),
    "wrong unsubscribe token": Ask(404, "POST", "/unsubscribe/planted/" + "A" * 43, token=NOBODY),
    **{f"path {path}": Ask(404, path=path) for path in PATHS},
}  # fmt: skip


def send(server: Server, ask: Ask) -> tuple[int, dict[str, str], bytes]:
    """Send exactly these headers and this path: http.client tidies nothing up."""
    headers = {"Host": f"127.0.0.1:{server.port}", **({} if not ask.token else getattr(server, ask.token))}
    sent = [*headers.items(), *((name, value) for name, value in ask.headers.items() if name != "Host")]
    if "Host" in ask.headers:
        sent = [(name, ask.headers["Host"] if name == "Host" else value) for name, value in sent]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.putrequest(ask.method, ask.path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent:
            if (name, value) != ("Host", "-"):
                connection.putheader(name, value)
        if ask.body is not None:
            connection.putheader("Content-Length", str(len(ask.body)))
        connection.endheaders()
        if ask.body is not None:
            connection.send(ask.body)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def state(server: Server) -> Any:
    """What must not change."""
    with subscriptions(Context(home=server.home, settings={})) as store:
        known = list(store.all())
    return known, biowire("feeds", "list", "--json", home=server.home).stdout


def test_there_are_sixty_requests_and_more() -> None:
    assert len(ASKS) >= 60


def test_every_one_is_refused_without_a_traceback_and_nothing_changes(server: Server) -> None:
    before = state(server)
    wrong = []
    for name, ask in ASKS.items():
        status, headers, body = send(server, ask)
        refused = (
            status == ask.status and b"Traceback" not in body and "access-control-allow-origin" not in headers
        )
        if not refused or "server" in headers:
            wrong.append(f"{name}: {status} {headers} {body[:200]!r}")
    assert wrong == []
    assert state(server) == before
    assert server.process.process.poll() is None


@pytest.mark.parametrize("path", ["/healthz", f"{API}/documents", f"{API}/nothing", "/unsubscribe/a/b"])
def test_every_answer_tells_browsers_to_do_nothing_with_it(server: Server, path: str) -> None:
    _, headers, _ = send(server, Ask(0, path=path))
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_a_body_that_does_not_say_how_long_it_is_may_not_be_longer(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    pieces = (b"x" * 8192 for _ in range(40))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # answered before all was sent
        connection.request(
            "POST", f"{API}/subscriptions", pieces, {**JSON, **server.writer}, encode_chunked=True
        )
    assert connection.getresponse().status == 413
    connection.close()


def test_it_listens_on_loopback_only(server: Server) -> None:
    listening = [
        one.laddr.ip
        for one in psutil.Process(server.process.process.pid).net_connections("tcp")
        if one.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_a_client_that_never_sends_its_body_is_answered_and_left(server: Server) -> None:
    head = (
        f"POST {API}/subscriptions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
        f"Authorization: {server.writer['Authorization']}\r\nContent-Length: 50\r\n\r\n" + '{"name"'
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as slow:
        slow.sendall(head.encode())
        answer = b""
        while not answer.endswith(b"}"):
            piece = slow.recv(65536)
            assert piece, answer
            answer += piece
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"error": "The body did not come in time."}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "news.example"])
def test_it_refuses_to_serve_strangers_without_a_token(tmp_path: Path, host: str) -> None:
    with pytest.raises(UserError, match="no token is defined"):
        listen(Context(home=tmp_path, settings={}), host, 0)


def test_with_a_token_it_serves_them(tmp_path: Path) -> None:
    a_token(tmp_path)
    with listen(Context(home=tmp_path, settings={}), "0.0.0.0", 0).listening as listening:
        assert listening.getsockname()[0] == "0.0.0.0"


def test_the_command_says_so_in_one_sentence(tmp_path: Path) -> None:
    done = biowire("serve", "--host", "0.0.0.0", "--port", "0", home=tmp_path, code=2)
    assert done.stderr.decode().startswith("biowire: Others than this machine's users could reach 0.0.0.0")
    assert done.stderr.count(b"\n") == 1
