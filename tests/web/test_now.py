"""What is new: stories, not articles; told quietly of others that came in while one reads."""

import re
import shutil

import httpx
import pytest
from api_world import fill, served
from told_articles import REVISED, item, receive
from web_pages import NARROW, accessible, fits, keep, watched


@pytest.fixture
def growing(sample_home, tmp_path):
    """A copy of the sample world that something comes into."""
    home = shutil.copytree(sample_home, tmp_path / "home")
    with served(home) as server:
        yield home, server.url


def shown(page):
    return [one.get_attribute("data-story") for one in page.locator("[data-story]").all()]


def test_each_story_stands_once_over_all_pages(page, site):
    page.goto(site)
    seen = shown(page)
    while page.get_by_role("link", name="Older", exact=True).count():
        page.get_by_role("link", name="Older", exact=True).click()
        page.wait_for_load_state()
        seen += shown(page)
    assert len(seen) == len(set(seen))
    asked = httpx.get(f"{site}/api/v1/stories", params={"query": "relevance:main", "limit": 200}, timeout=60)
    assert seen == [one["story"]["id"] for one in asked.json()["stories"]]


def test_a_card_has_the_first_outlet_the_number_of_others_flags_and_the_words(page, site):
    page.goto(site)
    asked = httpx.get(f"{site}/api/v1/stories", params={"query": "relevance:main", "limit": 30}, timeout=60)
    told = next(
        one
        for one in asked.json()["stories"]
        if len(one["story"]["sources"]) > 2 and one["document"]["watchlists"]
    )
    lead = httpx.get(f"{site}/api/v1/documents/{told['story']['lead']}").json()
    card = page.locator(f"[data-story='{told['story']['id']}']")
    said = card.inner_text()
    assert lead["source"]["name"] in said
    assert f"+{len(told['story']['sources']) - 1} sources" in said
    for name in lead["watchlists"]:
        assert name.replace("-", " ") in said
    assert card.locator("mark").count() > 0


def test_the_switch_shows_all_coverage(page, site):
    page.goto(site)
    page.get_by_role("link", name="All coverage").click()
    page.wait_for_url("**/?show=all")
    assert page.locator("[aria-current=true]").inner_text() == "All coverage"
    assert len(shown(page)) == 30
    page.get_by_role("link", name="Older", exact=True).click()
    page.wait_for_url(re.compile("show=all&after="))
    page.get_by_role("link", name="To the newest").click()
    page.wait_for_url("**/?show=all")


def test_it_reads_well_and_fits(browser, site):
    with watched(browser, "now narrow", viewport=NARROW) as page:
        page.goto(f"{site}/?show=all")
        fits(page)
        accessible(page)


def test_it_is_read_without_scripts(browser, site):
    with watched(browser, java_script_enabled=False) as page:
        page.goto(site)
        page.locator(".story h2 a").first.click()
        assert page.locator(".story-article").count() >= 1


def test_new_stories_are_told_of_and_move_nothing_until_asked_for(browser, growing):
    home, url = growing
    with watched(browser, "now fresh") as page:
        page.goto(url)
        page.locator(".story").nth(12).scroll_into_view_if_needed()
        before = shown(page), page.evaluate("scrollY")
        receive(home, REVISED[0], item("other", title="Iris scans at the harbour", **_IRIS))
        told = page.get_by_role("link", name="2 new stories")
        told.wait_for()
        assert (shown(page), page.evaluate("scrollY")) == before
        keep(page, "now told")
        accessible(page)
        told.click()
        page.wait_for_function("scrollY === 0 && document.querySelectorAll('.story .chip.good').length")
        assert len(set(shown(page)) - set(before[0])) == 2
        marked = page.locator(".story", has=page.locator(".chip.good"))
        assert marked.count() == 2
        assert page.get_by_role("link", name="new stories").count() == 0
        page.reload()
        assert page.locator(".story .chip.good").count() == 0


_IRIS = {
    "summary_html": "<p>The harbour takes iris images of crews.</p>",
    "content_html": "<p>Iris recognition opens the gates of the harbour for crews since Monday, said its director.</p>",
}


def test_an_empty_archive_says_how_to_begin(browser, tmp_path):
    with served(fill(tmp_path / "home", 0)) as server, watched(browser, "now empty") as page:
        page.goto(server.url)
        assert page.locator("[data-story]").count() == 0
        page.get_by_role("link", name="How to begin").wait_for()
        accessible(page)
