"""Pages in a real browser: watched for faults, checked by axe, kept as screenshots."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

CHROMIUM = "chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 740}

_VIOLATION = re.compile("content.security.policy|trustedhtml|trusted type", re.IGNORECASE)


@contextlib.contextmanager
def watched(browser: Browser, name: str = "", **options: Any) -> Iterator[Page]:
    """A page of a context of its own. Fails at the end for what no page of ours may do."""
    # Without motion: axe must not measure a colour on its way from one theme to the other.
    context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **options})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("console", lambda said: faults.append(said.text) if _VIOLATION.search(said.text) else None)
    page.on("request", lambda asked: faults.append(asked.url) if not _here(asked.url) else None)
    page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    try:
        yield page
        keep(page, name)
        assert not faults, faults
    finally:
        context.close()


def _here(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", None}


def keep(page: Page, name: str) -> None:
    """A screenshot, in the folder BIOWIRE_SCREENSHOTS names; nothing where it names none."""
    folder = os.environ.get("BIOWIRE_SCREENSHOTS")
    if folder and name:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{re.sub('[^A-Za-z0-9-]+', '-', name)}.png", full_page=True)


def accessible(page: Page) -> None:
    """Axe finds nothing."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def fits(page: Page) -> None:
    """Nothing reaches out of the window sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
