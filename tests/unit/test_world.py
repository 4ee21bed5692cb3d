"""The sample world is rich enough, reads as it was written, and its server keeps to the script."""

from __future__ import annotations

import io
import json
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp
import feedparser
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.opml import read_opml
from connectors.parse import parse
from connectors.urls import canonical_url
from seeds.world import DEFAULT_PORT, OPENING, Article, Feed, WorldError, load, pages, render
from seeds.world.__main__ import main
from seeds.world.copies import derive
from seeds.world.records import BEHAVIOURS, DECLARED, FORMATS, GUIDS, LAYOUTS, LINKS, TRAPS, WATCHLISTS
from seeds.world.server import RETRY_AFTER, Running, serve

WORLD = load()
ARTICLES = tuple(WORLD.articles.values())
ORIGINALS = tuple(article for article in ARTICLES if not article.copy_of)
FEEDS = tuple(WORLD.feeds.values())
END = datetime(2026, 11, 30, tzinfo=UTC)
UNREADABLE = ("truncated", "control-characters", "ampersand", "entities", "empty")
SOUND = tuple(feed for feed in FEEDS if feed.behaviour not in UNREADABLE)


def named(behaviour: str) -> Feed:
    return next(feed for feed in FEEDS if feed.behaviour == behaviour)


def page(article: Article, now: datetime = END) -> str:
    return pages.article_page(WORLD, article, now=now, port=DEFAULT_PORT)


class TestContent:
    def test_there_is_enough_of_it(self) -> None:
        assert len(FEEDS) >= 30
        assert len(ARTICLES) >= 300
        assert len({article.language for article in ARTICLES}) >= 9
        assert sum(article.language == "en" for article in ARTICLES) >= 210

    @pytest.mark.parametrize("trap", TRAPS)
    def test_every_look_alike_has_an_article_that_is_not_about_biometrics(self, trap: str) -> None:
        found = [article for article in ARTICLES if article.trap == trap]
        assert found
        assert all(article.expect.relevance != "main" for article in found)

    def test_most_look_alikes_expect_no_flag_at_all(self) -> None:
        traps = [article for article in ARTICLES if article.trap and article.language == "en"]
        assert sum(not article.expect.watchlists for article in traps) >= 0.9 * len(traps)

    def test_many_events_are_reported_by_several_outlets_in_their_own_words(self) -> None:
        reports: dict[str, set[str]] = {}
        for article in ORIGINALS:
            if article.story:
                reports.setdefault(article.story, set()).add(article.outlet)
        assert sum(len(outlets) >= 3 for outlets in reports.values()) >= 25

    def test_reports_of_one_event_lie_within_ten_days(self) -> None:
        times: dict[str, list[datetime]] = {}
        for article in ARTICLES:
            if article.story:
                times.setdefault(article.story, []).append(article.published)
        assert {
            story: max(t) - min(t) for story, t in times.items() if max(t) - min(t) > timedelta(days=10)
        } == {}

    @pytest.mark.parametrize("watchlist", WATCHLISTS)
    def test_every_watchlist_is_expected_somewhere_and_absent_elsewhere(self, watchlist: str) -> None:
        hits = sum(watchlist in article.expect.watchlists for article in ORIGINALS)
        assert 20 <= hits <= len(ORIGINALS) / 3

    def test_the_modalities_of_the_field_all_occur(self) -> None:
        used = {modality for article in ORIGINALS for modality in article.expect.modality}
        wanted = "face fingerprint palmprint iris retina vein ear voice gait keystroke signature heartbeat dna odour"
        assert set(wanted.split()) <= used

    def test_the_daily_column_has_one_title_and_different_news(self) -> None:
        column = [article for article in ARTICLES if article.title.startswith("Morning round-up")]
        assert len(column) >= 6
        assert len({article.title for article in column}) == 1
        assert len({article.text for article in column}) == len(column)

    def test_no_two_originals_have_the_same_text(self) -> None:
        assert [text for text, n in Counter(article.text for article in ORIGINALS).items() if n > 1] == []

    def test_an_original_is_as_long_as_a_short_news_item(self) -> None:
        articles = [a for a in ORIGINALS if a.language == "en" and a.text != a.summary]
        assert {a.key: len(a.text.split()) for a in articles if not 45 <= len(a.text.split()) <= 220} == {}

    def test_copies_stay_close_to_their_original(self) -> None:
        for copy in (article for article in ARTICLES if article.copy_of):
            original = WORLD.articles[copy.copy_of]
            alike = SequenceMatcher(None, copy.text, original.text, autojunk=False).ratio()
            assert alike >= 0.6, copy.key
            assert (copy.outlet, copy.story) != (original.outlet, ""), copy.key

    def test_there_are_undated_and_absurdly_dated_items_and_equal_times(self) -> None:
        odd = [article.dated_as for article in ARTICLES if article.dated_as is not None]
        assert "" in odd
        assert len(set(odd)) >= 6
        assert max(Counter(article.published for article in ARTICLES).values()) >= 4

    def test_something_happens_after_the_opening(self) -> None:
        assert len(WORLD.moments) >= 30
        assert any(a.revisions and a.published < OPENING < a.revisions[-1].at for a in ARTICLES)

    def test_the_summary_counts_what_is_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 0
        first = capsys.readouterr().out.splitlines()[0]
        assert first == f"outlets {len(WORLD.outlets)}, feeds {len(FEEDS)}, articles {len(ARTICLES)}"

    def test_nothing_names_this_machine(self) -> None:
        text = "".join(
            path.read_text(encoding="utf-8") for path in Path(pages.__file__).parent.rglob("*.toml")
        )
        assert not re.search(r"/work|/tmp|/root|https?://", text)


