"""A real Chromium, and biowire served by its own command, for all tests of the web UI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import fill, served
from playwright.sync_api import Browser, Page, sync_playwright
from web_pages import CHROMIUM, FLAGS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module: where it runs, no other event loop can; skips when there is none, unless it is required."""
    if os.environ.get("BIOWIRE_BROWSER") == "off":
        pytest.skip("no browser to test with: BIOWIRE_BROWSER is off")
    where = os.environ.get("BIOWIRE_CHROMIUM") or shutil.which(CHROMIUM) or shutil.which("google-chrome")
    if where is None:
        reason = "no browser to test with: ./run.sh browser installs it"
        if os.environ.get("BIOWIRE_BROWSER") == "required":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=where, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample world in it; copy it before changing anything."""
    return fill(tmp_path_factory.mktemp("web") / "home")


@pytest.fixture(scope="package")
def site(sample_home: Path) -> Iterator[str]:
    """Where the sample world is served; only for tests that change nothing."""
    with served(sample_home) as server:
        yield server.url


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page; what goes wrong in it fails the test: errors of scripts, violations, requests elsewhere."""
    from web_pages import watched

    with watched(browser, request.node.name) as page:
        yield page
