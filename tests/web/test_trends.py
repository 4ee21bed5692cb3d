"""Trends: shares of all coverage, spikes with what they rest on, pairs; every number leads to its articles."""

import csv
import io
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from api_world import fill, served
from documents import a_document, a_label, an_id
from playwright.sync_api import expect
from web_pages import NARROW, accessible, fits, watched

from streams.core.records import Source
from streams.embedded import Instance
from streams.seeds_files import vocabulary

BEGIN = datetime(2026, 8, 3, 9, tzinfo=UTC)
"""A Monday."""


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """Twelve weeks of ten articles a day, two of them on elections; on one Wednesday nine are."""
    home = fill(tmp_path_factory.mktemp("trends") / "home", items=1)
    spike = BEGIN + timedelta(days=72)
    with Instance(home / "biowire.db", vocabulary({})) as instance:
        instance.index.put(
            a_document(
                f"{day}-{n}",
                published=(at := BEGIN + timedelta(days=day, minutes=n)),
                source=Source(
                    name=f"Paper {n}", host=f"paper{n}.example", country="GB", kind="press", perspective=None
                ),
                labels=(a_label("theme", "elections"), a_label("organisation", "acme"))
                if n < (9 if at.date() == spike.date() else 2)
                else (),
            )
            for day in range(84)
            for n in range(10)
        )
        instance.index.delete(
            [
                one.id
                for one in instance.index.scan()
                if one.id not in {an_id(f"{d}-{n}") for d in range(84) for n in range(10)}
            ]
        )
    with served(home) as server:
        yield server.url


def follow(page, locator):
    """Click, and wait until what it leads to is there."""
    with page.expect_navigation():
        locator.click()


def test_shares_are_of_all_articles_and_lead_to_them(page, busy):
    page.goto(f"{busy}/trends?days=30")
    expect(page.locator(".trends-base")).to_contain_text("26 Sep 2026 to 25 Oct 2026, by day: 300 articles")
    key = page.locator(".trends-facet").first.locator(".trends-key li").first
    assert [one.strip() for one in key.inner_text().splitlines() if one.strip()] == [
        "elections",
        "67",
        "22 %",
    ]
    accessible(page)
    follow(page, key.locator("a"))
    expect(page.locator("#found")).to_contain_text("67 of 300 articles")


def test_a_spike_says_what_it_rests_on_and_shows_its_articles(page, busy):
    page.goto(f"{busy}/trends?days=30")
    spike = page.locator(".trends-facet").first.locator(".trends-spikes li")
    expect(spike).to_have_count(1)
    expect(spike).to_contain_text(
        "elections, 14 Oct 2026: 9 articles from 9 publishers; usually 2 on that weekday"
    )
    expect(spike).to_contain_text("90 % of all 10, usually 20 %; compared with 8 before")
    follow(page, spike.locator("a"))
    expect(page.locator("#found")).to_contain_text("9 of 10 articles")


def test_pairs_lead_to_articles_that_have_both(page, busy):
    page.goto(f"{busy}/trends?days=30")
    cell = page.locator(".trends-heat td a").first
    assert cell.inner_text() == "67"
    follow(page, cell)
    expect(page.locator("#found")).to_contain_text("67 of")
    expect(page.locator(".search-choices .chip")).to_have_count(2)


def test_charts_are_drawn_apart_in_both_schemes_and_have_their_numbers(page, busy):
    page.goto(f"{busy}/trends?days=30")
    for chart in page.locator(".trends-chart").all()[:2]:
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_js_property("complete", True)
        assert chart.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    light, dark = (
        httpx.get(f"{busy}/trends/theme.svg?days=30&scheme={one}", timeout=60) for one in ("light", "dark")
    )
    assert light.headers["content-type"] == "image/svg+xml"
    assert light.content != dark.content
    rows = list(csv.DictReader(io.StringIO(httpx.get(f"{busy}/trends/theme.csv?days=30").text)))
    assert {(row["from"], row["all articles"], row["elections"]) for row in rows} >= {
        ("2026-10-13", "10", "2"),
        ("2026-10-14", "10", "9"),
    }
    pairs = httpx.get(f"{busy}/trends/together.csv?days=30").text
    assert pairs.splitlines() == ["organisation,theme,articles", "acme,elections,67"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/trends?days=all", 200),
        ("/trends?since=2026-08-03&until=2026-08-30", 200),
        ("/trends?since=2020-01-01", 200),
        ("/trends?days=7", 400),
        ("/trends?since=soon", 400),
        ("/trends?since=2026-09-01&until=2026-08-01", 400),
        ("/trends/source.svg", 404),
        ("/trends/theme.svg?scheme=pink", 404),
        ("/trends/theme.png", 404),
    ],
)
def test_any_period_is_shown_and_what_cannot_be_is_said(busy, address, status):
    assert httpx.get(f"{busy}{address}", timeout=60).status_code == status


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(browser, site, scheme):
    with watched(browser, f"trends narrow {scheme}", viewport=NARROW, color_scheme=scheme) as page:
        page.goto(f"{site}/trends")
        page.wait_for_load_state("networkidle")
        fits(page)
        accessible(page)


def test_it_works_without_scripts(browser, site):
    with watched(browser, "trends plain", java_script_enabled=False) as page:
        page.goto(f"{site}/trends")
        page.locator(".trends-facet summary").first.click()
        expect(page.locator(".trends-table tbody tr").first).to_be_visible()
        page.locator("input[name=since]").fill("2026-11-15")
        follow(page, page.get_by_role("button", name="Show"))
        expect(page.locator(".trends-base")).to_contain_text("15 Nov 2026 to")
