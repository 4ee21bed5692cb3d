"""One server in its own process: started, killed, frozen and started again on the same port and data."""

import contextlib
import random
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

import psutil

_WATCH = 'read -r _; kill -9 "$1"'
"""Reads a pipe that ends when we end, however we end; then the server goes too."""


_given: set[int] = set()
"""Ports already promised to a server of ours that may not listen yet."""


class FailedError(RuntimeError):
    """A server did not start; the text ends with the last lines of its log."""


def free_port() -> int:
    """A port on loopback that nobody has.

    Below the ports the system gives to clients: while a killed server is away, no client can be given its port.
    """
    while True:
        port = random.randrange(21000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


class Server(ABC):
    """A server under `home` (its data and its log), answering at 127.0.0.1:`port`; a context manager."""

    name = "server"

    def __init__(self, home: Path | None, port: int | None = None) -> None:
        self.home = home
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """What runs the server in the foreground; called before every start, makes what the server needs."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server does its work; may raise OSError."""

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the server wrote, all its starts."""
        return self._own_home() / "server.log"

    @property
    def pid(self) -> int:
        """Process id; RuntimeError when it is not running."""
        return self._running().pid

    @property
    def alive(self) -> bool:
        """Whether the process is there; a frozen one is."""
        return self._process is not None and self._process.poll() is None

    def start(self, within: float = 60) -> Self:
        """Runs it and waits until it answers, at most `within` seconds. Raises FailedError with the end of its log."""
        if self.alive:
            raise RuntimeError(f"{self.name} is already running")
        self.launch()
        try:
            self.wait(within)
        except BaseException:
            self.kill()
            raise
        return self

    def launch(self) -> None:
        """Runs it and does not wait."""
        self._own_home().mkdir(parents=True, exist_ok=True)
        self._end()
        command = self.command()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._watch = subprocess.Popen(
            ["sh", "-c", _WATCH, "sh", str(self._process.pid)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def wait(self, within: float = 60) -> None:
        """Waits until it answers, at most `within` seconds. Raises FailedError."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            if not self.alive:
                raise FailedError(f"{self.name} ended before it answered at {self.address}:\n{self.tail()}")
            with contextlib.suppress(OSError):
                if self.answers():
                    return
            time.sleep(0.1)
        raise FailedError(
            f"{self.name} did not answer at {self.address} within {within:.0f} s:\n{self.tail()}"
        )

    def kill(self) -> None:
        """SIGKILL, as when the machine dies. Nothing happens when it is not running."""
        if self._process is not None and self.alive:
            self._process.kill()
        self._end()

    def terminate(self, within: float = 30) -> None:
        """SIGTERM, and SIGKILL when it has not ended after `within` seconds."""
        if self._process is not None and self.alive:
            self.thaw()
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(within)
        self.kill()

    def restart(self, within: float = 60) -> Self:
        """Again on the same port and data, after a kill or in place of the one that runs."""
        self.kill()
        return self.start(within)

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, nothing is answered. Returns when it has stopped."""
        self._running().send_signal(signal.SIGSTOP)
        process = psutil.Process(self.pid)
        while process.status() != psutil.STATUS_STOPPED:  # the signal is delivered when the system gets to it
            time.sleep(0.01)

    def thaw(self) -> None:
        """SIGCONT."""
        self._running().send_signal(signal.SIGCONT)

    def rss(self) -> int:
        """Bytes of memory the process holds."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def tail(self, lines: int = 30) -> str:
        """The end of the log."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"{self.name} at {self.address} is not running, or not ours")
        return self._process

    def _own_home(self) -> Path:
        if self.home is None:
            raise RuntimeError(f"{self.name} at {self.address} is not ours: it was running before")
        return self.home

    def _end(self) -> None:
        """Collects both processes; the watch first, so that it never kills a stranger with the same number."""
        if self._watch is not None:
            self._watch.kill()
            self._watch.communicate()
            self._watch = None
        if self._process is not None:
            self._process.wait()
            self._process = None
