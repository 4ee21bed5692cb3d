"""A webhook on loopback that keeps what it is sent, for tests that are no coroutines."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SETTINGS = {"webhook_private": ("127.0.0.0/8",), "webhook_http": True, "message_seconds": 10.0}
"""What lets messages through to it."""


@dataclass
class Receiver:
    """Counts what comes, by the id of the message."""

    url: str = ""
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: int = 0
    """How many of the next messages are refused for good."""

    @property
    def ids(self) -> Counter[str]:
        return Counter(id_ for id_, _ in self.messages)

    @property
    def alerts(self) -> Counter[str]:
        """How often each alert was told, by its id."""
        return Counter(
            alert["id"]
            for _, body in self.messages
            for entry in body["data"]["entries"]
            for alert in entry["alerts"]
        )


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if receiver.refused:
                receiver.refused -= 1
                self.send_response(410)
            else:
                receiver.messages.append((self.headers["webhook-id"], json.loads(body)))
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
