"""A small HTTP server for a process' own figures: GET of a few known paths, nothing else.

On loopback unless told otherwise; it answers with what the process says about itself and takes no input.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import msgspec

from connectors.errors import UserError

TIMEOUT = 10.0
"""Seconds that a client has to send its request and take the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, media type and body of one answer."""

    status: int
    kind: str
    body: bytes

    @classmethod
    def text(cls, body: bytes) -> Answer:
        """Prometheus' text format."""
        return cls(200, "text/plain; version=0.0.4; charset=utf-8", body)

    @classmethod
    def health(cls, reasons: Sequence[str]) -> Answer:
        """200 when there are no reasons against it, else 503; JSON `{"healthy": …, "reasons": […]}`."""
        body = msgspec.json.encode({"healthy": not reasons, "reasons": list(reasons)})
        return cls(503 if reasons else 200, "application/json", body)


class Server:
    """Serves in a thread of its own until closed. Use as a context manager."""

    def __init__(self, host: str, port: int, paths: Mapping[str, Callable[[], Answer]]) -> None:
        """Bind; port 0 takes a free one. Raises UserError when the address cannot be had."""
        try:
            self._server = _Server((host, port), paths)
        except OSError as cause:
            raise UserError(
                f"The metrics cannot be served on {host}:{port}: {cause.strerror}. "
                "Set metrics_host and metrics_port to an address that is free, or metrics_port to 0."
            ) from cause
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it really listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], paths: Mapping[str, Callable[[], Answer]]) -> None:
        super().__init__(address, _Handler)
        self.paths = paths

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away or dawdles is no event worth a line."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = TIMEOUT
    server_version = "biowire"
    sys_version = ""

    def do_GET(self) -> None:
        make = self.server.paths.get(self.path.partition("?")[0])
        answer = make() if make else Answer(404, "text/plain", b"Try /metrics or /healthz.\n")
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the handler's signature
        """Scrapes every few seconds would drown the log."""
