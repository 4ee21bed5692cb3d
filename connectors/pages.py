"""The article page behind an entry: asked politely, read for its text.

link ─► robots ─► turn ─► fetch ─► extract ─► text | the reason there is none
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .answers import Failed, Fetched
from .errors import TransientError
from .extract import ExtractError
from .guard import Refused
from .http import PAGE, Client
from .items import is_about
from .page_reader import PageReader
from .politeness import Gate
from .robots import Robots
from .urls import canonical_url, is_redirector

_HTML = ("text/html", "application/xhtml+xml", "text/plain", "")
_PASSING = ("host-held", "timeout", "connect", "status-429", "status-5", "dns", "protocol")


@dataclass(frozen=True, slots=True)
class PageText:
    """Text of an article page, and whether trying again later may help where there is none."""

    text: str
    passing: bool


class Pages:
    """Lasts as long as its client. Counts what became of each page: `fetched`, and failures by reason."""

    def __init__(self, client: Client, gate: Gate) -> None:
        self._client, self._gate = client, gate
        self._robots = Robots(client, gate)
        self._reader = PageReader()
        client.closing.push_async_callback(self._reader.close)
        self.fetched = 0
        self.failed: Counter[str] = Counter()

    async def read(self, url: str, title: str = "", *, verify_tls: bool = True) -> PageText:
        """Main text of the article called `title` at `url`; empty when it cannot be had, which is counted."""
        try:
            text, problem = await self._read(url, title, verify_tls=verify_tls)
        except TransientError:
            text, problem = "", "host-held"
        if problem:
            self.failed[problem] += 1
        else:
            self.fetched += 1
        return PageText(text, problem.startswith(_PASSING))

    def skip(self, reason: str) -> None:
        """Count a page that is left alone on purpose."""
        self.failed[reason] += 1

    async def _read(self, url: str, title: str, *, verify_tls: bool) -> tuple[str, str]:
        try:
            self._client.guard.check_url(url)
        except Refused:
            return "", "refused"
        if is_redirector(canonical_url(url)):
            return "", "redirector"
        if not await self._robots.allows(url, verify_tls=verify_tls):
            return "", "robots"
        async with self._gate.turn(url, self._robots.delay(url)):
            answer = await self._client.get(url, accept=PAGE, verify_tls=verify_tls)
        if isinstance(answer, Failed):
            return "", f"{answer.kind}-{answer.status}" if answer.status else str(answer.kind)
        if not isinstance(answer, Fetched):
            return "", "not-modified"
        kind = answer.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() not in _HTML:
            return "", "no-page"
        try:
            page = await self._reader.read(answer.body, url=answer.final_url, content_type=kind)
        except ExtractError:
            return "", "unreadable"
        if not page.text:
            return "", "no-text"
        return (page.text, "") if is_about(title, f"{page.title}\n{page.text}") else ("", "unrelated")
