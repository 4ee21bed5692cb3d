"""The feed list in the browser: how feeds are, following, changing, whole lists in and out."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from api_world import FEEDS, served
from feed_site import site as feed_site
from web_pages import NARROW, accessible, fits, watched

from connectors.cli.feeds import opened
from connectors.console import Context
from connectors.opml import read_opml
from connectors.records import Feed
from connectors.schedule import FetchState

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
WELL = FetchState(
    last_fetch=NOW - DAY, last_success=NOW - DAY, last_change=NOW - DAY, next_fetch=NOW + DAY, entries=9
)
STATES = {
    "http://127.0.0.1:9/well": ("The Morning Post", WELL),
    "http://127.0.0.1:9/quiet": ("The Quiet Quarterly", replace(WELL, last_change=NOW - 90 * DAY)),
    "http://127.0.0.1:9/broken": (
        "<b>Broken</b> & Sons",
        replace(
            WELL,
            failure="The server answers 500, Internal Server Error.",
            failures=3.0,
            failing_since=NOW - 3 * DAY,
        ),
    ),
    "http://127.0.0.1:9/gone": (
        "Gone Gazette",
        replace(WELL, retired="The publisher says it is gone for good (410).", next_fetch=None),
    ),
}


@pytest.fixture(scope="module")
def gazette():
    with feed_site() as site:
        yield site


@pytest.fixture(scope="module")
def home(sample_home, tmp_path_factory):
    """The sample world, with feeds that are well, silent, failing and retired besides two never fetched."""
    home = shutil.copytree(sample_home, tmp_path_factory.mktemp("feeds") / "home")
    with opened(Context(home=home, settings={}), writer=True) as store:
        for url, (title, state) in STATES.items():
            store.add([Feed(url=url, title=title)])
            store.save(url, state)
    return home


@pytest.fixture(scope="module")
def server(home, gazette):
    with served(home, BIOWIRE_FETCH_ALLOW=gazette.host, BIOWIRE_FETCH_HOST_DELAY="0") as server:
        yield server.url


def rows(page):
    return page.locator(".feeds-table tbody tr")


def test_each_feed_tells_how_it_is_and_why(page, server):
    page.goto(f"{server}/feeds")
    assert rows(page).count() == len(FEEDS) + len(STATES)
    broken = page.locator("tr", has_text="Broken")
    assert "<b>Broken</b> & Sons" in broken.inner_text()
    assert "answers 500, Internal Server Error. Since 3 days ago" in broken.inner_text()
    assert "failing" in broken.inner_text()
    gone = page.locator("tr", has_text="Gone Gazette")
    assert "gone for good (410)" in gone.inner_text()
    assert "never" in gone.inner_text()
    accessible(page)


@pytest.mark.parametrize(
    ("only", "left"), [("Failing 1", "Broken"), ("Silent 1", "Quarterly"), ("Retired 1", "Gone")]
)
def test_those_with_one_kind_of_trouble_are_shown_alone(page, server, only, left):
    page.goto(f"{server}/feeds")
    page.get_by_role("link", name=only).click()
    assert left in rows(page).inner_text()  # the one row there is


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_and_a_feed_fit_a_telephone(browser, server, scheme):
    with watched(browser, f"feeds narrow {scheme}", viewport=NARROW, color_scheme=scheme) as page:
        page.goto(f"{server}/feeds")
        fits(page)
        accessible(page)
        page.get_by_role("link", name="Broken").click()
        fits(page)
        accessible(page)


def test_a_feed_is_found_behind_a_site_changed_retired_revived_and_removed_without_scripts(
    browser, server, gazette
):
    with watched(browser, "feed", java_script_enabled=False) as page:
        page.goto(f"{server}/feeds")
        page.get_by_label("Follow a feed").fill(gazette.url)
        page.get_by_role("button", name="Follow", exact=True).click()
        assert "Now following The Gate Gazette" in page.get_by_role("status").inner_text()
        page.get_by_label("Title").fill("Gate Gazette")
        page.get_by_label("Country").fill("gb")
        page.get_by_label("Kind of source").select_option("press")
        page.get_by_label("Full text").select_option("never")
        page.get_by_label("Fetch", exact=True).select_option("every 6 h")
        page.get_by_role("button", name="Keep").click()
        assert page.locator("h1").inner_text() == "Gate Gazette"
        assert page.get_by_label("Country").input_value() == "GB"
        assert page.get_by_label("Full text").input_value() == "never"
        page.get_by_role("button", name="Fetch now").click()
        assert "nothing fetches here" in page.get_by_role("status").inner_text()
        page.get_by_role("button", name="Retire").click()
        assert "Retired by hand." in page.locator("main").inner_text()
        page.get_by_role("button", name="Follow again").click()
        page.locator("summary", has_text="Remove").click()
        page.get_by_role("button", name="Remove").click()
        assert "is off the list" in page.get_by_role("status").inner_text()
        assert page.locator("tr", has_text="Gazette").count() == 1  # the other one


def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(page, server):
    page.goto(f"{server}/feeds")
    page.get_by_label("Follow a feed").fill("http://10.0.0.1/feed")
    page.get_by_role("button", name="Follow", exact=True).click()
    assert "not on the public internet" in page.locator("#url-said").inner_text()
    assert page.get_by_label("Follow a feed").input_value() == "http://10.0.0.1/feed"
    accessible(page)
    page.goto(f"{server}/feeds/one?url=http://127.0.0.1:9/well")
    page.get_by_label("Country").fill("Albania")
    page.get_by_role("button", name="Keep").click()
    assert "is no country code" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Country").input_value() == "Albania"


def test_whole_lists_go_out_and_in(page, server, tmp_path):
    page.goto(f"{server}/feeds")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save this list").click()
    assert {feed.url for feed in read_opml(saving.value.path().read_bytes())} >= {*STATES}
    large = "".join(
        f'<outline type="rss" text="Feed {n}" xmlUrl="http://127.0.0.1:9/many/{n}"/>' for n in range(2500)
    )
    (tmp_path / "list.opml").write_text(f'<opml version="2.0"><body>{large}</body></opml>')
    assert (tmp_path / "list.opml").stat().st_size > 128 * 1024  # more than other paths take
    page.get_by_label("OPML file").set_input_files(tmp_path / "list.opml")
    page.get_by_role("button", name="Add its feeds").click()
    assert "2,500 of 2,500 feeds added." in page.get_by_role("status").inner_text()
    assert rows(page).count() == 100
    page.get_by_role("link", name="Next").click()
    assert "101 to 200 of 2,5" in page.locator("main").inner_text()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"x" * (2 * 1024 * 1024), "larger than 2 MB; `biowire feeds import FILE.opml` takes it."),
        (b"x" * (30 * 1024 * 1024), "larger than 2 MB; `biowire feeds import FILE.opml` takes it."),
        (b"<html>", "is no OPML"),
        (b'<opml version="2.0"><body></body></opml>', "names no feed"),
    ],
    ids=["just too large", "far too large", "broken", "empty"],
)
def test_a_list_that_cannot_be_taken_is_told_beside_the_field(page, server, tmp_path, content, says):
    (tmp_path / "list.opml").write_bytes(content)
    page.goto(f"{server}/feeds")
    page.get_by_label("OPML file").set_input_files(tmp_path / "list.opml")
    page.get_by_role("button", name="Add its feeds").click()
    assert says in page.locator("#file-said .trouble").inner_text()
    accessible(page)


def test_other_paths_take_no_more_than_before(server):
    answer = httpx.post(f"{server}/feeds", content=b"x" * (128 * 1024 + 1))
    assert answer.status_code == 413
    assert "128 kB" in answer.text