class TestFeeds:
    @pytest.mark.parametrize(
        ("name", "wanted"),
        [("format", FORMATS), ("behaviour", tuple(BEHAVIOURS)), ("guid", GUIDS), ("links", LINKS)],
    )
    def test_every_manner_is_shown_by_some_feed(self, name: str, wanted: tuple[str, ...]) -> None:
        assert set(wanted) - {getattr(feed, name) for feed in FEEDS} == set()

    def test_encodings_are_declared_in_every_place(self) -> None:
        places = {place for feed in FEEDS for place in feed.declared}
        assert places == set(DECLARED)
        wanted = {"windows-1251", "iso-8859-2", "gb18030", "shift_jis", "euc-kr", "big5", "utf-16"}
        assert wanted <= {feed.encoding for feed in FEEDS}

    @pytest.mark.parametrize("feed", SOUND, ids=lambda feed: feed.id)
    def test_an_independent_reader_finds_the_titles_that_were_written(self, feed: Feed) -> None:
        rendered = render.feed(WORLD, feed, now=END, port=DEFAULT_PORT)
        expected = [article.title for article in WORLD.entries(feed, END)]
        assert _titles(rendered, feed) == expected

    @pytest.mark.parametrize(
        "feed", [*SOUND, named("ampersand"), named("entities")], ids=lambda feed: feed.id
    )
    def test_our_reader_finds_titles_and_articles_that_were_written(self, feed: Feed) -> None:
        rendered = render.feed(WORLD, feed, now=END, port=DEFAULT_PORT)
        url = render.feed_url(feed, DEFAULT_PORT)
        parsed = parse(rendered.body, url=url, content_type=rendered.content_type)
        shown = WORLD.entries(feed, END)
        assert [entry.title for entry in parsed.entries] == [article.title for article in shown]
        own = [canonical_url(render.article_url(article, DEFAULT_PORT)) for article in shown]
        assert [canonical_url(entry.link) for entry in parsed.entries] == own

    @pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.id)
    def test_rendering_is_a_function_of_its_arguments(self, feed: Feed) -> None:
        first, second = (render.feed(WORLD, feed, now=OPENING, port=1) for _ in range(2))
        assert first == second

    def test_one_feed_has_over_two_hundred_entries(self) -> None:
        assert max(len(WORLD.entries(feed, OPENING)) for feed in FEEDS) > 200

    def test_some_outlets_show_an_article_in_two_feeds_under_different_links(self) -> None:
        links: dict[str, set[str]] = {}
        for feed in SOUND:
            rendered = render.feed(WORLD, feed, now=END, port=DEFAULT_PORT)
            if feed.format in ("rss-2.0", "atom-1.0"):
                for entry in feedparser.parse(io.BytesIO(rendered.body)).entries:
                    key = re.search(r"/\d{4}/\d\d/([a-z0-9-]+)", entry.link)
                    assert key
                    links.setdefault(key[1], set()).add(entry.link)
        assert sum(len(found) > 1 for found in links.values()) >= 10

    @pytest.mark.parametrize("behaviour", ["ampersand", "entities", "control-characters", "truncated"])
    def test_a_broken_feed_is_no_well_formed_xml(self, behaviour: str) -> None:
        rendered = render.feed(WORLD, named(behaviour), now=OPENING, port=DEFAULT_PORT)
        with pytest.raises(ET.ParseError):
            ET.fromstring(rendered.body)

    def test_a_truncated_feed_keeps_all_entries_but_the_last(self) -> None:
        feed = named("truncated")
        body = render.feed(WORLD, feed, now=OPENING, port=DEFAULT_PORT).body
        assert body.count(b"</item>") == len(WORLD.entries(feed, OPENING)) - 1

    def test_a_revision_changes_a_guid_made_of_the_headline(self) -> None:
        feed = next(feed for feed in FEEDS if feed.guid == "title")
        before, after = (
            {e.link: e.id for e in feedparser.parse(render.feed(WORLD, feed, now=now, port=1).body).entries}
            for now in (OPENING, END)
        )
        assert [link for link in before if before[link] != after[link]]

    def test_one_guid_for_all_and_none_at_all_are_what_they_say(self) -> None:
        for manner, distinct in (("same", 1), ("none", 0)):
            feed = next(feed for feed in FEEDS if feed.guid == manner)
            entries = feedparser.parse(render.feed(WORLD, feed, now=OPENING, port=1).body).entries
            assert len(entries) > 1
            assert len({entry.id for entry in entries if "id" in entry}) == distinct

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("", ""),
            ("yesterday, about four", "yesterday, about four"),
            (None, "Sat, 14 Nov 2026 11:00:00 +0000"),
        ],
        ids=["undated", "absurd", "true"],
    )
    def test_a_date_is_shown_as_the_article_says(self, text: str | None, wanted: str) -> None:
        article = replace(WORLD.articles["cricket-final-over-star"], dated_as=text)
        world = replace(WORLD, by_outlet={**WORLD.by_outlet, article.outlet: (article,)})
        body = render.feed(world, WORLD.feeds["southern-gazetteer-all"], now=END, port=1).body.decode()
        assert re.findall("<pubDate>(.*)</pubDate>", body) == ([wanted] if wanted else [])

    def test_tokens_change_with_every_visit(self) -> None:
        for feed in FEEDS:
            if "token" in (feed.guid, feed.links):
                bodies = {render.feed(WORLD, feed, now=OPENING, port=1, visit=n).body for n in (1, 2)}
                assert len(bodies) == 2


