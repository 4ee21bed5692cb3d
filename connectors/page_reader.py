"""Extracts article pages in a child process, so that no page, however made, can hold up the rest.

    bytes ─► child (kept warm; memory, CPU and wall limits) ─► Page or ExtractError

The child is started when first needed, killed when a page takes too long, and started anew for the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import struct
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

import msgspec

from .extract import MAX_PAGE, ExtractError, Page, extract

_CHILD = "import sys; sys.path[:] = sys.argv[1:]; from connectors.page_reader import serve; serve()"
_LENGTH = struct.Struct("!I")
_STARTING = 60.0
_PAGES_PER_CHILD = 500
_MEMORY = 1536 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Request:
    html: bytes
    url: str
    content_type: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Answer:
    page: Page | None = None
    problem: str = ""


class PageReader:
    """One page after the other; use as `async with PageReader() as reader`."""

    def __init__(self, seconds: float = 10.0) -> None:
        """`seconds`: wall clock and CPU, each, for one page."""
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None
        self._served = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the child, if there is one."""
        await self._end()

    async def read(self, html: bytes, *, url: str = "", content_type: str = "") -> Page:
        """Read one page. Raises ExtractError, also for one that takes too long or too much memory."""
        if len(html) > MAX_PAGE:
            raise ExtractError(f"The page is larger than {MAX_PAGE // 1024 // 1024} MB.")
        request = msgspec.msgpack.encode(_Request(html, url, content_type, self._seconds))
        async with self._turn:
            child = await self._alive()
            try:
                async with asyncio.timeout(self._seconds):
                    answer = msgspec.msgpack.decode(await _exchange(child, request), type=_Answer)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as cause:
                await self._end()
                raise ExtractError("The page takes too much time or memory to read.") from cause
            except BaseException:
                await self._end()  # the answer of a page nobody waits for any more must not meet the next one
                raise
            self._served += 1
            if self._served >= _PAGES_PER_CHILD:
                await self._end()
        if answer.page is None:
            raise ExtractError(answer.problem)
        return answer.page

    async def _alive(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is None:
            return self._child
        await self._end()
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _CHILD,
            *sys.path,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us to handle, not for it to die of in mid-page
        )
        async with asyncio.timeout(_STARTING):
            await _receive(self._child)
        return self._child

    async def _end(self) -> None:
        child, self._child, self._served = self._child, None, 0
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        if child.stdin is not None:
            child.stdin.close()
        await child.wait()


async def _exchange(child: asyncio.subprocess.Process, request: bytes) -> bytes:
    if child.stdin is None:
        raise ConnectionError("no pipe to the child")
    child.stdin.write(_LENGTH.pack(len(request)) + request)
    await child.stdin.drain()
    return await _receive(child)


async def _receive(child: asyncio.subprocess.Process) -> bytes:
    if child.stdout is None:
        raise ConnectionError("no pipe from the child")
    (length,) = _LENGTH.unpack(await child.stdout.readexactly(_LENGTH.size))
    return await child.stdout.readexactly(length)


def serve() -> None:
    """The child: answer one request after the other until standard input ends."""
    import trafilatura  # noqa: F401 - its loading is no page's time

    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing a library prints may get between the answers
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, _MEMORY)
    _send(outgoing, b"ready")
    while head := incoming.read(_LENGTH.size):
        request = msgspec.msgpack.decode(incoming.read(_LENGTH.unpack(head)[0]), type=_Request)
        spent = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(spent.ru_utime + spent.ru_stime + request.seconds) + 1)
        _send(outgoing, msgspec.msgpack.encode(_answer(request)))


def _answer(request: _Request) -> _Answer:
    try:
        return _Answer(page=extract(request.html, url=request.url, content_type=request.content_type))
    except ExtractError as error:
        return _Answer(problem=str(error))
    except Exception as error:  # noqa: BLE001 - the outer wall: whatever a page makes a library do is its fault
        return _Answer(problem=f"The page cannot be read ({type(error).__name__}).")


def _send(outgoing: IO[bytes], data: bytes) -> None:
    outgoing.write(_LENGTH.pack(len(data)) + data)
    outgoing.flush()


def _limit(kind: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS; time still bounds it there
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))
