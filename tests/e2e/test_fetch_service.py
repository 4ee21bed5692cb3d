"""Feeds over real HTTP to published items, and what the service remembers of each."""

import asyncio
import itertools
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from feed_server import FeedServer, Request, answer, rss

from connectors.errors import TransientError
from connectors.http import Client
from connectors.publish.memory import MemoryPublisher
from connectors.reader import Reader
from connectors.records import Entry, Feed, ParsedFeed
from connectors.schedule import FetchState
from connectors.service import Service
from connectors.settings import FetchSettings
from connectors.state.memory import MemoryFeedStateStore

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ARTICLE = """<html lang="en"><head><title>A</title></head><body><nav>Menu one two</nav><article><h1>A</h1>
<p>{}</p><p>{}</p></article></body></html>""".format(
    "The council voted on Tuesday to stop the trial of face recognition in its stations. " * 4,
    "Campaigners said the decision came late, and that the pictures taken should be deleted. " * 4,
)
CONSENT = "<html><body><p>{}</p></body></html>".format(
    "We and our partners store and use information on a device, such as cookies, to show you advertising. "
    * 6
)


class World:
    """One service with everything it needs; `at(now)` runs it once."""

    def __init__(self, server: FeedServer, client: Client, reader: Reader, settings: FetchSettings) -> None:
        self.server, self.store, self.publisher = server, MemoryFeedStateStore(), MemoryPublisher()
        self.client, self.reader, self.settings = client, reader, settings

    def new_service(self) -> Service:
        return Service(
            client=self.client,
            store=self.store,
            publisher=self.publisher,
            reader=self.reader,
            settings=self.settings,
        )

    def feed(self, url: str, **fields: object) -> str:
        self.store.add([Feed(url=url, **fields)])
        return url

    async def at(self, now: datetime):
        return await self.new_service().run_once(now)

    def state(self, url: str) -> FetchState:
        known = self.store.get(url)
        assert known is not None
        return known.state

    @property
    def titles(self) -> list[str]:
        return [item.title for item in self.publisher.items]


@pytest.fixture(scope="module")
def reader():
    with Reader() as reader:
        yield reader


async def loopback(_: str) -> list[str]:
    """Every name is this machine."""
    return ["127.0.0.1"]


@pytest.fixture
async def world(reader):
    async with FeedServer() as server:
        settings = FetchSettings(
            allow=server.allow,
            host_delay=0.0,
            connect_timeout=1,
            first_byte_timeout=0.5,
            idle_timeout=0.5,
            total_timeout=1.0,
        )
        async with Client(settings, lookup=loopback) as client:
            yield World(server, client, reader, settings)


async def test_entries_of_a_feed_are_published_once(world):
    url = world.feed(world.server.answers("/feed", answer(rss("one", "two"), ETag='"a"')))
    report = await world.at(NOW)
    assert world.titles == ["one", "two"]
    assert report.feeds["fetched"] == 1
    assert (report.entries, report.items) == (2, 2)
    assert world.state(url).etag == '"a"'
    assert world.state(url).next_fetch > NOW


async def test_what_a_publisher_says_of_an_item_reaches_the_log(world):
    feed = f"""<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Paper</title>
    <language>en-gb</language><item><title>One</title><link>{world.server.url("/one")}</link><guid isPermaLink="false">g1</guid>
    <pubDate>Mon, 04 May 2026 10:00:00 +0200</pubDate><dc:creator>A. Writer</dc:creator><category>law</category>
    <description>{"word " * 80}</description></item></channel></rss>"""
    url = world.feed(world.server.answers("/feed", answer(feed)))
    await world.at(NOW)
    (item,) = world.publisher.items
    assert (item.feed_url, item.feed_title, item.guid) == (url, "Paper", "g1")
    assert item.published == "2026-05-04T08:00:00Z"
    assert (item.author, item.language[:2], item.categories) == ("A. Writer", "en", ("law",))


