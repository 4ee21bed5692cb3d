"""Answers GET / as another Elasticsearch than ours would, or as something that is none."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self

from .process import free_port


class OtherVersion:
    """`with OtherVersion("7.17.29") as other: … other.url`.

    Elasticsearch 8 refuses the media type of a client of 9 before it says its version; 7.17 does not look at it.
    product: sends the header by which clients know Elasticsearch (7.14 and later); False for OpenSearch and the like.
    """

    def __init__(self, version: str = "7.17.29", *, product: bool = True, port: int | None = None) -> None:
        self.port = port or free_port()

        class Answers(_Answers):
            number = version
            is_elasticsearch = product

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Answers)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """For the setting `index`."""
        return f"elasticsearch://{self.address}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    number: ClassVar[str] = ""
    is_elasticsearch: ClassVar[bool] = True
    timeout = 5

    def do_GET(self) -> None:
        major = int(self.number.partition(".")[0])
        if major == 8 and "compatible-with=9" in self.headers.get("Accept", ""):
            reason = f"Accept version must be either version {major} or {major - 1}, but found 9."
            self._send(400, {"error": _error("media_type_header_exception", reason), "status": 400})
        elif self.path == "/":
            version = {"number": self.number, "build_flavor": "default", "build_type": "docker"}
            self._send(200, {"name": "other", "cluster_name": "other", "version": version})
        else:
            reason = f"no handler found for uri [{self.path}] and method [{self.command}]"
            self._send(400, {"error": _error("illegal_argument_exception", reason), "status": 400})

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Not on the terminal of the tests."""

    def _send(self, status: int, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.is_elasticsearch:
            self.send_header("X-elastic-product", "Elasticsearch")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _error(kind: str, reason: str) -> dict[str, object]:
    return {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}