class TestPages:
    @pytest.mark.parametrize("outlet", WORLD.outlets)
    def test_every_article_has_a_page_with_its_text_and_canonical_address(self, outlet: str) -> None:
        for article in WORLD.by_outlet[outlet]:
            html = page(article)
            assert render.paragraphs(article.at(END).text) in html
            assert f'<link rel="canonical" href="{render.article_url(article, DEFAULT_PORT)}">' in html

    def test_pages_are_built_in_more_than_one_way(self) -> None:
        assert {outlet.layout for outlet in WORLD.outlets.values()} == set(LAYOUTS)

    def test_some_pages_have_watchlist_words_around_the_text_only(self) -> None:
        words = re.compile(r"facial recognition|surveillance|detention|detained", re.IGNORECASE)
        only_around = [
            article.key
            for article in ARTICLES
            if not words.search(article.title + article.text) and words.search(page(article))
        ]
        assert len(only_around) >= 20

    def test_the_home_page_announces_the_outlets_feeds(self) -> None:
        html = pages.home_page(WORLD, WORLD.outlets["biometric-courier"], now=OPENING, port=DEFAULT_PORT)
        assert '<link rel="alternate" type="application/rss+xml" href="/feed"' in html

    def test_opml_lists_every_feed_with_what_is_known_of_it(self) -> None:
        outlines = ET.fromstring(pages.opml(WORLD, port=DEFAULT_PORT)).findall(".//outline[@xmlUrl]")
        assert {o.get("xmlUrl") for o in outlines} == {render.feed_url(feed, DEFAULT_PORT) for feed in FEEDS}
        assert all(o.get("perspective") and o.get("language") and o.get("kind") for o in outlines)

    def test_our_own_import_reads_the_list(self) -> None:
        read = {feed.url: feed for feed in read_opml(pages.opml(WORLD, port=DEFAULT_PORT))}
        for feed in FEEDS:
            outlet, ours = WORLD.outlets[feed.outlet], read[render.feed_url(feed, DEFAULT_PORT)]
            assert (ours.country, ours.language, ours.kind) == (outlet.country, outlet.language, outlet.kind)
            assert (ours.perspective, ours.full_text) == (outlet.perspective, feed.full_text)