class TestAskingAgain:
    @pytest.mark.parametrize(
        ("validator", "header"), [("ETag", "if-none-match"), ("Last-Modified", "if-modified-since")]
    )
    async def test_the_validator_is_sent_back_and_304_is_understood(self, world, validator, header):
        value = 'W/"odd \u00e4"' if validator == "ETag" else "Mon, 04 May 2026 10:00:00 GMT"
        named = {validator.replace("-", "_"): value}
        url = world.feed(world.server.answers("/feed", answer(rss("one"), **named), answer("", 304)))
        await world.at(NOW)
        report = await world.at(world.state(url).next_fetch)
        assert world.server.requests[1].headers[header] == value
        assert report.feeds["not_modified"] == 1
        assert world.titles == ["one"]

    async def test_a_tag_of_broken_characters_does_no_harm(self, world):
        raw = answer(rss("one"), ETag="'").replace(b"'", b'"\xe4\xff"')
        url = world.feed(world.server.answers("/feed", raw))
        await world.at(NOW)
        assert world.state(url).etag.encode()  # no lone surrogates: it has to be kept as JSON
        report = await world.at(world.state(url).next_fetch)
        assert report.feeds["not_modified"] == 1

    async def test_the_same_document_again_is_not_read_again(self, world):
        url = world.feed(world.server.answers("/feed", answer(rss("one"))))
        await world.at(NOW)
        report = await world.at(world.state(url).next_fetch)
        assert (report.feeds["not_modified"], report.entries, report.items) == (1, 0, 0)

    async def test_only_what_is_new_or_changed_is_published(self, world):
        first, then = rss("one", "two"), rss("three", "two", "one").replace(">two<", ">two, corrected<", 1)
        url = world.feed(world.server.answers("/feed", answer(first), answer(then)))
        await world.at(NOW)
        report = await world.at(world.state(url).next_fetch)
        assert world.titles == ["one", "two", "three", "two, corrected"]
        assert (report.entries, report.items) == (3, 2)

    async def test_a_tag_that_lies_is_found_out_and_not_believed_again(self, world):
        async def lies(request: Request, writer: asyncio.StreamWriter) -> None:
            asked_before = "if-none-match" in request.headers
            body = (
                answer("", 304) if asked_before else answer(rss(f"n{len(world.server.requests)}"), ETag='"x"')
            )
            writer.write(body)

        url = world.feed(world.server.answers("/feed", lies), interval=3600)
        for hour in range(30):
            await world.at(NOW + timedelta(hours=1.2 * hour))
        assert len(world.publisher.items) > 5
        assert world.state(url).validators_lie
        assert "if-none-match" not in world.server.requests[-1].headers

    async def test_nothing_is_asked_before_its_time(self, world):
        url = world.feed(world.server.answers("/feed", answer(rss("one"))))
        await world.at(NOW)
        await world.at(world.state(url).next_fetch - timedelta(seconds=1))
        assert len(world.server.requests) == 1


