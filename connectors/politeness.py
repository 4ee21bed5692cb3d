"""Whose turn it is: how many requests are under way, and how soon a host is asked again.

    fetch ─► turn at the host ─► turn overall ─► request

Hosts are told apart by name and port. A host that asked us to stay away (Retry-After) is left alone by
everyone, not only by the feed that was told.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import TransientError
from .settings import FetchSettings

_HOSTS = 10_000


@dataclass(slots=True)
class _Host:
    """Mutable on purpose: the queue in front of one host."""

    places: asyncio.Semaphore
    free_at: float = 0.0
    """When the next request may start, by the monotonic clock."""
    held_until: float = 0.0
    waiting: int = field(default=0)


class Gate:
    """One for all requests of a process."""

    def __init__(self, settings: FetchSettings, timer: Callable[[], float] = time.monotonic) -> None:
        """`timer`: seconds by which turns and holds are measured."""
        self._settings, self._timer = settings, timer
        self._all = asyncio.Semaphore(max(settings.concurrency, 1))
        self._hosts: dict[str, _Host] = {}

    @contextlib.asynccontextmanager
    async def turn(self, url: str, delay: float = 0.0) -> AsyncIterator[None]:
        """Wait for a turn to ask `url`. `delay`: seconds this host wants between requests, if more than ours.

        Raises TransientError, with the seconds to wait, while the host is held.
        """
        host = self._host(url)
        host.waiting += 1
        try:
            async with host.places:
                self._refuse_held(host)
                now = self._timer()
                start = max(now, host.free_at)
                host.free_at = start + max(delay, self._settings.host_delay)
                if start > now:
                    await asyncio.sleep(start - now)
                    self._refuse_held(host)
                async with self._all:
                    yield
        finally:
            host.waiting -= 1

    def hold(self, url: str, seconds: float) -> None:
        """Leave this URL's host alone for so long."""
        host = self._host(url)
        host.held_until = max(host.held_until, self._timer() + seconds)

    def _refuse_held(self, host: _Host) -> None:
        left = host.held_until - self._timer()
        if left > 0:
            raise TransientError("The host asked us to come less often.", left)

    def _host(self, url: str) -> _Host:
        try:
            name = urlsplit(url).netloc.rpartition("@")[2].lower()
        except ValueError:  # no address at all: the client says so
            name = ""
        if name not in self._hosts:
            self._forget_idle()
            self._hosts[name] = _Host(asyncio.Semaphore(max(self._settings.host_concurrency, 1)))
        return self._hosts[name]

    def _forget_idle(self) -> None:
        if len(self._hosts) >= _HOSTS:
            now = self._timer()
            self._hosts = {
                name: host
                for name, host in self._hosts.items()
                if host.waiting or max(host.free_at, host.held_until) > now
            }