OUTLET = """
[[outlet]]
id = "paper"
name = "Paper"
country = "GB"
language = "en"
kind = "press"
perspective = "local"
"""
ARTICLE = """
[[article]]
key = "one"
outlet = "paper"
published = 2026-11-05T08:00:00Z
title = "One"
summary = "A."
text = "First. Second."
expect = { relevance = "none" }
"""
COPY = '[[article]]\nkey = "two"\noutlet = "paper"\npublished = 2026-11-05T09:00:00Z\n'
FEED = '[[feed]]\nid = "all"\noutlet = "paper"\npath = "/feed"\nformat = "rss-2.0"\n'


class TestLoading:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("[[outlet]", "is no valid TOML"),
            ("[[story]]\nkey = 'x'", "unknown table story"),
            (OUTLET + OUTLET, "'paper' is there twice"),
            (OUTLET.replace("press", "gossip"), "kind is 'gossip'"),
            (OUTLET.replace('name = "Paper"', ""), "missing required field `name`"),
            (OUTLET + "colour = 'red'", "unknown colour"),
            (OUTLET + ARTICLE.replace("paper", "pamphlet"), "there is no outlet 'pamphlet'"),
            (OUTLET + ARTICLE.replace("2026-11-05", "2025-11-05"), "between 2 and 20 November 2026"),
            (OUTLET + ARTICLE.replace("08:00:00Z", "08:00:00"), "times must be UTC"),
            (OUTLET + ARTICLE.replace('"One"', '""'), "may not be empty"),
            (OUTLET + ARTICLE.replace('"one"', '"One!"'), "'One!' is no name"),
            (OUTLET + ARTICLE + "trap = 'door'", "trap is 'door'"),
            (OUTLET + ARTICLE.replace('"none"', '"perhaps"'), "relevance is 'perhaps'"),
            (
                OUTLET + ARTICLE.replace('"none" }', '"none", watchlists = ["cats"] }'),
                "watchlists has 'cats'",
            ),
            (OUTLET + ARTICLE.replace('expect = { relevance = "none" }', ""), "relevance is '?'"),
            (OUTLET + ARTICLE + "authors = 'Ann'", "Expected `array`, got `str` - at `$.authors`"),
            (OUTLET + ARTICLE + COPY + "copy_of = 'three'", "copy_of names 'three'"),
            (
                OUTLET + ARTICLE + COPY + "copy_of = 'one'\nedits = [['Third', '']]",
                "not in the original: 'Third'",
            ),
            (OUTLET + ARTICLE + COPY + "copy_of = 'one'\nkeep = 2", "keep is 2"),
            (OUTLET + FEED.replace("rss-2.0", "gopher"), "format is 'gopher'"),
            (OUTLET + FEED + "articles = ['four']", "paper has no article 'four'"),
            (OUTLET + FEED + FEED.replace('"all"', '"more"'), "path '/feed' is taken"),
            (OUTLET + FEED + "encoding = 'klingon'", "unknown encoding: klingon"),
            (
                OUTLET + "[[briefs]]\noutlet = 'paper'\nfirst = 2026-11-05T08:00:00Z\nevery = 1\nlines = 'x'",
                "a bar",
            ),
        ],
    )
    def test_a_slip_is_named(self, tmp_path: Path, text: str, problem: str) -> None:
        (tmp_path / "slip.toml").write_text(text, encoding="utf-8")
        with pytest.raises(WorldError, match=re.escape(problem)):
            load(tmp_path)

    def test_a_copy_takes_from_its_original_what_it_does_not_say(self, tmp_path: Path) -> None:
        text = OUTLET + ARTICLE + COPY + "copy_of = 'one'\nedits = [['First', 'Foremost']]\ncredit = 'Wire'"
        (tmp_path / "copy.toml").write_text(text, encoding="utf-8")
        copy = load(tmp_path).articles["two"]
        assert (copy.title, copy.text) == ("One", "Wire\n\nForemost. Second.")

    def test_a_cut_ends_with_a_sentence(self) -> None:
        cut = derive("One two. Three four. Five six.", edits=[], keep=0.4, credit="", after="More.")
        assert cut == "One two. Three four.\n\nMore."