class TestTrouble:
    async def test_410_retires_a_feed(self, world):
        url = world.feed(world.server.answers("/feed", answer("", 410)))
        report = await world.at(NOW)
        assert report.feeds["retired"] == 1
        assert "for good" in world.state(url).retired
        await world.at(NOW + timedelta(days=400))
        assert len(world.server.requests) == 1

    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize("value", ["7200", format_datetime(NOW + timedelta(hours=2), usegmt=True)])
    async def test_retry_after_is_honoured(self, world, status, value):
        url = world.feed(world.server.answers("/feed", answer("", status, Retry_After=value)))
        await world.at(NOW)
        wait = (world.state(url).next_fetch - NOW).total_seconds()
        assert 7200 <= wait <= 7200 * 1.1

    async def test_retry_after_holds_for_every_feed_of_the_host(self, world):
        first = world.feed(world.server.answers("/a", answer("", 429, Retry_After="7200")))
        second = world.feed(world.server.answers("/b", answer(rss("one"))))
        service = world.new_service()
        known = {one.feed.url: one for one in world.store.all()}
        await service._look(known[first], NOW)
        await service._look(known[second], NOW)
        assert world.server.asked("/b") == []
        assert 7100 < (world.state(second).next_fetch - NOW).total_seconds() <= 7200
        assert world.state(second).failure == ""

    async def test_a_server_that_recovers_is_forgiven(self, world):
        url = world.feed(world.server.answers("/feed", *[answer("", 500)] * 3, answer(rss("one"))))
        for _ in range(3):
            await world.at(world.state(url).next_fetch or NOW)
            assert "problem of its own" in world.state(url).failure
        report = await world.at(world.state(url).next_fetch)
        assert report.feeds["fetched"] == 1
        assert (world.state(url).failure, world.state(url).failures, world.titles) == ("", 0, ["one"])

    @pytest.mark.parametrize(
        "body",
        [
            "<html><head><title>Just a moment...</title></head><body>Are you human?</body></html>",
            "",
            "{}",
            '{"error": "rate limited"}',
            "/etc/passwd",
            "\x89PNG\r\n",
        ],
        ids=["captcha", "nothing", "empty object", "an error", "a path", "a picture"],
    )
    async def test_what_is_no_feed_is_a_failure_and_leaves_the_validators(self, world, body):
        good = answer(rss("one"), ETag='"a"')
        url = world.feed(world.server.answers("/feed", good, answer(body, ETag='"b"'), good))
        await world.at(NOW)
        report = await world.at(world.state(url).next_fetch)
        assert report.feeds["failed"] == 1
        assert world.state(url).failure.endswith(".")
        assert world.state(url).etag == '"a"'
        await world.at(world.state(url).next_fetch)
        assert "if-none-match" not in world.server.requests[2].headers
        assert world.state(url).failure == ""

    async def test_an_empty_feed_is_empty_and_not_failed(self, world):
        url = world.feed(world.server.answers("/feed", answer(rss())))
        report = await world.at(NOW)
        assert report.feeds["empty"] == 1
        assert world.state(url).failure == ""

    async def test_ten_thousand_entries_all_come_through(self, world):
        titles = [f"story-{number}" for number in range(10_000)]
        world.feed(world.server.answers("/feed", answer(rss(*titles, words=1))), full_text="never")
        report = await world.at(NOW)
        assert (report.entries, report.items) == (10_000, 10_000)
        assert world.titles == titles

    async def test_a_charset_that_is_not_true_does_not_lose_entries(self, world):
        body = rss("caf\u00e9").encode("utf-8")
        world.feed(world.server.answers("/feed", answer(body, Content_Type="text/xml; charset=us-ascii")))
        await world.at(NOW)
        assert world.titles == ["caf\u00e9"]

    async def test_one_bad_feed_does_not_keep_another_waiting(self, world):
        async def hang(_: Request, __: asyncio.StreamWriter) -> None:
            await asyncio.sleep(30)

        world.feed(world.server.answers("/hangs", hang))
        world.feed(world.server.answers("/feed", answer(rss("one"))))
        report = await world.at(NOW)
        assert (report.feeds["failed"], report.feeds["fetched"]) == (1, 1)


class TestMoving:
    async def test_a_feed_moves_after_two_permanent_redirects(self, world):
        old = world.feed(world.server.answers("/old", answer("", 301, Location="/new")), country="GB")
        new = world.server.answers("/new", answer(rss("one")), answer(rss("one", "two")))
        await world.at(NOW)
        assert world.store.get(old) is not None
        await world.at(world.state(old).next_fetch)
        assert world.store.get(old) is None
        assert world.store.get(new).feed.country == "GB"
        assert world.state(new).moved_from == (old,)
        await world.at(world.state(new).next_fetch)
        assert world.titles == ["one", "two"]

    async def test_a_redirect_to_a_private_address_moves_nothing(self, world):
        url = world.feed(world.server.answers("/old", answer("", 301, Location="http://10.0.0.1/feed")))
        for _ in range(3):
            await world.at(world.state(url).next_fetch or NOW)
        assert "not on the public internet" in world.state(url).failure

    async def test_a_redirect_to_a_page_moves_nothing(self, world):
        url = world.feed(world.server.answers("/old", answer("", 301, Location="/home")))
        world.server.answers("/home", answer("<html><body>Welcome</body></html>"))
        for _ in range(3):
            await world.at(world.state(url).next_fetch or NOW)
        assert world.store.get(url) is not None


class TestLoss:
    async def test_nothing_is_remembered_before_it_is_published(self, world):
        url = world.feed(world.server.answers("/feed", answer(rss("one"), ETag='"a"')))
        publisher, world.publisher = world.publisher, BrokenPublisher()
        report = await world.at(NOW)
        assert (world.state(url).etag, world.store.seen(url)) == ("", b"")
        assert sum(report.feeds.values()) == 0
        world.publisher = publisher
        await world.at(world.state(url).next_fetch)
        assert world.titles == ["one"]

    async def test_a_stop_in_the_middle_repeats_at_most_and_loses_nothing(self, world):
        stubs = rss(*(f"n{number}" for number in range(25)), words=2, link=world.server.url())
        url = world.feed(world.server.answers("/feed", answer(stubs, ETag='"a"')))

        async def hang(_: Request, __: asyncio.StreamWriter) -> None:
            await asyncio.sleep(30)

        world.server.answers("//n15", hang)
        world.settings = replace(world.settings, grace=0.2)
        stop = asyncio.Event()
        service = world.new_service()
        running = asyncio.create_task(service.run(stop))
        while not world.server.asked("//n15"):  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0.02)
        stop.set()
        started = asyncio.get_running_loop().time()
        await running
        assert asyncio.get_running_loop().time() - started < 2
        assert len(world.publisher.items) == 10
        assert world.state(url).etag == ""
        world.server.answers("//n15", answer(ARTICLE))
        await world.at(NOW)
        assert sorted(world.titles) == sorted(f"n{number}" for number in range(25))
        assert len(world.server.asked("//n3")) == 1

    async def test_trouble_of_the_store_stops_the_run_and_is_not_blamed_on_the_feed(self, world):
        url = world.feed(world.server.answers("/feed", answer(rss("one"))))
        world.publisher = FullDisk()
        with pytest.raises(sqlite3.OperationalError, match="full"):
            await world.at(NOW)
        assert world.state(url) == FetchState()


