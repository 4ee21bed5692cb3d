"""The page of a story: who was first, who copied, who reported, and why each belongs to it."""

import httpx
import pytest
from web_pages import NARROW, accessible, fits, keep, watched


@pytest.fixture(scope="module")
def stories(site):
    """The largest of the sample world, with all their articles."""
    asked = httpx.get(f"{site}/api/v1/stories", params={"query": "relevance:main", "limit": 100}, timeout=60)
    largest = sorted(asked.json()["stories"], key=lambda one: -one["story"]["size"])[:8]
    return [httpx.get(f"{site}/api/v1/stories/{one['story']['id']}", timeout=60).json() for one in largest]


@pytest.fixture(scope="module")
def copied(stories):
    """One with copies and with independent reports."""
    roles = [({one["story"]["role"] for one in whole["documents"]}, whole) for whole in stories]
    return next(whole for kinds, whole in roles if {"copy", "report"} <= kinds)


def test_its_articles_stand_in_the_order_they_came(page, site, copied):
    page.goto(f"{site}/stories/{copied['story']['id']}")
    links = [one.get_attribute("href") for one in page.locator(".story-article h2 a").all()]
    assert links == [f"/documents/{one['id']}" for one in reversed(copied["documents"])]
    assert page.locator(".story-line circle").count() == len(links)


def test_it_says_how_many_tell_it_and_who_was_first(page, site, copied):
    page.goto(f"{site}/stories/{copied['story']['id']}")
    said = page.locator(".story-sum").inner_text()
    story = copied["story"]
    lead = next(one for one in copied["documents"] if one["id"] == story["lead"])
    assert (
        f"{story['size']} articles from {len(story['sources'])} outlets, {story['independent']} independent"
        in said
    )
    assert f"{lead['source']['name']} was first" in said


def test_copies_are_told_from_reports_and_each_says_why_it_is_here(page, site, copied):
    page.goto(f"{site}/stories/{copied['story']['id']}")
    names = {"lead": "first report", "report": "report", "copy": "copy", "press-release": "press release"}
    for document in copied["documents"]:
        shown = page.locator(
            ".story-article", has=page.locator(f"a[href='/documents/{document['id']}']")
        ).first
        assert shown.locator(".story-role").inner_text() == names[document["story"]["role"]]
        if document["dedup"]["of"]:
            assert document["dedup"]["reason"] in shown.inner_text()
        elif document["id"] != copied["story"]["lead"]:
            assert document["story"]["reason"] in shown.inner_text()


def test_flags_are_counted_over_all_of_its_articles(page, site, copied):
    page.goto(f"{site}/stories/{copied['story']['id']}")
    documents = copied["documents"]
    flagged = [one for document in documents for one in document["watchlists"]]
    assert flagged
    for name in set(flagged):
        row = page.locator(".story-side tr", has_text=name.replace("-", " ")).first
        assert f"{flagged.count(name)} of {len(documents)}" in row.inner_text()


def test_it_reads_well_and_fits_without_scripts(browser, site, copied):
    options = {"viewport": NARROW, "java_script_enabled": True}
    with watched(browser, "story narrow", **options) as page:
        page.goto(f"{site}/stories/{copied['story']['id']}")
        fits(page)
        accessible(page)
        page.set_viewport_size({"width": 1280, "height": 900})
        keep(page, "story light")
        page.emulate_media(color_scheme="dark")
        accessible(page)
        keep(page, "story dark")
    with watched(browser, java_script_enabled=False) as page:
        page.goto(f"{site}/stories/{copied['story']['id']}")
        page.locator(".story-article h2 a").last.click()
        assert page.locator(".article-text").count() > 0


def test_a_story_that_became_part_of_another_leads_there(site, copied):
    later = next(one for one in copied["documents"] if one["id"] != copied["story"]["lead"])
    answer = httpx.get(f"{site}/stories/s{later['id']}")
    assert answer.headers["location"] == f"/stories/{copied['story']['id']}"


@pytest.mark.parametrize("id_", ["s" + "0" * 20, "x", "s%3Cscript%3E"])
def test_what_is_no_story_is_not_here(site, id_):
    answer = httpx.get(f"{site}/stories/{id_}")
    assert answer.status_code == 404
    assert "<script>" not in answer.text
