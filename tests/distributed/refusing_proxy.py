"""A proxy in front of Elasticsearch that can be told to answer 429 to every write: what an overloaded node does."""

from __future__ import annotations

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_REFUSAL = json.dumps(
    {
        "error": {
            "type": "es_rejected_execution_exception",
            "reason": "rejected execution of coordinating operation",
        },
        "status": 429,
    }
).encode()
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class RefusingProxy:
    """`with RefusingProxy(host_and_port) as proxy`; `proxy.refusing = True` turns writes away."""

    def __init__(self, upstream: str) -> None:
        self.refusing = False
        self.refused = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if proxy.refusing and "_bulk" in self.path:
                    proxy.refused += 1
                    self._answer(
                        429,
                        {"content-type": "application/json", "x-elastic-product": "Elasticsearch"},
                        _REFUSAL,
                    )
                    return
                headers = {
                    name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP
                }
                onward = http.client.HTTPConnection(upstream, timeout=60)
                try:
                    onward.request(self.command, self.path, body, headers)
                    answer = onward.getresponse()
                    self._answer(answer.status, dict(answer.getheaders()), answer.read())
                except (OSError, http.client.HTTPException):
                    self.close_connection = True
                finally:
                    onward.close()

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response_only(status)
                for name, value in headers.items():
                    if name.lower() not in _HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on  # noqa: N815 - http.server's names

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """A client that went away is what is being tested."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"elasticsearch://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="refusing proxy", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