class FullDisk:
    items = ()

    async def publish(self, items):
        raise sqlite3.OperationalError("database or disk is full")


class BrokenPublisher:
    items = ()

    async def publish(self, items):
        raise TransientError("The broker is away.", 5.0)


class TestPages:
    async def test_pages_of_stubs_are_fetched_once(self, world):
        stub = rss("one", words=5, link=world.server.url())
        url = world.feed(world.server.answers("/feed", answer(stub), answer(stub + "<!-- -->")))
        world.server.answers("//one", answer(ARTICLE, Content_Type="text/html"))
        report = await world.at(NOW)
        assert report.pages_fetched == 1
        assert "stop the trial" in world.publisher.items[0].text
        assert "Menu" not in world.publisher.items[0].text
        await world.at(world.state(url).next_fetch)
        assert len(world.server.asked("//one")) == 1

    @pytest.mark.parametrize(
        ("full_text", "words", "asked"),
        [("auto", 5, 1), ("auto", 80, 0), ("always", 80, 1), ("never", 5, 0)],
    )
    async def test_the_feed_says_when_pages_are_wanted(self, world, full_text, words, asked):
        feed = rss("one", words=words, link=world.server.url())
        world.feed(world.server.answers("/feed", answer(feed)), full_text=full_text)
        await world.at(NOW)
        assert len(world.server.asked("//one")) == asked

    @pytest.mark.parametrize(
        ("page", "reason"),
        [
            pytest.param(answer("", 404), "status-404", id="404"),
            pytest.param(answer("%PDF", Content_Type="application/pdf"), "no-page", id="a PDF"),
            pytest.param(answer("<html><body></body></html>"), "no-text", id="no text"),
            pytest.param(answer(CONSENT), "unrelated", id="a consent wall"),
            pytest.param(answer("", 302, Location="http://10.0.0.1/"), "refused", id="private"),
            pytest.param(answer(b"x", Content_Encoding="gzip"), "protocol", id="broken"),
        ],
    )
    async def test_an_entry_without_its_page_is_published_all_the_same(self, world, page, reason):
        world.feed(world.server.answers("/feed", answer(rss("Stations", words=5, link=world.server.url()))))
        world.server.answers("//Stations", page)
        report = await world.at(NOW)
        assert world.titles == ["Stations"]
        assert world.publisher.items[0].text == ""
        assert (report.pages_fetched, report.pages_failed) == (0, {reason: 1})

    @pytest.mark.parametrize(
        "link", ["http://[::1/x", "http://10.0.0.1/x", "http://a b/", "http://x.example:99999/"]
    )
    async def test_a_link_that_is_none_costs_only_its_own_page(self, world, link):
        async def parse(*_: object, **__: object) -> ParsedFeed:
            return ParsedFeed(format="rss-2.0", reader="fast", entries=(Entry(title="one", link=link),))

        world.feed(world.server.answers("/feed", answer("whatever")))
        world.reader = SimpleNamespace(parse=parse)
        report = await world.at(NOW)
        assert (world.titles, report.pages_failed) == (["one"], {"refused": 1})

    @pytest.mark.parametrize(
        "url", ["http://[::1/x", "http://", "feed", "", "http://x.example/" + "x" * 9000]
    )
    async def test_an_address_that_is_none_is_said_to_be_none(self, world, url):
        world.feed(url)
        report = await world.at(NOW)
        assert report.feeds["failed"] == 1
        assert "address" in world.state(url).failure

    @pytest.mark.parametrize(
        ("robots", "asked"),
        [
            pytest.param(answer("User-agent: *\nDisallow: /"), 0, id="closed to all"),
            pytest.param(answer("User-agent: biowire\nDisallow: /"), 0, id="closed to us"),
            pytest.param(answer("User-agent: other\nDisallow: /"), 1, id="closed to another"),
            pytest.param(answer("", 404), 1, id="absent"),
            pytest.param(answer("", 500), 0, id="broken"),
            pytest.param(answer("\x00\xff garbage"), 1, id="garbage"),
        ],
    )
    async def test_robots_txt_is_respected_and_asked_once(self, world, robots, asked):
        feed = rss("one", "two", words=5, link=world.server.url())
        world.feed(world.server.answers("/feed", answer(feed)))
        world.server.answers("/robots.txt", robots)
        report = await world.at(NOW)
        assert len(world.server.asked("//one")) == asked
        assert len(world.server.asked("/robots.txt")) == 1
        assert report.pages_failed.get("robots", 0) == (0 if asked else 2)
        assert world.titles == ["one", "two"]


