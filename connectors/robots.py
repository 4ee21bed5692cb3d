"""What publishers let robots read: asked before article pages, by RFC 9309.

Feeds are published to be polled and are not checked. No robots.txt (4xx) allows everything; one that
cannot be had (5xx, no answer) allows nothing until it can.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from .answers import Failed, Fetched, Kind
from .http import Client
from .politeness import Gate
from .robots_rules import RobotsRules, read_robots

AGENT = "biowire"
_DAY, _SOON = 86_400.0, 1_800.0
_LIMIT = 512 * 1024
_SITES = 5_000
_LONGEST_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class _Kept:
    until: float
    rules: RobotsRules | None
    """None: everything is closed."""


class Robots:
    """Asks each site once a day."""

    def __init__(self, client: Client, gate: Gate) -> None:
        self._client, self._gate = client, gate
        self._kept: dict[str, _Kept] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def allows(self, url: str, *, verify_tls: bool = True) -> bool:
        """Whether we may read this page. Raises TransientError while the host is held."""
        kept = await self._of(url, verify_tls=verify_tls)
        return kept.rules is not None and kept.rules.allows(url)

    def delay(self, url: str) -> float:
        """Seconds this site wants between requests (Crawl-delay), 0 when unsaid; asked with `allows`."""
        kept = self._kept.get(_site(url))
        return min(kept.rules.delay, _LONGEST_DELAY) if kept and kept.rules else 0.0

    async def _of(self, url: str, *, verify_tls: bool) -> _Kept:
        site = _site(url)
        async with self._asking.setdefault(site, asyncio.Lock()):
            kept = self._kept.get(site)
            if kept is None or kept.until <= time.monotonic():
                if len(self._kept) >= _SITES:
                    self._kept.clear()
                kept = self._kept[site] = await self._ask(site, verify_tls=verify_tls)
        self._asking.pop(site, None)
        return kept

    async def _ask(self, site: str, *, verify_tls: bool) -> _Kept:
        where = f"{site}/robots.txt"
        async with self._gate.turn(where):
            answer = await self._client.get(where, accept="text/plain, */*;q=0.1", verify_tls=verify_tls)
        now = time.monotonic()
        if isinstance(answer, Fetched):
            text = answer.body[:_LIMIT].decode("utf-8-sig", "replace")
            return _Kept(now + _DAY, read_robots(text, AGENT))
        absent = isinstance(answer, Failed) and (
            answer.kind in {Kind.GONE, Kind.REDIRECT} or (400 <= answer.status < 500 and answer.status != 429)
        )
        return _Kept(now + _DAY, RobotsRules()) if absent else _Kept(now + _SOON, None)


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
