"""Feeds on loopback that grow while they are read, and keep showing an entry until the reader has proved to have it.

A reader shows that it has a document by sending back its ETag. Only then are the document's entries dropped or
replaced by a revision: whatever was ever shown has to arrive, however often the reader is killed in between.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from .invented import Delivery, document

HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 9))
"""Feeds are spread over several hosts, as the reader's partitions are by host."""
KEPT = 10
"""Entries shown on after they are safe, as feeds do."""


class _GrowingFeed:
    def __init__(self, number: int, queue: Sequence[Delivery]) -> None:
        self.number = number
        self._queue = list(queue)
        self._shown: list[Delivery] = []
        self._safe: set[int] = set()
        self.tag = '"empty"'
        self.body = document(number, [])

    @property
    def done(self) -> bool:
        return not self._queue and all(one.number in self._safe for one in self._shown)

    def asked(self, tag: str, released: int) -> bool:
        """Someone asks, having the document of `tag`; whether there is something else for him now."""
        if tag == self.tag:
            self._safe.update(one.number for one in self._shown)
        ready = [one for one in self._queue if one.number < released and self._may_show(one)]
        if ready:
            replaced = {one.after for one in ready}
            chosen = {one.number for one in ready}
            self._queue = [one for one in self._queue if one.number not in chosen]
            unsafe = [one for one in self._shown if one.number not in self._safe]
            old = [one for one in self._shown if one.number in self._safe and one.number not in replaced]
            self._shown = [*old[-KEPT:], *unsafe, *ready]
            self.body = document(self.number, [one.entry() for one in reversed(self._shown)])
            self.tag = f'"{self.number}-{self._shown[-1].number}-{len(self._shown)}"'
        return tag != self.tag

    def _may_show(self, one: Delivery) -> bool:
        return one.after < 0 or one.after in self._safe


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A reader killed while we answer is what is being tested."""


class GrowingFeeds:
    """`with GrowingFeeds(deliveries, feeds, seconds) as server`: all of it is released over so many seconds."""

    def __init__(self, feeds: int) -> None:
        """Take the ports; deliveries come with `serve`, as their items name this server."""
        self._count = feeds
        self._feeds: list[_GrowingFeed] = []
        self._lock = threading.Lock()
        self._began, self._seconds, self._total = 0.0, 1.0, 0
        self.requests = 0
        first = _Quiet((HOSTS[0], 0), self._handler())
        self.port = int(first.server_address[1])
        self._servers = [
            first,
            *(_Quiet((host, self.port), self._handler()) for host in HOSTS[1:]),
        ]

    def url(self, feed: int) -> str:
        return f"http://{HOSTS[feed % len(HOSTS)]}:{self.port}/{feed}"

    @property
    def opml(self) -> bytes:
        lines = "".join(
            f'<outline type="rss" xmlUrl="{self.url(number)}" text="Invented" fullText="never" interval="60"/>'
            for number in range(self._count)
        )
        return f'<opml version="2.0"><head><title>t</title></head><body>{lines}</body></opml>'.encode()

    def serve(self, deliveries: Sequence[Delivery], seconds: float) -> None:
        """Begin to release, evenly over so many seconds."""
        queues: list[list[Delivery]] = [[] for _ in range(self._count)]
        for one in deliveries:
            queues[one.feed].append(one)
        with self._lock:
            self._feeds = [_GrowingFeed(number, queue) for number, queue in enumerate(queues)]
            self._began, self._seconds, self._total = time.monotonic(), seconds, len(deliveries)

    @property
    def released(self) -> int:
        share = (time.monotonic() - self._began) / self._seconds
        return min(self._total, int(share * self._total) + 1)

    @property
    def seconds_left(self) -> float:
        """Until everything is released."""
        return self._began + self._seconds - time.monotonic()

    def left(self) -> list[int]:
        """Feeds that still have something that the reader has not proved to have."""
        with self._lock:
            return [feed.number for feed in self._feeds if not feed.done]

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, name="feeds", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        served = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                name = self.path.strip("/")
                with served._lock:
                    served.requests += 1
                    if not name.isdigit() or int(name) >= len(served._feeds):
                        self.send_error(404)
                        return
                    feed = served._feeds[int(name)]
                    other = feed.asked(self.headers.get("If-None-Match", ""), served.released)
                    tag, body = feed.tag, feed.body
                self.send_response(200 if other else 304)
                self.send_header("ETag", tag)
                self.send_header("Content-Type", "application/atom+xml")
                self.send_header("Content-Length", str(len(body) if other else 0))
                self.end_headers()
                if other:
                    self.wfile.write(body)

        return Handler
