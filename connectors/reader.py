"""Reads feed documents without letting a hostile one stop the rest.

    bytes ─┬─► parse_cheaply (here, linear in the size) ─────────────► ParsedFeed
           └─► child process (kept warm, memory, CPU and wall limits) ─► ParsedFeed or DocumentTooCostly

Only what the fast reader cannot vouch for, and oversized documents, goes to the child. It is started when
first needed, killed when a document takes too long, started anew for the next one, and reaped always.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import select
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO, Self

import msgspec

from .errors import NotAFeed, PermanentError, TransientError
from .parse import parse, parse_cheaply
from .records import ParsedFeed

_CHILD = "import sys; sys.path[:] = sys.argv[1:]; from connectors.reader import serve; serve()"
_LENGTH = struct.Struct("!Q")
_OVERSIZED = 512 * 1024
"""Larger documents always go to the child: half a megabyte may hold 170,000 entries."""
_LARGEST = 64 * 1024 * 1024
_STARTING = 60.0
_READY = b"ready"
_CHUNK = 1 << 16
_DOCUMENTS_PER_CHILD = 500
"""A fresh child now and then: what a document left behind in memory does not stay."""


class DocumentTooCostly(PermanentError):  # noqa: N818 - reads as the sentence it is
    """The document took more time or memory to read than any feed may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one document may cost. `seconds`: wall clock and CPU each; `memory`: bytes of address space."""

    seconds: float = 4.0
    memory: int = 768 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Request:
    data: bytes
    url: str
    content_type: str
    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class _Answer:
    feed: ParsedFeed | None = None
    not_a_feed: str = ""
    too_costly: str = ""


class Reader:
    """Reads one document after the other; safe to share between threads and tasks. Close it when done."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0

    async def parse(self, data: bytes, *, url: str = "", content_type: str = "") -> ParsedFeed:
        """Read a document without blocking the event loop. Raises NotAFeed, DocumentTooCostly."""
        return await asyncio.to_thread(self.parse_sync, data, url=url, content_type=content_type)

    def parse_sync(self, data: bytes, *, url: str = "", content_type: str = "") -> ParsedFeed:
        """Read a document. Raises NotAFeed, DocumentTooCostly, TransientError."""
        if len(data) > _LARGEST:
            raise DocumentTooCostly(f"The document is larger than {_LARGEST // 1024 // 1024} MB.")
        if len(data) <= _OVERSIZED:
            feed = parse_cheaply(data, url=url, content_type=content_type)
            if feed is not None:
                return feed
        request = _Request(data, url, content_type, self._limits.seconds, self._limits.memory)
        with self._lock:
            answer = self._ask(msgspec.msgpack.encode(request))
        if answer.feed is not None:
            return answer.feed
        if answer.not_a_feed:
            raise NotAFeed(answer.not_a_feed)
        raise DocumentTooCostly(answer.too_costly)

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._end()

    def _ask(self, request: bytes) -> _Answer:
        """One request, one answer; a child that dies or is late is ended and has found a costly document."""
        child = self._alive()
        answer: bytes | None = None
        try:
            answer = _exchange(child, request, time.monotonic() + self._limits.seconds)
        except TimeoutError:
            self._end()
            return _Answer(too_costly=f"Reading the document took longer than {self._limits.seconds:g} s.")
        except OSError:
            pass
        if answer is None:
            self._end()
            return _Answer(too_costly="Reading the document took more memory or processor time than allowed.")
        self._served += 1
        found = msgspec.msgpack.decode(answer, type=_Answer)
        if found.too_costly or self._served >= _DOCUMENTS_PER_CHILD:
            self._end()
        return found

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        try:
            self._start()
        except OSError as cause:
            self._end()
            raise TransientError("The process that reads feeds could not be started.") from cause
        if self._child is None:
            raise TransientError("The process that reads feeds ended as soon as it was started.")
        return self._child

    def _start(self) -> None:
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", _CHILD, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for us to handle, not for it to die of in mid-document
        )
        for pipe in (self._child.stdin, self._child.stdout):
            os.set_blocking(_fileno(pipe), False)
        if _receive(_fileno(self._child.stdout), len(_READY), time.monotonic() + _STARTING) != _READY:
            self._end()

    def _end(self) -> None:
        child, self._child, self._served = self._child, None, 0
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        child.wait()


def _exchange(child: subprocess.Popen[bytes], request: bytes, deadline: float) -> bytes | None:
    """Send a request, take the answer; None when the child is gone. Raises TimeoutError, OSError."""
    to, back = _fileno(child.stdin), _fileno(child.stdout)
    left = memoryview(_LENGTH.pack(len(request)) + request)
    while left:
        if not select.select([], [to], [], _remaining(deadline))[1]:
            raise TimeoutError
        left = left[os.write(to, left[:_CHUNK]) :]
    head = _receive(back, _LENGTH.size, deadline)
    return _receive(back, _LENGTH.unpack(head)[0], deadline) if head else None


def _receive(fileno: int, length: int, deadline: float) -> bytes | None:
    """Exactly so many bytes; None when the other end closes first. Raises TimeoutError."""
    parts = bytearray()
    while len(parts) < length:
        if not select.select([fileno], [], [], _remaining(deadline))[0]:
            raise TimeoutError
        part = os.read(fileno, min(_CHUNK, length - len(parts)))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _fileno(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise OSError("no pipe to the child")
    return pipe.fileno()


def serve() -> None:
    """The child: answer one request after the other until standard input ends."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing a library prints may get between the answers
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    outgoing.write(_READY)
    outgoing.flush()
    while head := incoming.read(_LENGTH.size):
        request = msgspec.msgpack.decode(incoming.read(_LENGTH.unpack(head)[0]), type=_Request)
        _limit(request)
        answer = msgspec.msgpack.encode(_answer(request))
        outgoing.write(_LENGTH.pack(len(answer)))
        outgoing.write(answer)
        outgoing.flush()


def _limit(request: _Request) -> None:
    """Bound what the next document may cost; processor time counts from here."""
    cpu = int(time.process_time() + request.seconds) + 1
    for kind, limit in ((resource.RLIMIT_AS, request.memory), (resource.RLIMIT_CPU, cpu)):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS; time still bounds it there
            resource.setrlimit(kind, (limit, resource.getrlimit(kind)[1]))


def _answer(request: _Request) -> _Answer:
    try:
        return _Answer(feed=parse(request.data, url=request.url, content_type=request.content_type))
    except NotAFeed as why:
        return _Answer(not_a_feed=str(why))
    except (MemoryError, RecursionError):
        return _Answer(too_costly="Reading the document took more memory than allowed.")
