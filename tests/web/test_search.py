"""Search: found, narrowed, dragged over, saved, taken away as files; what is wrong is pointed at."""

import csv
import io
import json
import shutil
import urllib.parse

import httpx
import pytest
from api_world import served
from lxml import etree
from playwright.sync_api import expect
from web_pages import NARROW, accessible, fits, watched


@pytest.fixture(scope="module")
def own(sample_home, tmp_path_factory):
    """A copy of the sample world that tests may change."""
    with served(shutil.copytree(sample_home, tmp_path_factory.mktemp("search") / "home")) as server:
        yield server.url


def total(page):
    return int(page.locator("#found").inner_text().split()[0].replace(",", ""))


def follow(page, locator):
    """Click, and wait until what it leads to is there."""
    with page.expect_navigation():
        locator.click()


def test_a_search_shows_articles_with_their_words_and_counts(page, site):
    page.goto(f"{site}/search?q=face")
    assert 0 < total(page) < int(page.locator("#found").inner_text().split()[2].replace(",", ""))
    assert page.locator(".search-hit").count() == min(20, total(page))
    assert "face" in page.locator(".search-hit mark").first.inner_text().lower()
    assert page.locator("#find").input_value() == "face"
    accessible(page)


def test_a_facet_narrows_to_as_many_as_it_says_and_can_be_taken_out(page, site):
    page.goto(f"{site}/search?q=face")
    before = total(page)
    row = page.locator(".search-facet li:has(a)").first
    said = int(row.locator(".figure").inner_text().replace(",", ""))
    row.locator("a").click()
    expect(page.locator(".search-choices .chip")).to_have_count(1)
    assert total(page) == said
    page.locator(".search-choices .chip").click()
    expect(page.locator(".search-choices .chip")).to_have_count(0)
    assert page.locator("#find").input_value() == "face"
    assert total(page) == before


def test_values_go_by_their_names_and_queries_by_their_ids(page, site):
    page.goto(f"{site}/search?q=face")
    flag = page.locator(".search-facet a[title='watchlist:facial-recognition']")
    assert flag.inner_text() == "Facial recognition"
    page.locator(".search-hit a[title='watchlist:facial-recognition']").first.click()
    assert page.locator("#find").input_value() == "watchlist:facial-recognition"


def test_pages_hold_every_article_once(page, site):
    page.goto(f"{site}/search?q=face")
    wanted, seen = total(page), []
    while True:
        seen += page.locator(".search-hit h3 a").evaluate_all("links => links.map(one => one.pathname)")
        onward = page.locator('.pager a[rel="next"]')
        if not onward.count():
            break
        onward.click()
    assert len(seen) == len(set(seen)) == wanted > 20


def test_the_best_match_first_goes_on_too(page, site):
    page.goto(f"{site}/search?q=face&sort=relevance")
    first = page.locator(".search-hit h3 a").first.get_attribute("href")
    follow(page, page.locator('.pager a[rel="next"]'))
    assert "after=20" in page.url
    assert page.locator(".search-hit h3 a").first.get_attribute("href") != first
    expect(page.locator("select[name=sort]")).to_have_value("relevance")


def test_what_is_wrong_with_a_query_is_pointed_at(page, site):
    answered = page.goto(f"{site}/search?{urllib.parse.urlencode({'q': '人脸 titel:police', 'since': '7d'})}")
    assert answered.status == 400
    line, caret = page.locator(".search-place").inner_text().splitlines()
    assert line == "人脸 titel:police"
    assert caret == " " * 5 + "^"  # two wide characters take four columns
    assert "Did you mean title:?" in page.locator("#wrong").inner_text()
    assert page.locator("#find").input_value() == "人脸 titel:police"
    assert page.locator("input[name=since]").input_value() == "7d"
    accessible(page)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("since=tomorrow", "tomorrow"),
        ("since=2024-02-02&until=2024-01-01", "ends"),
        ("sort=best", "no order"),
        ("sort=relevance&after=99999", "1,000"),
        ("after=nowhere", "no place"),
    ],
)
def test_a_wrong_period_order_or_page_is_said(site, asked, said):
    answered = httpx.get(f"{site}/search?{asked}")
    assert answered.status_code == 400
    assert said in answered.text


def test_a_period_is_dragged_over_the_histogram(page, site):
    page.goto(f"{site}/search")
    everything = total(page)
    box = page.locator(".search-line svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20, steps=4)
    with page.expect_navigation():
        page.mouse.up()
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.url).query))
    assert set(asked) == {"since", "until"}
    assert total(page) < everything
    expect(page.locator(".search-presets a").last).to_have_text("all")


