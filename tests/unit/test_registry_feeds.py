"""The feed list an empty install starts with: readable, valid, complete in what it says of each publisher."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
from lxml import etree

from connectors.opml import NAMESPACE, read_opml
from connectors.records import Feed

KINDS = {
    "press",
    "ngo",
    "regulator",
    "government",
    "court",
    "research",
    "press-release",
    "company",
    "community",
}
PERSPECTIVES = {
    "industry",
    "civil-society",
    "regulator",
    "mainstream",
    "local",
    "research",
    "government",
}
GROUPS = {"Trade press", "Civil society", "Regulators and law", "General and regional", "Research"}
INTERNATIONAL = {
    "www.edpb.europa.eu",
    "www.europol.europa.eu",
    "api.gdeltproject.org",
    "news.google.com",
    "export.arxiv.org",
}

DATA = files("seeds").joinpath("feeds.opml").read_bytes()
FEEDS = read_opml(DATA)
OUTLINES = etree.fromstring(DATA).xpath("//outline[@xmlUrl]")


def test_the_list_has_every_feed_once() -> None:
    urls = [outline.get("xmlUrl") for outline in OUTLINES]
    assert len(urls) == len(set(urls)) == len(FEEDS) == 58


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.title[:40])
def test_a_feed_says_who_publishes_it_and_from_which_side(feed: Feed) -> None:
    assert feed.kind in KINDS
    assert feed.perspective in PERSPECTIVES
    assert len(feed.group) == 1
    assert set(feed.group) <= GROUPS
    assert feed.title
    assert feed.site_url.startswith("https://")
    assert feed.full_text == "auto"
    assert feed.verify_tls


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.title[:40])
def test_a_feed_has_a_country_unless_its_publisher_is_international(feed: Feed) -> None:
    host = urlsplit(feed.url).hostname
    assert (feed.country == "") == (host in INTERNATIONAL)
    assert feed.country == "" or (len(feed.country) == 2 and feed.country.isupper())
    assert len(feed.language) == (0 if host == "api.gdeltproject.org" else 2)


@pytest.mark.parametrize("outline", OUTLINES, ids=lambda outline: outline.get("title")[:40])
def test_a_feed_says_how_well_its_address_is_known(outline: etree._Element) -> None:
    assert outline.get("type") == "rss"
    assert outline.get("text") == outline.get("title")
    assert outline.get(f"{{{NAMESPACE}}}evidence") in {"V1", "V2", "V3"}
    assert date.fromisoformat(outline.get(f"{{{NAMESPACE}}}checked"))


@pytest.mark.parametrize(
    "feed", [one for one in FEEDS if "search" in one.title.lower()], ids=lambda f: f.title
)
def test_a_search_at_somebody_elses_service_is_not_asked_more_than_hourly(feed: Feed) -> None:
    own = ("www.gov.uk", "www.federalregister.gov")
    assert feed.interval >= 3600 or urlsplit(feed.url).hostname in own


def test_opaque_links_are_marked_as_leads() -> None:
    (lead,) = [one for one in OUTLINES if "news.google.com" in one.get("xmlUrl")]
    assert lead.get("description").startswith("Leads only")
