"""Who looks at the newest stories is told when there are others: one poller for all who listen.

    index ─► poller, while somebody listens ─► the newest stories' ids ─► every listener

The same in both modes, as it only asks the ports: what comes in may be written by another process. Nothing
runs while nobody listens, and a poll that finds the index as it was costs next to nothing.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
from anyio import CapacityLimiter, to_thread

from connectors.errors import BiowireError
from streams.core.query import Everything, Query

from ..api.opening import Opening

LISTENERS = 50
"""At once; more are asked to come again."""
POLL_SECONDS = 0.4
HEARTBEAT_SECONDS = 15.0
"""After which a listener to whom nothing was said is told that we are still here."""
_SETTLED_SECONDS = 1.0
"""Clocks of files are coarse: a change younger than this may hide another one."""

_log = logging.getLogger(__name__)


class Listening:
    """The newest stories of one server, told to all who listen. Used in its event loop only."""

    def __init__(
        self,
        opening: Opening,
        asked: Mapping[str, Query],
        stories: int,
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        """`asked`: what a stream tells of, by name; of each the newest `stories`."""
        self._opening = opening
        self._asked = asked
        self._stories = stories
        self._heartbeat = heartbeat
        self._listeners = 0
        self._poller: asyncio.Task[None] | None = None
        self._newest = b""
        self._said = asyncio.Event()
        self._mark: object = None

    @property
    def full(self) -> bool:
        """Whether nobody else may listen now."""
        return self._listeners >= LISTENERS

    async def events(self) -> AsyncIterator[bytes]:
        """A stream of server-sent events: how things stand, then every change, until the server ends."""
        self._listeners += 1
        try:
            if self._poller is None or self._poller.done():
                self._poller = asyncio.create_task(self._poll())
            yield b"retry: 3000\n\n"
            told = b""
            while not self._poller.done():
                said = self._said
                if self._newest not in {told, b""}:
                    told = self._newest
                    yield b"event: stories\ndata: " + told + b"\n\n"
                elif not await _within(said, self._heartbeat):
                    yield b": still here\n\n"
            self._poller.result()
        finally:
            self._listeners -= 1

    async def _poll(self) -> None:
        limiter = CapacityLimiter(1)  # its own, so that busy pages do not keep it waiting
        try:
            while self._listeners and not self._opening.stopping.is_set():
                newest = await to_thread.run_sync(self._look, limiter=limiter)
                if newest != self._newest:
                    self._newest = newest
                    self._tell()
                await asyncio.sleep(POLL_SECONDS)
        finally:
            self._newest, self._mark = b"", None  # who listens next is told how things stand then
            self._tell()

    def _tell(self) -> None:
        said, self._said = self._said, asyncio.Event()
        said.set()

    def _look(self) -> bytes:
        """The newest stories' ids as JSON; as before while the index cannot be had."""
        try:
            mark = self._changed()
            if mark is not None and mark == self._mark:
                return self._newest
            found = self._found()
        except (BiowireError, sqlite3.Error, OSError) as away:
            _log.info("newest stories not read", extra={"why": str(away)})
            return self._newest
        self._mark = mark
        return found

    def _found(self) -> bytes:
        with self._opening.reading() as reading:
            return msgspec.json.encode(
                {
                    name: list(
                        dict.fromkeys(
                            hit.document.story_id
                            for hit in reading.index.search(query, limit=self._stories).hits
                        )
                    )
                    for name, query in self._asked.items()
                }
            )

    def _changed(self) -> object:
        """Changes whenever articles come in or go; None where that cannot be told yet."""
        context = self._opening.context
        if not context.distributed:
            return _stamp(context.store)
        with self._opening.reading() as reading:
            return reading.index.count(Everything(), copies=True)


def _stamp(store: Path) -> object:
    """Of the store and what was written lately, which SQLite keeps beside it."""
    files = [file.stat() for file in (store, store.with_name(f"{store.name}-wal")) if file.exists()]
    if not files or time.time() - max(one.st_mtime for one in files) < _SETTLED_SECONDS:
        return None
    return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in files)


async def _within(said: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await said.wait()
    except TimeoutError:
        return False
    return True
