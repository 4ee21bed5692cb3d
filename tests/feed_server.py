"""A scripted HTTP server on loopback: answers as it is told, lies and hangs included.

It speaks raw bytes, because most of what has to be tested is what no HTTP library would send.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    host: str
    headers: dict[str, str] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)


Script = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes | str = b"", status: int = 200, length: int | None = None, **headers: str) -> bytes:
    """A whole answer; header names with `_` for `-`; `length` to lie about its size."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(data) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + data


class FeedServer:
    """`async with FeedServer() as server`; `server.requests` is everything asked, in order."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.requests: list[Request] = []
        self.most_at_once = 0
        self._at_once = 0
        self._scripts: dict[str, list[Script]] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def allow(self) -> tuple[str, ...]:
        return (f"127.0.0.1:{self.port}",)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http{'s' if self._tls else ''}://{host}:{self.port}{path}"

    def answers(self, path: str, *answers: bytes | Script) -> str:
        """Give these answers one after the other, the last for ever; return the URL."""
        self._scripts[path] = [one if callable(one) else _sends(one) for one in answers]
        return self.url(path)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            request = _read(await reader.readuntil(b"\r\n\r\n"))
            self.requests.append(request)
            scripts = self._scripts.get(request.path) or [_sends(answer("nothing here", 404))]
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
            await script(request, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._at_once -= 1
            self._tasks.discard(task)
            writer.close()


def _sends(data: bytes) -> Script:
    async def script(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return script


def _read(head: bytes) -> Request:
    first, *lines = head.decode("utf-8", "surrogateescape").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(first.split(" ")[1], headers.get("host", ""), headers)


def rss(*titles: str, words: int = 80, link: str = "https://example.org", extra: str = "", date=None) -> str:
    """A feed with one entry per title; `words` of text in each."""
    stamp = f"<pubDate>{format_datetime(date)}</pubDate>" if date else ""
    items = "".join(
        f"<item><title>{title}</title><link>{link}/{title}</link><guid>{title}</guid>{stamp}"
        f"<description>{' '.join(['word'] * words)}</description></item>"
        for title in titles
    )
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title>'
        f"<link>{link}</link>{extra}{items}</channel></rss>"
    )