def test_everything_works_without_scripts(browser, site):
    with watched(browser, "search plain", java_script_enabled=False) as page:
        page.goto(f"{site}/search?q=face")
        page.locator(".search-when summary").click()
        row = page.locator(".search-when tbody tr").first
        said = int(row.locator("td").last.inner_text().replace(",", ""))
        follow(page, row.locator("a"))
        assert total(page) == said
        page.locator("#find").fill("iris")
        page.locator("select[name=sort]").select_option("relevance")
        follow(page, page.locator(".search-form button"))
        assert "q=iris" in page.url
        assert "sort=relevance" in page.url


def test_the_histogram_adds_up_to_the_total(page, site):
    page.goto(f"{site}/search?q=face")
    page.locator(".search-when summary").click()
    counts = page.locator(".search-when tbody td.number").all_inner_texts()
    assert sum(int(one.replace(",", "")) for one in counts) == total(page)


def test_where_nothing_is_found_what_is_near_is_offered(page, site):
    page.goto(f"{site}/search?q=face+wombatgate")
    expect(page.locator(".search-near li").filter(has_text="Without wombatgate")).to_have_count(1)
    follow(page, page.locator(".search-near a").filter(has_text="wombatgate"))
    assert page.locator("#find").input_value() == "face"
    assert total(page) > 0
    page.goto(f"{site}/search?q=wombatgate")
    expect(page.locator(".search-examples li")).not_to_have_count(0)
    accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(browser, site, scheme):
    with watched(browser, f"search narrow {scheme}", viewport=NARROW, color_scheme=scheme) as page:
        for asked in ("q=face", "q=face+titel:police", "q=wombatgate"):
            page.goto(f"{site}/search?{asked}")
            fits(page)
            accessible(page)
        page.goto(f"{site}/search?q=face")


def test_files_hold_what_is_found(page, site):
    page.goto(f"{site}/search?q=face")
    wanted = total(page)
    rows = list(csv.DictReader(io.StringIO(httpx.get(f"{site}/search.csv?q=face").text)))
    lines = [json.loads(line) for line in httpx.get(f"{site}/search.jsonl?q=face").text.splitlines()]
    assert len(rows) == len(lines) == wanted
    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    assert httpx.get(f"{site}/search.csv?q=wombatgate").text.startswith("id,url,")
    assert not [cell for row in rows for cell in row.values() if cell and cell[0] in "=+-@"]
    assert httpx.get(f"{site}/search.csv?q=titel:x").status_code == 400


def test_the_newest_found_are_a_feed(site):
    answered = httpx.get(f"{site}/search.rss?q=text:face")
    assert answered.headers["content-type"].startswith("application/rss+xml")
    items = etree.fromstring(answered.content).findall("channel/item")
    assert 0 < len(items) <= 50
    assert len({item.findtext("guid") for item in items}) == len(items)
    assert "blockquote" in items[0].findtext("description")


def test_a_search_is_saved_renamed_and_deleted(page, own):
    page.goto(f"{own}/search?q=face&sort=relevance&since=2020-01-01")
    page.locator(".search-save summary").click()
    page.get_by_label("Name").fill("Faces")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".said")).to_contain_text("Faces")
    follow(page, page.locator(".search-kept a").filter(has_text="Faces"))
    assert {"q=face", "sort=relevance", "since=2020-01-01"} <= set(
        urllib.parse.urlsplit(page.url).query.split("&")
    )
    page.locator(".search-save summary").click()
    page.get_by_label("Name").fill("faces")
    follow(page, page.get_by_role("button", name="Save"))
    expect(page.locator(".wrong .hint")).to_contain_text("already")
    accessible(page)
    page.goto(f"{own}/search/saved")
    page.get_by_label("Name of Faces").fill("  Faces at   borders ")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator(".saved-list h2")).to_have_text("Faces at borders")
    accessible(page)
    page.get_by_role("button", name="Delete Faces at borders").click()
    expect(page.locator(".nothing")).to_be_visible()


def test_a_search_leads_to_a_subscription(page, site):
    page.goto(f"{site}/search?q=face+NEAR%2F5+police")
    there = page.get_by_role("link", name="Make this a subscription").get_attribute("href")
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(there).query) == {"query": ["face NEAR/5 police"]}
