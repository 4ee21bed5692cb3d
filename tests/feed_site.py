"""A site on loopback with a feed that its page names, for tests that follow it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ITEM = "<item><title>Council weighs face recognition at gate {n}</title><link>https://ledger.example/{n}</link><guid>{n}</guid><pubDate>Fri, 20 Nov 2026 10:0{n}:00 GMT</pubDate><description>The council will vote on a trial.</description></item>"
_FEED = (
    '<rss version="2.0"><channel><title>{title}</title><link>http://127.0.0.1/</link>{items}</channel></rss>'
)
_PAGE = '<!doctype html><html><head><title>Gazette</title><link rel="alternate" type="application/rss+xml" href="/feed"></head><body><h1>Gazette</h1></body></html>'


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        site: Site = self.server.site  # type: ignore[attr-defined]
        site.asked.append(self.path)
        feed = _FEED.format(
            title="The Gate Gazette", items="".join(_ITEM.format(n=n) for n in range(site.items))
        )
        kind, body = ("text/html", _PAGE) if self.path == "/" else ("application/rss+xml", feed)
        self.send_response(200 if self.path in {"/", "/feed"} else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


class Site:
    """What it has, and what it was asked for."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}/"
        self.items = 3
        self.asked: list[str] = []


@contextlib.contextmanager
def site() -> Iterator[Site]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.site = Site(server.server_port)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.site  # type: ignore[attr-defined]
        server.shutdown()
