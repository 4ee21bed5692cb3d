"""Serve the sample world over real HTTP on loopback, with the manners of real servers.

Hosts are `<outlet>.localhost`; whoever fetches them maps `*.localhost` to 127.0.0.1. State (how often a feed
was asked for, the world's clock) lives in one `Running`, so each start behaves the same. The clock moves only
when told to.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from types import TracebackType

from aiohttp import web

from . import pages, render
from .loading import load
from .records import OPENING, Article, Feed, World

RETRY_AFTER = 1
"""Seconds the feed that limits requests asks to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One line of the server's log."""

    method: str
    url: str
    status: int
    conditional: bool
    """Whether it asked for changes only (If-None-Match, If-Modified-Since)."""
    user_agent: str


class Running:
    """A started server: `async with await serve() as world:`. Stops when left."""

    def __init__(self, world: World, pause: float, now: datetime) -> None:
        self.world = world
        self.now = now
        self.requests: list[Request] = []
        self.port = 0
        self._pause = pause
        self._visits: Counter[str] = Counter()
        self._feeds = {(feed.outlet, feed.path): feed for feed in world.feeds.values()}
        self._moved = {(f.outlet, f.moved_path): f for f in world.feeds.values() if f.behaviour == "moved"}
        self._articles = {(a.outlet, a.path): a for a in world.articles.values()}
        self._app = web.Application(middlewares=[self._log])
        self._app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1)

    @property
    def url(self) -> str:
        """Address of the world's index page."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def opml(self) -> bytes:
        """The list of all feeds, as `/feeds.opml` gives it."""
        return pages.opml(self.world, port=self.port)

    def advance(self, steps: int = 1) -> bool:
        """Move the clock to the next moment at which something appears; False when nothing is left."""
        ahead = [moment for moment in self.world.moments if moment > self.now]
        if ahead:
            self.now = ahead[min(steps, len(ahead)) - 1]
        return bool(ahead)

    def finish(self) -> None:
        """Move the clock to the end, where everything has appeared."""
        self.advance(len(self.world.moments))

    async def stop(self) -> None:
        """Close the port and every connection."""
        await self._runner.cleanup()

    async def __aenter__(self) -> Running:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start(self, host: str, port: int) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    @web.middleware
    async def _log(
        self, request: web.Request, handler: Callable[[web.Request], object]
    ) -> web.StreamResponse:
        response: web.StreamResponse = await handler(request)  # type: ignore[misc] # aiohttp's own Handler type
        asked = request.headers
        self.requests.append(
            Request(
                method=request.method,
                url=str(request.url),
                status=response.status,
                conditional="If-None-Match" in asked or "If-Modified-Since" in asked,
                user_agent=asked.get("User-Agent", ""),
            )
        )
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        name = request.host.partition(":")[0].lower()
        outlet = name.removesuffix(".localhost").removeprefix("m.")
        place = (outlet, request.path)
        if outlet not in self.world.outlets:
            return self._index(request.path)
        if place in self._feeds:
            return await self._feed(request, self._feeds[place])
        if place in self._moved:
            return self._document(self._moved[place], visit=0)
        looped = (outlet, request.path.removesuffix("/again"))
        if looped in self._feeds and self._feeds[looped].behaviour == "redirect-loop":
            return _redirect(looped[1], status=302)
        return self._page(outlet, request.path)

    def _index(self, path: str) -> web.Response:
        if path == "/feeds.opml":
            return web.Response(body=self.opml, content_type="text/x-opml")
        if path == "/":
            return _html(pages.index_page(self.world, port=self.port))
        return _html("<h1>There is no such outlet</h1>", status=404)

    def _page(self, outlet: str, path: str) -> web.Response:
        if path == "/":
            home = pages.home_page(self.world, self.world.outlets[outlet], now=self.now, port=self.port)
            return _html(home)
        amp = path.endswith("/amp/")
        article: Article | None = self._articles.get((outlet, path.removesuffix("/amp/").rstrip("/")))
        if article is None or article.published > self.now:
            return _html("<h1>Page not found</h1>", status=404)
        return _html(pages.article_page(self.world, article, now=self.now, port=self.port, amp=amp))

    async def _feed(self, request: web.Request, feed: Feed) -> web.StreamResponse:
        """Answer for a feed in its manner; whatever it does first, the document comes from `_document`."""
        self._visits[feed.id] += 1
        visit = self._visits[feed.id]
        refused = self._refuse(feed, visit)
        if refused is not None:
            return refused
        if feed.behaviour == "slow":
            await asyncio.sleep(self._pause)
        response = self._document(feed, visit)
        if feed.behaviour == "gzip":
            response.body = gzip.compress(response.body, mtime=0) if isinstance(response.body, bytes) else b""
            response.headers["Content-Encoding"] = "gzip"
        return self._unless_unchanged(request, feed, response)

    def _refuse(self, feed: Feed, visit: int) -> web.Response | None:
        """Return what the feed answers instead of its document, or None."""
        status = {"not-found": 404, "failing": 500, "gone": 410}.get(feed.behaviour)
        if status:
            return _html(f"<h1>Error {status}</h1>", status=status)
        if feed.behaviour == "too-many" and visit <= 2:
            return web.Response(status=429, text="Slow down.", headers={"Retry-After": str(RETRY_AFTER)})
        if feed.behaviour == "flaky" and visit == 1:
            return web.Response(status=503, text="Back soon.")
        if feed.behaviour == "moved":
            return _redirect(feed.moved_path, status=301)
        if feed.behaviour == "redirect-loop":
            return _redirect(f"{feed.path}/again", status=302)
        if feed.behaviour == "captcha":
            return _html(pages.CAPTCHA, status=403)
        if feed.behaviour == "blank":
            return web.Response(body=b"", content_type="application/rss+xml")
        if feed.behaviour == "page":
            outlet = self.world.outlets[feed.outlet]
            return _html(pages.home_page(self.world, outlet, now=self.now, port=self.port))
        return None

    def _document(self, feed: Feed, visit: int) -> web.Response:
        rendered = render.feed(self.world, feed, now=self.now, port=self.port, visit=visit)
        return web.Response(body=rendered.body, headers={"Content-Type": rendered.content_type})

    def _unless_unchanged(self, request: web.Request, feed: Feed, response: web.Response) -> web.Response:
        """Add the validator the feed offers; answer 304 without a body when the one sent back still fits."""
        if feed.behaviour == "etag":
            tag = f'"{sha256(bytes(response.body or b"")).hexdigest()[:20]}"'  # type: ignore[arg-type]
            response.headers["ETag"] = tag
            if request.headers.get("If-None-Match") == tag:
                return web.Response(status=304, headers={"ETag": tag})
        if feed.behaviour == "last-modified":
            stamp = format_datetime(self._changed(feed), usegmt=True)
            response.headers["Last-Modified"] = stamp
            if request.headers.get("If-Modified-Since") == stamp:
                return web.Response(status=304, headers={"Last-Modified": stamp})
        return response

    def _changed(self, feed: Feed) -> datetime:
        entries = self.world.entries(feed, self.now)
        return max((entry.updated or entry.published for entry in entries), default=OPENING)


async def serve(
    port: int = 0,
    host: str = "127.0.0.1",
    *,
    now: datetime = OPENING,
    pause: float = 1.5,
    world: World | None = None,
) -> Running:
    """Start the world on a port (0: a free one). `now`: its clock; `pause`: seconds a slow feed takes.

    Raise `OSError` when the port is taken.
    """
    running = Running(world or load(), pause, now)
    try:
        await running._start(host, port)  # noqa: SLF001 - starting is serve's alone
    except OSError:
        await running.stop()
        raise
    return running


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", status=status)


def _redirect(path: str, status: int) -> web.Response:
    return web.Response(status=status, headers={"Location": path})
