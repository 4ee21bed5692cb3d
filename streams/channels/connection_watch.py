"""Looks at every connection that code not our own makes, at the moment it is made.

An audit hook (PEP 578) is asked by the interpreter before each `connect`, with the very address: after
redirects and names, whatever library is at work. It acts only within `Watch.run`, in its thread and those
that copy its context.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from ipaddress import ip_address
from typing import Any, TypeVar

from connectors.guard import Guard, Refused

_R = TypeVar("_R")

_NEVER = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "socket.bind",
        "socket.sendto",
    }
    | {"subprocess.Popen"}
)
"""What sending a message over HTTP has no need of."""


class Watch:
    """Over one piece of work."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._host = ""
        self._sockets: list[socket.socket] = []
        self._over = False
        self.refused = ""
        """The sentence of the first refusal."""
        self.connected = False

    def run(self, work: Callable[..., _R], *arguments: Any) -> _R:
        """Do the work, watched. Refused connections fail in it as PermissionError."""
        _install()
        token = _watching.set(self)
        try:
            return work(*arguments)
        finally:
            _watching.reset(token)

    def break_off(self) -> None:
        """End every connection that it still holds, from another thread; no new one is let through."""
        self._over = True
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Asked before the event; raises PermissionError to prevent it."""
        if event == "socket.getaddrinfo":
            self._host = str(arguments[0])
        elif event == "socket.connect":
            self._connect(arguments[0], arguments[1])
        elif event in _NEVER:
            self._refuse(f"{event} is not allowed while a message is sent.")

    def _connect(self, connection: socket.socket, address: Any) -> None:
        if self._over:
            raise PermissionError("The time is over.")
        if not isinstance(address, tuple):
            self._refuse("Only addresses of the internet are connected to.")
        peer, port = str(address[0]), int(address[1])
        try:
            self._guard.check_addresses(self._host or peer, port, [ip_address(peer.partition("%")[0])])
        except Refused as refused:
            self._refuse(str(refused))
        except ValueError:
            self._refuse("A name cannot be connected to without looking at its address.")
        self._sockets.append(connection)
        self.connected = True

    def _refuse(self, sentence: str) -> None:
        self.refused = self.refused or sentence
        raise PermissionError(sentence)


_watching: ContextVar[Watch | None] = ContextVar("watching", default=None)


def watching() -> bool:
    """Whether the caller is inside `Watch.run`."""
    return _watching.get() is not None


@cache
def _install() -> None:
    """Once in a process: hooks cannot be taken off."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(("socket.", "os.", "subprocess.", "pty.")) and (watch := _watching.get()) is not None:
        watch.see(event, arguments)
