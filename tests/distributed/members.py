"""Processes of ours as an operator's supervisor runs them: started, watched, killed, restarted, ended for sure."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import psutil
from embedded_runs import command, environment
from shared_data import ROOT


class Member:
    """One process: `biowire worker` or `biowire connect`, with a home and a log file of its own."""

    def __init__(
        self, name: str, arguments: tuple[str, ...], folder: Path, settings: Mapping[str, str]
    ) -> None:
        self.name, self.home = name, folder / name
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{name}.log"
        self.rss = 0
        """Largest resident size seen, bytes, children included."""
        self.starts = 0
        self.wanted = False
        """Whether it is restarted when it ends."""
        self._line = command("-v", *arguments, "--home", str(self.home))
        self._settings = dict(settings) | {"BIOWIRE_WORKER_ID": name}
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: list[int] = []

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        self._reap()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._line,
                env=environment(**self._settings),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._groups.append(self._process.pid)
        self.starts += 1
        self.wanted = True
        return self

    def kill(self) -> None:
        """SIGKILL; the supervisor starts it again."""
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
            self._process_wait(10)

    def terminate(self, timeout: float = 30.0) -> float:
        """SIGTERM; returns the seconds until it had ended, raises TimeoutExpired when it did not."""
        self.wanted = False
        if not self.running:
            return 0.0
        asked = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        self._process_wait(timeout)
        return time.monotonic() - asked

    @property
    def code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def measure(self) -> int:
        """Resident size now, bytes, children included; 0 when it does not run."""
        with contextlib.suppress(psutil.Error, AssertionError):
            process = psutil.Process(self.pid)
            now = sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])
            self.rss = max(self.rss, now)
            return now
        return 0

    def log_lines(self) -> int:
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def end(self) -> None:
        """Leave nothing of it behind, whatever it does."""
        self.wanted = False
        self.kill()
        self._reap()

    def _process_wait(self, timeout: float) -> None:
        assert self._process is not None
        self._process.wait(timeout)

    def _reap(self) -> None:
        """Children of a killed process, by the group that only they are in."""
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        self._groups.clear()


class Supervisor:
    """Starts again what ended though it is wanted, and measures memory, every quarter of a second."""

    def __init__(self, members: Callable[[], list[Member]], pause: float = 0.5) -> None:
        self._members, self._pause = members, pause
        self._ended: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @contextlib.contextmanager
    def holding(self):
        """Nothing is restarted meanwhile."""
        with self._lock:
            yield

    def _watch(self) -> None:
        turn = 0
        while not self._stop.wait(0.25):
            turn += 1
            with self._lock:
                for member in self._members():
                    self._look_at(member, measure=turn % 4 == 0)

    def _look_at(self, member: Member, *, measure: bool) -> None:
        if member.running:
            self._ended.pop(member.name, None)
            if measure:
                member.measure()
        elif member.wanted:
            ended = self._ended.setdefault(member.name, time.monotonic())
            if time.monotonic() - ended >= self._pause and not self._stop.is_set():
                member.start()
