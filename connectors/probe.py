"""Look at a URL without remembering anything: is it a feed, and if not, does it name some?

URL ─► fetch ─► read ─► Probe          page ─► discover ─► candidates ─► Probe, each
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from .answers import Answer, Fetched
from .discover import discover
from .errors import PermanentError, TransientError
from .http import Client
from .politeness import Gate
from .reader import Reader
from .records import ParsedFeed

CANDIDATES = 8
"""Feeds a page names that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a URL turned out to be. `reason`: what is wrong in words, empty when it is a feed."""

    url: str
    answer: Answer | None
    """None when the host could not be asked now."""
    parsed: ParsedFeed | None = None
    reason: str = ""


class Prober:
    """Looks at URLs politely, with the guarded client."""

    def __init__(self, client: Client, reader: Reader) -> None:
        self._client, self._reader = client, reader
        self._gate = Gate(client.settings)

    async def look(self, url: str, *, verify_tls: bool = True) -> Probe:
        """Fetch and read one URL."""
        try:
            async with self._gate.turn(url):
                answer = await self._client.get(url, verify_tls=verify_tls)
        except TransientError as held:
            return Probe(url=url, answer=None, reason=str(held))
        if not isinstance(answer, Fetched):
            return Probe(url=url, answer=answer, reason=getattr(answer, "reason", "Nothing came back."))
        try:
            kind = answer.headers.get("content-type", "")
            parsed = await self._reader.parse(answer.body, url=answer.final_url, content_type=kind)
        except PermanentError as error:
            return Probe(url=url, answer=answer, reason=str(error))
        return Probe(url=url, answer=answer, parsed=parsed)

    async def look_at_all(self, feeds: Sequence[tuple[str, bool]]) -> list[Probe]:
        """Look at many, each with whether its certificate is checked; hosts get their pauses."""
        return list(await asyncio.gather(*(self.look(url, verify_tls=verify) for url, verify in feeds)))

    async def find(self, url: str, *, verify_tls: bool = True) -> list[Probe]:
        """The URL itself when it is a feed; else those its page names that are, as the page orders them.

        Without any: one probe that says why not.
        """
        first = await self.look(url, verify_tls=verify_tls)
        if first.parsed is not None or not isinstance(first.answer, Fetched):
            return [first]
        named = await asyncio.to_thread(discover, first.answer.body, first.answer.final_url)
        tried = await self.look_at_all([(one, verify_tls) for one in named[:CANDIDATES]])
        found = [probe for probe in tried if probe.parsed is not None]
        if found:
            return found
        if not tried:
            return [Probe(url=url, answer=first.answer, reason="This is no feed, and the page names none.")]
        reason = (
            f"This is no feed, and none of the {len(tried)} the page names can be read: {tried[0].reason}"
        )
        return [Probe(url=url, answer=first.answer, reason=reason)]