class Loopback(AbstractResolver):
    """Every name is this machine, as `*.localhost` is."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        return None


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with await serve(pause=0.2) as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(resolver=Loopback(), use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


class TestServer:
    @pytest.mark.parametrize(
        ("behaviour", "statuses"),
        [
            ("plain", [200, 200]),
            ("too-many", [429, 429, 200]),
            ("flaky", [503, 200]),
            ("not-found", [404]),
            ("failing", [500]),
            ("gone", [410]),
            ("captcha", [403]),
            ("moved", [301]),
            ("redirect-loop", [302]),
            ("empty", [200]),
            ("blank", [200]),
            ("page", [200]),
            ("gzip", [200]),
            ("slow", [200]),
        ],
    )
    async def test_a_feed_answers_as_scripted(
        self, running: Running, client: aiohttp.ClientSession, behaviour: str, statuses: list[int]
    ) -> None:
        url = render.feed_url(named(behaviour), running.port)
        for status in statuses:
            async with client.get(url, allow_redirects=False) as response:
                assert response.status == status
        assert [request.status for request in running.requests] == statuses

    async def test_too_many_says_when_to_come_back(
        self, running: Running, client: aiohttp.ClientSession
    ) -> None:
        async with client.get(render.feed_url(named("too-many"), running.port)) as response:
            assert response.headers["Retry-After"] == str(RETRY_AFTER)

    @pytest.mark.parametrize(
        ("behaviour", "given", "asked"),
        [("etag", "ETag", "If-None-Match"), ("last-modified", "Last-Modified", "If-Modified-Since")],
    )
    async def test_an_unchanged_feed_answers_304_until_something_is_new(
        self, running: Running, client: aiohttp.ClientSession, behaviour: str, given: str, asked: str
    ) -> None:
        url = render.feed_url(named(behaviour), running.port)
        async with client.get(url) as response:
            headers = {asked: response.headers[given]}
        async with client.get(url, headers=headers) as response:
            assert (response.status, await response.read()) == (304, b"")
        running.finish()
        async with client.get(url, headers=headers) as response:
            assert response.status == 200
        assert [request.conditional for request in running.requests] == [False, True, True]

    async def test_a_moved_feed_is_found_at_its_new_address(
        self, running: Running, client: aiohttp.ClientSession
    ) -> None:
        async with client.get(render.feed_url(named("moved"), running.port)) as response:
            assert response.history[0].status == 301
            assert feedparser.parse(await response.read()).entries

    async def test_a_redirect_loop_never_ends(self, running: Running, client: aiohttp.ClientSession) -> None:
        with pytest.raises(aiohttp.TooManyRedirects):
            await client.get(render.feed_url(named("redirect-loop"), running.port))

    async def test_a_compressed_feed_is_smaller_on_the_wire(
        self, running: Running, client: aiohttp.ClientSession
    ) -> None:
        async with client.get(render.feed_url(named("gzip"), running.port)) as response:
            body = await response.read()
            assert response.headers["Content-Encoding"] == "gzip"
            assert int(response.headers["Content-Length"]) < len(body)

    async def test_a_page_and_a_blank_answer_hold_no_entries(
        self, running: Running, client: aiohttp.ClientSession
    ) -> None:
        for behaviour in ("page", "blank", "empty"):
            async with client.get(render.feed_url(named(behaviour), running.port)) as response:
                assert feedparser.parse(io.BytesIO(await response.read())).entries == []

    async def test_the_mobile_amp_and_tracked_links_lead_to_one_article(
        self, running: Running, client: aiohttp.ClientSession
    ) -> None:
        article = WORLD.articles["fingerprint-backlog-cleared"]
        own = render.article_url(article, running.port)
        mobile = own.replace("southern-gazetteer.", "m.southern-gazetteer.")
        for url in (own, mobile, f"{own}/amp/", f"{own}?utm_source=rss"):
            async with client.get(url) as response:
                assert f'<link rel="canonical" href="{own}">' in await response.text()

    async def test_what_has_not_happened_yet_is_not_there(
        self, running: Running, client: aiohttp.ClientSession
    ) -> None:
        url = render.article_url(WORLD.articles["egate-outage-national"], running.port)
        async with client.get(url) as response:
            assert response.status == 404
        running.finish()
        async with client.get(url) as response:
            assert response.status == 200
            assert "An expired certificate was to blame." in await response.text()

    async def test_advancing_goes_through_every_moment_and_then_says_so(self, running: Running) -> None:
        seen = [running.now for _ in WORLD.moments if running.advance()]
        assert tuple(seen) == WORLD.moments
        assert not running.advance()

    async def test_every_feed_of_the_list_is_served(
        self, running: Running, client: aiohttp.ClientSession
    ) -> None:
        async with client.get(f"{running.url}/feeds.opml") as response:
            assert await response.read() == running.opml
        urls = re.findall(rb'xmlUrl="([^"]+)"', running.opml)
        for url in urls:
            async with client.get(url.decode(), allow_redirects=False) as response:
                await response.read()
        statuses = Counter(request.status for request in running.requests)
        assert statuses[200] >= len(urls) - 8

    async def test_two_starts_behave_the_same(self, client: aiohttp.ClientSession) -> None:
        seen: list[list[tuple[str, int, int]]] = []
        for _ in range(2):
            seen.append([])
            async with await serve(pause=0) as server:
                for feed in FEEDS:
                    url = render.feed_url(feed, server.port)
                    async with client.get(url, allow_redirects=False) as response:
                        seen[-1].append((feed.id, response.status, len(await response.read())))
        assert seen[0] == seen[1]

    async def test_a_taken_port_is_an_error(self, running: Running) -> None:
        with pytest.raises(OSError):
            await serve(running.port)


def _titles(rendered: render.Rendered, feed: Feed) -> list[str]:
    if feed.format.startswith("json"):
        return [item["title"] for item in json.loads(rendered.body)["items"]]
    if feed.format == "news-sitemap":
        names = {"news": "http://www.google.com/schemas/sitemap-news/0.9"}
        return [node.text or "" for node in ET.fromstring(rendered.body).findall(".//news:title", names)]
    if (
        feed.encoding == "utf-16" and "xml" not in feed.declared
    ):  # feedparser wants the encoding declared, XML does not
        return [node.text or "" for node in ET.fromstring(rendered.body).iterfind(".//item/title")]
    headers = {"content-type": rendered.content_type}
    return [
        entry.title for entry in feedparser.parse(io.BytesIO(rendered.body), response_headers=headers).entries
    ]
