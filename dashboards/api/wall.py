"""What every request has to pass before anything reads it, and what every answer carries.

Outermost of the application, for whatever is served beside the API as well (the web UI): limits on address,
headers, body and time, then `access`. Who asked stands in `scope["state"]["principal"]` afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.errors import BiowireError

from .access import Access, Refusal, Request

MAX_ADDRESS = 16_384
"""Bytes of path and query; a query of the longest kind, percent-encoded, fits."""
MAX_HEADERS = 32 * 1024
MAX_BODY = 128 * 1024
UPLOADS = {"/feeds/opml": 2 * 1024 * 1024}
"""Paths that take more: whole feed lists, some 8,000 feeds long. What is longer is refused as it comes in."""
BODY_SECONDS = 5.0
"""In which a body has to be here."""

_log = logging.getLogger(__name__)

HEADERS = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cache-control": b"no-store",
}
"""On every answer that does not say otherwise itself."""


class Wall:
    """ASGI middleware; `access` is asked anew at each request."""

    def __init__(self, app: ASGIApp, access: Callable[[], Access]) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it at once."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"There is no {scope['type']} here.")  # uvicorn has no WebSocket to give us
        carried = _Carried(send, headless=scope["method"] == "HEAD")
        body = _Body(receive, UPLOADS.get(scope["path"], MAX_BODY))
        try:
            head = _head(scope)
            if scope["path"] not in UPLOADS:  # the page there says itself what it does not take
                body.declare(head.headers.get("content-length"))
            principal = self._access().check(head)
            scope.setdefault("state", {})["principal"] = principal
            asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
            await self._app(asked, body, carried)
        except Refusal as refusal:
            if carried.started:
                raise
            await _refuse(carried, refusal.status_code, refusal.detail)
        except BiowireError as error:  # of the file of tokens
            await _refuse(carried, 503, str(error))
        except Exception as error:  # the outermost wall of a request
            _log.exception("request failed")
            if carried.started and not carried.finished:
                raise  # the server ends the connection: half an answer must not look whole
            if not carried.started:
                await _refuse(carried, 500, internal(error))


def internal(error: Exception) -> str:
    """What is said of an error that nobody foresaw."""
    return f"Internal error, please report it ({type(error).__name__}); -v shows where."


class _Carried:
    """Sends, with our headers; to HEAD what GET would be answered, without its body."""

    def __init__(self, send: Send, *, headless: bool) -> None:
        self._send = send
        self._headless = headless
        self.started = self.finished = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            message["headers"] = [*given, *(one for one in HEADERS.items() if one[0] not in names)]
        elif message["type"] == "http.response.body":
            self.finished = not message.get("more_body", False)
            if self._headless:
                message = {**message, "body": b""}
        await self._send(message)


class _Body:
    """Receives a body of so many bytes at most, within BODY_SECONDS."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = self._left = most
        self._until = asyncio.get_running_loop().time() + BODY_SECONDS
        self._complete = False

    def declare(self, length: str | None) -> None:
        """Refuse at once what says that it is too long."""
        if length is not None and (not length.isdigit() or len(length) > 12 or int(length) > self._most):
            raise _too_long(self._most)

    async def __call__(self) -> Message:
        if self._complete:  # what comes after a body is the end of the connection, whenever
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise Refusal(408, "The body did not come in time.") from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._left < 0:
                raise _too_long(self._most)
        return message


def _too_long(most: int) -> Refusal:
    return Refusal(413, f"The body is longer than {most // 1024} kB.")


def _head(scope: Scope) -> Request:
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_ADDRESS:
        raise Refusal(414, f"The address is longer than {MAX_ADDRESS // 1024} kB.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
        raise Refusal(431, f"The headers are longer than {MAX_HEADERS // 1024} kB.")
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in headers and name in _ONCE:
            raise Refusal(400, f"The header {name} is given twice.")
        headers[name] = value.decode("latin-1")
    return Request(
        method=scope["method"],
        path=scope["path"],
        headers=headers,
        client=(scope.get("client") or ("", 0))[0],
        server=str((scope.get("server") or ("", 0))[0]),
    )


_ONCE = frozenset({"host", "origin", "authorization", "content-length", "content-type"})


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = msgspec.json.encode({"error": sentence})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status in {408, 413}:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
