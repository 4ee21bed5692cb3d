"""What publishers let robots read: asked before article pages, by RFC 9309.

Feeds are published to be polled and are not checked. No robots.txt (4xx) allows everything; one that
cannot be had (5xx, no answer) allows nothing until it can.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from .answers import Failed, Fetched, Kind
from .http import Client
from .politeness import Gate

AGENT = "biowire"
_KEPT, _KEPT_FAILURE = 86_400.0, 1_800.0
_LIMIT = 512 * 1024
_SITES = 5_000
_LONGEST_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class _Rules:
    until: float
    parser: RobotFileParser | None
    """None: all or nothing, as `otherwise` says."""
    otherwise: bool


class Robots:
    """Asks each site once a day."""

    def __init__(self, client: Client, gate: Gate) -> None:
        self._client, self._gate = client, gate
        self._rules: dict[str, _Rules] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def allows(self, url: str, *, verify_tls: bool = True) -> bool:
        """Whether we may read this page. Raises TransientError while the host is held."""
        rules = await self._of(url, verify_tls=verify_tls)
        return rules.parser.can_fetch(AGENT, url) if rules.parser else rules.otherwise

    def delay(self, url: str) -> float:
        """Seconds this site wants between requests (Crawl-delay), 0 when unsaid; asked with `allows`."""
        rules = self._rules.get(_site(url))
        wanted = rules.parser.crawl_delay(AGENT) if rules and rules.parser else None
        return min(float(wanted or 0.0), _LONGEST_DELAY)

    async def _of(self, url: str, *, verify_tls: bool) -> _Rules:
        site = _site(url)
        async with self._asking.setdefault(site, asyncio.Lock()):
            rules = self._rules.get(site)
            if rules is None or rules.until <= time.monotonic():
                if len(self._rules) >= _SITES:
                    self._rules.clear()
                rules = self._rules[site] = await self._ask(site, verify_tls=verify_tls)
        self._asking.pop(site, None)
        return rules

    async def _ask(self, site: str, *, verify_tls: bool) -> _Rules:
        where = f"{site}/robots.txt"
        async with self._gate.turn(where):
            answer = await self._client.get(where, accept="text/plain, */*;q=0.1", verify_tls=verify_tls)
        now = time.monotonic()
        if isinstance(answer, Fetched):
            parser = RobotFileParser()
            parser.parse(answer.body[:_LIMIT].decode("utf-8-sig", "replace").splitlines())
            return _Rules(now + _KEPT, parser, otherwise=True)
        absent = isinstance(answer, Failed) and (
            answer.kind in {Kind.GONE, Kind.REDIRECT} or (400 <= answer.status < 500 and answer.status != 429)
        )
        return _Rules(now + (_KEPT if absent else _KEPT_FAILURE), None, otherwise=absent)


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