class TestManners:
    async def test_requests_to_one_host_are_few_at_once(self, world):
        async def slow(_: Request, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.1)
            writer.write(answer(rss("one")))

        for number in range(6):
            world.feed(world.server.answers(f"/{number}", slow))
        report = await world.at(NOW)
        assert report.feeds["fetched"] == 6
        assert world.server.most_at_once == 2

    async def test_requests_to_one_host_are_spaced(self, world):
        for number in range(5):
            world.feed(world.server.answers(f"/{number}", answer(rss("one"))))
        world.settings = replace(world.settings, host_delay=0.1)
        await world.at(NOW)
        times = [request.at for request in world.server.requests]
        assert all(later - earlier > 0.08 for earlier, later in itertools.pairwise(times))

    async def test_hosts_do_not_wait_for_each_other(self, world):
        for name in "abcde":
            world.server.answers("/feed", answer(rss("one")))
            world.feed(world.server.url("/feed", host=f"{name}.example"))
        world.settings = replace(world.settings, host_delay=5.0)
        started = asyncio.get_running_loop().time()
        report = await world.at(NOW)
        assert report.feeds["fetched"] == 5
        assert asyncio.get_running_loop().time() - started < 2

    async def test_the_service_runs_until_it_is_told_to_stop(self, world):
        world.feed(world.server.answers("/feed", answer(rss("one"))))
        stop = asyncio.Event()
        service = world.new_service()
        running = asyncio.create_task(service.run(stop))
        while not world.titles:  # noqa: ASYNC110 - nor has the publisher
            await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(running, 2)
        assert service.report.feeds["fetched"] == 1


class TestPagesAgain:
    async def test_a_page_that_failed_in_passing_is_tried_with_the_next_change_and_then_published(
        self, world
    ):
        stub = rss("one", words=5, link=world.server.url())
        url = world.feed(world.server.answers("/feed", *(answer(stub + f"<!-- {n} -->") for n in range(9))))
        world.server.answers("//one", answer("", 503), answer("", 503), answer(ARTICLE))
        for _ in range(5):
            await world.at(world.state(url).next_fetch or NOW)
        assert [bool(item.text) for item in world.publisher.items] == [False, True]
        assert len(world.server.asked("//one")) == 3

    async def test_a_page_is_given_up_after_three_tries(self, world):
        stub = rss("one", words=5, link=world.server.url())
        url = world.feed(world.server.answers("/feed", *(answer(stub + f"<!-- {n} -->") for n in range(9))))
        world.server.answers("//one", answer("", 503))
        for _ in range(5):
            await world.at(world.state(url).next_fetch or NOW)
        assert world.titles == ["one"]
        assert len(world.server.asked("//one")) == 3

    async def test_pages_beyond_the_bound_come_with_the_next_change(self, world):
        world.settings = replace(world.settings, pages_per_look=2)
        stubs = rss(*"abcde", words=5, link=world.server.url())
        url = world.feed(world.server.answers("/feed", *(answer(stubs + f"<!-- {n} -->") for n in range(9))))
        for title in "abcde":
            world.server.answers(f"//{title}", answer(ARTICLE.replace("<h1>A", f"<h1>{title}")))
        report = await world.at(NOW)
        assert (report.pages_fetched, report.pages_failed) == (2, {"too-many-at-once": 3})
        for _ in range(3):
            await world.at(world.state(url).next_fetch)
        assert sorted(item.title for item in world.publisher.items if item.text) == list("abcde")
