"""Candidates for feeds on a page: declared first, then linked, then well-known; absolute, none twice."""

import pytest

from connectors.discover import WELL_KNOWN, discover

URL = "https://site.test/news/"

FOUND = {
    "declared": (
        '<link rel="alternate" type="application/rss+xml" href="/feed.rss">',
        ["https://site.test/feed.rss"],
    ),
    "declared loosely": (
        '<LINK REL="Alternate Feed" TYPE="Application/Atom+XML; charset=utf-8" HREF=" a.atom ">',
        ["https://site.test/news/a.atom"],
    ),
    "json feed": (
        '<link rel="alternate" type="application/feed+json" href="https://else.test/f.json">',
        ["https://else.test/f.json"],
    ),
    "comments last": (
        "<link rel=alternate type=text/rss title=Comments href=/c><link rel=alternate type=text/rss href=/n>",
        ["https://site.test/n", "https://site.test/c"],
    ),
    "base": (
        '<base href="https://cdn.test/x/"><link rel="alternate" type="application/rss+xml" href="f">',
        ["https://cdn.test/x/f"],
    ),
    "linked by address": ('<a href="/rss/press.xml">Press</a>', ["https://site.test/rss/press.xml"]),
    "linked by word": ('<a href="/abonnement">RSS</a>', ["https://site.test/abonnement"]),
    "declared before linked": (
        '<a href="/x.rss">x</a><link rel="alternate" type="application/rss+xml" href="/y">',
        ["https://site.test/y", "https://site.test/x.rss"],
    ),
    "each once": ('<a href="/x.rss">x</a><a href="/x.rss#top">x</a>', ["https://site.test/x.rss"]),
    "about rss elsewhere": ('<a href="https://wiki.test/what">What is RSS?</a>', []),
    "translation": ('<link rel="alternate" hreflang="de" href="/de/">', []),
    "stylesheet": ('<link rel="stylesheet" href="/feed.css">', []),
    "api": ('<link rel="alternate" type="application/json" href="/wp-json/posts/1">', []),
    "scripts": ('<a href="javascript:rss()">RSS</a><a href="data:,/feed/">RSS</a>', []),
    "itself": ('<a href="https://site.test/news/">feed</a>', []),
}


@pytest.mark.parametrize(("page", "expected"), FOUND.values(), ids=FOUND.keys())
def test_candidates_of_a_page_come_before_the_well_known(page, expected):
    found = discover(f"<html><head>{page}".encode(), URL)
    assert list(found[: len(expected)]) == expected
    assert list(found[len(expected) :]) == [f"https://site.test{path}" for path in WELL_KNOWN]


def test_an_empty_page_still_has_well_known_candidates():
    assert len(discover(b"", URL)) == len(WELL_KNOWN)


def test_a_page_of_links_is_cut_off():
    page = "".join(f'<a href="/{n}.rss">x</a>' for n in range(1000)).encode()
    assert len(discover(page, URL)) == 50


@pytest.mark.parametrize("page", [b"<a" * 500_000, b"<div>" * 200_000, b"\x00\xff" * 1000, b"<!--" * 200_000])
def test_a_hostile_page_gives_candidates_all_the_same(page):
    assert discover(page, URL)[-1] == "https://site.test/feed.json"
