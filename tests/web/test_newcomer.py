"""docs/first-ten-minutes.md is done, step by step, as it stands: commands in a terminal, the rest in a browser.

Nothing but this machine can be reached: tests/offline refuses every other name.
"""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from embedded_runs import environment
from playwright.sync_api import Page, expect
from shared_data import ROOT

DOC = (ROOT / "docs" / "first-ten-minutes.md").read_text(encoding="utf-8")
WRITTEN = "http://127.0.0.1:8383"
"""The address in the text; another port is taken here, as others may run."""
STARTING = ("git clone", "cd ")
"""What has been done before a test can run."""
WAIT = 90_000
"""Milliseconds that a busy machine may take for one step."""


def steps() -> Iterator[str]:
    """Lines of boxes and items of numbered lists, in their order; remarks in brackets left out."""
    for part in re.finditer(r"^```sh\n([^`]*)^```|^\d+\. (.*(?:\n   +.*)*)", DOC, re.MULTILINE):
        if part[1]:
            yield from (f"$ {line}" for line in part[1].splitlines())
        else:
            yield re.sub(r"\s*\([^)]*\)", "", " ".join(part[2].split()))


class Newcomer:
    """Who does what the text says."""

    def __init__(self, page: Page, home: Path) -> None:
        self.page, self.home = page, home
        self.terminal: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
            self.web, self.world = one.getsockname()[1], other.getsockname()[1]

    def do(self, step: str) -> None:
        for pattern, act in self.KNOWN.items():
            if (found := re.fullmatch(pattern, step)) is not None:
                act(self, *found.groups())
                return
        pytest.fail(f"nobody knows how to do this step: {step}")

    def type_command(self, line: str) -> None:
        if line.startswith(STARTING):
            return
        more = {
            "BIOWIRE_VENV": sys.prefix,
            "BIOWIRE_HOME": str(self.home),
            "BIOWIRE_WEB_PORT": str(self.web),
            "BIOWIRE_DEMO_PORT": str(self.world),
            "BIOWIRE_FETCH_GRACE": "0.1",
            "PYTHONPATH": f"{ROOT / 'tests' / 'offline'}:{ROOT}",
        }
        self.terminal = subprocess.Popen(
            line.split(), cwd=ROOT, env=environment(**more), stdout=subprocess.DEVNULL
        )
        self._until_it_answers()

    def _until_it_answers(self) -> None:
        until = time.monotonic() + 2 * WAIT / 1000
        while time.monotonic() < until:
            assert self.terminal is not None
            assert self.terminal.poll() is None, f"it ended with {self.terminal.returncode}"
            try:
                httpx.get(f"http://127.0.0.1:{self.web}/healthz", timeout=30)
            except httpx.TransportError:
                time.sleep(0.2)
            else:
                return
        pytest.fail("it never answered")

    def visit(self, address: str) -> None:
        self.page.goto(address.replace(WRITTEN, f"http://127.0.0.1:{self.web}"))

    def fill(self, text: str, label: str) -> None:
        self.page.get_by_label(label, exact=True).first.fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def tick(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).check()

    def untick(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).uncheck()

    def see(self, text: str) -> None:
        """Load the page again, as people do, while what comes in is not there yet."""
        wanted, until = (
            self.page.get_by_text(text).locator("visible=true").first,
            time.monotonic() + WAIT / 1000,
        )
        while time.monotonic() < until:
            with contextlib.suppress(AssertionError):
                expect(wanted).to_be_visible(timeout=15_000)
                return
            self.page.reload()
        pytest.fail(f"{text} is not on {self.page.url}: {self.page.locator('main').inner_text()[:500]}")

    def stop(self) -> None:
        assert self.terminal is not None
        self.terminal.send_signal(signal.SIGINT)
        assert self.terminal.wait(timeout=60) == 0
        self.terminal = None

    KNOWN: ClassVar = {
        r"\$ (.+)": type_command,
        r"Open `([^`]+)`\.": visit,
        r"Type `([^`]+)` into \*\*([^*]+)\*\*\.": fill,
        r"Press \*\*([^*]+)\*\*\.": press,
        r"Follow \*\*([^*]+)\*\*\.": follow,
        r"Tick \*\*([^*]+)\*\*\.": tick,
        r"Untick \*\*([^*]+)\*\*\.": untick,
        r"You see \*\*([^*]+)\*\*\.": see,
        r"Press Ctrl-C in the terminal\.": stop,
    }


def test_the_first_ten_minutes_go_as_they_are_written(page, tmp_path):
    stamp = Path(sys.prefix) / ".biowire"
    settings = (ROOT / "pyproject.toml").read_bytes()
    wanted = (
        subprocess.run(["cksum"], input=settings, capture_output=True, check=True).stdout.decode().strip()
    )
    if not stamp.exists() or stamp.read_text() != wanted:
        pytest.skip("run.sh would make this environment anew: run the tests by ./run.sh test")
    newcomer = Newcomer(page, tmp_path / "home")
    page.set_default_timeout(WAIT)
    done = 0
    try:
        for step in steps():
            newcomer.do(step)
            done += 1
    finally:
        if newcomer.terminal is not None:
            newcomer.terminal.kill()
            newcomer.terminal.wait()
    assert done > 25
    kept = sorted(path.stem for path in (tmp_path / "home" / "subscriptions").glob("*.toml"))
    assert kept == ["iris-at-borders", "new-facial-recognition"]
