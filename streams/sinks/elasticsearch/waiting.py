"""Waiting for a server that is away or busy: longer each time, never in step with others, never silently."""

from __future__ import annotations

import asyncio
import logging
import random
import time

_log = logging.getLogger(__name__)

_FIRST = 0.25
_LONGEST = 15.0
_SAY_EVERY = 30.0
"""Seconds between two log lines about the same wait."""


class Waiting:
    """What one writer waits for; `why` is empty while it does not."""

    def __init__(self) -> None:
        self.why = ""
        self._since = 0.0
        self._said = 0.0

    async def pause(self, why: str, tries: int) -> None:
        """Sleep before try number `tries` + 1, for at most fifteen seconds, half of it by chance."""
        now = time.monotonic()
        if not self.why:
            self._since, self._said = now, now - _SAY_EVERY
        self.why = why
        if now - self._said >= _SAY_EVERY:
            self._said = now
            _log.warning("waiting for %.0f s: %s", now - self._since, why)
        longest = min(_LONGEST, _FIRST * 2.0 ** min(tries, 10))
        await asyncio.sleep(longest * random.uniform(0.5, 1))  # noqa: S311 - not a secret

    def over(self) -> None:
        """Say that it goes on."""
        if self.why:
            _log.warning("goes on after %.0f s: %s", time.monotonic() - self._since, self.why)
            self.why = ""
