"""The one client for all we ask of others: feeds, article pages, robots.txt; and webhooks we send.

    URL ─► guard ─► resolver ─► socket ─► headers ─► body, inflated ─► Answer
             ▲                                │ redirect
             └────────────────────────────────┘

It keeps limits on size, time, headers and hops, follows redirects itself so that the guard is asked at
each, and turns whatever happens into a value: callers never see an exception of the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from yarl import URL

from .answers import Answer, Failed, Fetched, Kind, NotModified, Posted
from .failures import EXPECTED, explain, explain_status
from .guard import Guard, Refused
from .inflate import Inflater, TooLarge
from .settings import FetchSettings, user_agent

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Host name to addresses; raises OSError when there are none."""

FEED = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"

_RESOLVERS = 16
"""Threads that wait for names; a dead one can take half a minute."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})


class Client:
    """Use as `async with Client(settings) as client`; safe for any number of tasks of one event loop."""

    def __init__(
        self, settings: FetchSettings, *, lookup: Lookup | None = None, guard: Guard | None = None
    ) -> None:
        """`lookup` stands in for the operating system's resolver, `guard` for that of the settings."""
        self.settings = settings
        self.guard = guard or Guard(settings.allow)
        self._resolver = _GuardedResolver(self.guard, lookup or self._system_lookup)
        self._resolving: ThreadPoolExecutor | None = None
        self._session: aiohttp.ClientSession | None = None
        self.closing = contextlib.AsyncExitStack()
        """What else ends when this client does."""

    async def __aenter__(self) -> Self:
        settings = self.settings
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            use_dns_cache=False,
            socket_factory=self._socket,
            limit=0,  # the politeness gate counts, where it also knows hosts
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=settings.max_header_bytes,
            max_field_size=settings.max_header_bytes,
            max_headers=settings.max_headers,
            headers={
                "User-Agent": settings.user_agent or user_agent(),
                "Accept-Encoding": "gzip, deflate, br",
            },
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=settings.connect_timeout, sock_read=settings.idle_timeout
            ),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.closing.aclose()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        accept: str = FEED,
        verify_tls: bool = True,
    ) -> Answer:
        """Fetch one document. Validators are sent as they were received; without them no 304 is accepted."""
        headers = {"Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        started = time.monotonic()
        try:
            async with asyncio.timeout(self.settings.total_timeout):
                return await self._follow(url, headers, started, verify_tls=verify_tls)
        except EXPECTED as error:
            kind, reason = explain(error)
            return Failed(url=url, kind=kind, reason=reason, seconds=time.monotonic() - started)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, tls: ssl.SSLContext | None = None
    ) -> Posted | Failed:
        """Send a body. Redirects are not followed; the answer's own body is not read."""
        if self._session is None:
            raise RuntimeError("Client is used outside `async with`")
        started = time.monotonic()
        try:
            async with (
                asyncio.timeout(self.settings.total_timeout),
                self._session.post(
                    self.guard.check_url(url),
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    ssl=tls or True,
                ) as response,
            ):
                said = {name.lower(): _text(response.headers[name]) for name in response.headers}
                return Posted(url=url, status=response.status, headers=said)
        except EXPECTED as error:
            kind, reason = explain(error)
            return Failed(url=url, kind=kind, reason=reason, seconds=time.monotonic() - started)

    async def _follow(
        self, url: str, headers: Mapping[str, str], started: float, *, verify_tls: bool
    ) -> Answer:
        here, permanent, visited = self.guard.check_url(url), True, set[URL]()
        while True:
            visited.add(here)
            async with await self._open(here, headers, verify_tls=verify_tls) as response:
                if response.status not in _REDIRECTS or "Location" not in response.headers:
                    moved = str(here) if permanent and len(visited) > 1 else ""
                    return await self._answer(url, response, headers, moved, started)
                permanent = permanent and response.status in _PERMANENT
                here = await self._next(here, response.headers["Location"])
            if here in visited:
                return Failed(url=url, kind=Kind.REDIRECT, reason="The address redirects in a circle.")
            if len(visited) > self.settings.max_redirects:
                return Failed(url=url, kind=Kind.REDIRECT, reason="The address redirects too many times.")

    async def _open(
        self, url: URL, headers: Mapping[str, str], *, verify_tls: bool
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("Client is used outside `async with`")
        async with asyncio.timeout(self.settings.connect_timeout + self.settings.first_byte_timeout):
            return await self._session.get(url, headers=headers, allow_redirects=False, ssl=verify_tls)

    async def _next(self, here: URL, location: str) -> URL:
        """Where a redirect leads; raises Refused where we do not follow."""
        there = self.guard.check_url(str(here.join(URL(location.strip())).with_fragment(None)))
        if here.scheme == "https" and there.scheme == "http":
            raise Refused("The address redirects from https to http.")
        if there.origin() == here.origin():
            there = there.with_user(here.user).with_password(here.password if here.user else None)
        else:
            there = there.with_user(None)
            if not _is_literal(there.host or ""):
                await self._resolver.resolve(there.host or "", there.port or 0)
        if self.guard.is_inside(there) and not self.guard.is_inside(here):
            raise Refused("The address redirects from the public internet to one that is not public.")
        return there

    async def _answer(
        self,
        url: str,
        response: aiohttp.ClientResponse,
        asked: Mapping[str, str],
        moved: str,
        started: float,
    ) -> Answer:
        headers = {name.lower(): _text(response.headers[name]) for name in response.headers}
        final, seconds = str(response.url.with_user(None)), time.monotonic() - started
        if response.status == 304 and len(asked) > 1:
            return NotModified(
                url=url, headers=headers, final_url=final, permanent_url=moved, seconds=seconds
            )
        if response.status not in {200, 203}:
            kind = Kind.GONE if response.status == 410 else Kind.STATUS
            return Failed(
                url=url,
                kind=kind,
                reason=explain_status(response.status),
                status=response.status,
                headers=headers,
                seconds=seconds,
            )
        body, wire = await self._body(response)
        return Fetched(
            url=url,
            status=response.status,
            body=body,
            headers=headers,
            final_url=final,
            permanent_url=moved,
            wire_bytes=wire,
            seconds=time.monotonic() - started,
        )

    async def _body(self, response: aiohttp.ClientResponse) -> tuple[bytes, int]:
        limit, wire = self.settings.max_bytes, 0
        if (response.content_length or 0) > limit:
            raise TooLarge(f"The document is larger than {limit // 1024 // 1024} MB.")
        inflater = Inflater(
            response.headers.get("Content-Encoding", ""),
            max_bytes=self.settings.max_decoded,
            max_ratio=self.settings.max_ratio,
        )
        async for piece in response.content.iter_any():
            wire += len(piece)
            if wire > limit:
                raise TooLarge(f"The document is larger than {limit // 1024 // 1024} MB.")
            inflater.push(piece)
        return inflater.finish(), wire

    async def _system_lookup(self, host: str) -> list[str]:
        """Ask the operating system, in threads of our own: dead names must not keep other work waiting."""
        if self._resolving is None:
            self._resolving = ThreadPoolExecutor(_RESOLVERS, "resolve")
            self.closing.callback(self._resolving.shutdown, wait=False, cancel_futures=True)
        ask = functools.partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._resolving, ask)
        return list(dict.fromkeys(str(info[4][0]) for info in found))

    def _socket(self, info: AddrInfoType) -> socket.socket:
        """Make the socket for an address already checked; the last place where it can still be refused."""
        family, kind, protocol, _, peer = info
        try:
            self.guard.check_peer(str(peer[0]), int(peer[1]))
        except Refused as refused:
            raise PermissionError(str(refused)) from refused
        return socket.socket(family, kind, protocol)


class _GuardedResolver(AbstractResolver):
    """Names to addresses, of which the guard has seen every one."""

    def __init__(self, guard: Guard, lookup: Lookup) -> None:
        self._guard, self._lookup = guard, lookup

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - both are asked for
    ) -> list[ResolveResult]:
        try:
            found = await self._lookup(host)
        except UnicodeError as cause:  # a label no resolver takes
            raise socket.gaierror(socket.EAI_NONAME, "not a host name") from cause
        addresses = [ip_address(text) for text in found]
        self._guard.check_addresses(host, port, addresses)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET6 if address.version == 6 else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _text(value: str) -> str:
    """A header as text that can be kept and sent; bytes that are no UTF-8 are read as Latin-1."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
