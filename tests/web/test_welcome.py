"""The first run: an empty home leads to sources and watchlists to choose; `run` takes feeds up at once."""

import json
import subprocess

import pytest
from api_world import printed, served
from embedded_runs import command, environment
from feed_site import site as feed_site
from playwright.sync_api import expect
from web_pages import NARROW, accessible, fits, watched


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An empty home."""
    home = tmp_path_factory.mktemp("welcome") / "home"
    home.mkdir()
    with served(home) as server:
        yield server.url, home


@pytest.mark.parametrize("path", ["/", "/health"])
def test_an_empty_home_leads_to_the_ways_to_begin(page, server, path):
    page.goto(server[0] + path)
    assert page.url == f"{server[0]}/welcome"
    assert "Nothing is followed yet" in page.locator("main").inner_text()
    assert "start biowire run" in page.locator("main").inner_text()  # this one only serves
    accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(browser, server, scheme):
    with watched(browser, f"welcome narrow {scheme}", viewport=NARROW, color_scheme=scheme) as page:
        page.goto(f"{server[0]}/welcome")
        fits(page)
        accessible(page)


def test_sources_and_watchlists_are_chosen_without_scripts(browser, server):
    url, home = server
    with watched(browser, "welcome", java_script_enabled=False) as page:
        page.goto(f"{url}/welcome")
        for label in (
            "Trade press",
            "Civil society",
            "Regulators and law",
            "General and regional",
            "Research",
        ):
            page.get_by_label(label, exact=True).uncheck()
        page.get_by_role("button", name="Begin").click()
        assert "at least one kind of source" in page.get_by_role("alert").inner_text()
        for label in ("Regulators and law", "General and regional", "Research"):
            page.get_by_label(label, exact=True).uncheck()
        page.get_by_label("Facial recognition", exact=True).check()
        page.get_by_role("button", name="Begin").click()
        said = page.get_by_role("status").inner_text()
        assert "22 of 22 feeds added. 1 subscription made." in said
        page.goto(url)
        assert page.url == f"{url}/"  # no article yet, but feeds
    assert {one["group"][0] for one in printed(home, "feeds", "list")} == {"Trade press", "Civil society"}
    (kept,) = printed(home, "subscriptions", "list")
    assert (kept["query"], kept["condition"]["kind"]) == ("watchlist:facial-recognition", "story")


@pytest.fixture
def running(tmp_path):
    """`biowire run` on an empty home, and a site it may fetch."""
    with feed_site() as site:
        more = {
            "BIOWIRE_FETCH_ALLOW": site.host,
            "BIOWIRE_FETCH_HOST_DELAY": "0",
            "BIOWIRE_FETCH_PAGES": "false",
            "BIOWIRE_WEB_PORT": "0",
        }
        line = command("-v", "run", "--json", "--home", str(tmp_path))
        with subprocess.Popen(
            line, env=environment(**more), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr is not None
            where = next(text for text in map(bytes.decode, process.stderr) if " url=" in text)
            yield site, where.split(" url='")[1].split("'")[0]
            process.terminate()
            out, _ = process.communicate(timeout=60)
        assert json.loads(out)["documents"] == site.items


def test_run_starts_without_feeds_and_fetches_what_is_followed_in_its_pages_at_once(page, running):
    site, url = running
    page.goto(url)
    assert page.url == f"{url}/welcome"
    page.get_by_role("link", name="Add a site by its address").click()
    page.get_by_label("Follow a feed").fill(site.url)
    page.get_by_role("button", name="Follow", exact=True).click()
    fetched(page, "3 in its last document")
    site.items = 4
    page.get_by_role("button", name="Fetch now").click()
    assert "is being fetched now" in page.get_by_role("status").inner_text()
    fetched(page, "4 in its last document")
    page.goto(f"{url}/health")
    expect(page.locator("#h-total")).to_have_text("4")


def fetched(page, words):
    """Load the page again until it says so: some seconds, where the next look at the list is half a minute away."""
    for _ in range(100):
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(200)
        page.reload()
    pytest.fail(f"{words}: {page.locator('main').inner_text()}")
