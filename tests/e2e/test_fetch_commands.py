"""`biowire feeds` and `biowire extract` as a person meets them."""

import asyncio
import json
import threading

import pytest
from click.testing import CliRunner
from feed_server import FeedServer, answer, rss

from connectors.cli.extract import extract
from connectors.cli.feeds import feeds, opened
from connectors.console import Context
from connectors.errors import UserError
from connectors.schedule import FetchState

SITE = """<html><head><title>Paper</title>
<link rel="alternate" type="application/rss+xml" href="/broken"><link rel="alternate" type="application/rss+xml"
href="/feed"></head><body>Welcome</body></html>"""


@pytest.fixture
def server():
    """The scripted server in a loop of its own, for commands that bring theirs."""
    ready, done = threading.Event(), asyncio.Event()
    made: list[FeedServer] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with FeedServer() as server:
            made.append(server)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(5)
    yield made[0]
    loop.call_soon_threadsafe(done.set)
    thread.join()
    loop.close()


class Person:
    def __init__(self, home, server):
        self.context = Context(home=home, settings={"fetch_allow": server.allow, "fetch_host_delay": 0})

    def does(self, *arguments, command=feeds, **given):
        return CliRunner().invoke(command, arguments, obj=self.context, catch_exceptions=True, **given)

    def says(self, *arguments, **given):
        result = self.does(*arguments, **given)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def lines(self, *arguments):
        return [json.loads(line) for line in self.says(*arguments, "--json").splitlines()]

    def hears(self, *arguments, **given):
        """The sentence of the UserError that the main wall prints before exit code 2."""
        result = self.does(*arguments, **given)
        assert isinstance(result.exception, UserError), (result.output, result.exception)
        return str(result.exception)


@pytest.fixture
def person(tmp_path, server):
    return Person(tmp_path / "home", server)


def test_a_feed_is_added_listed_and_removed(person, server):
    url = server.answers("/feed", answer(rss("one")))
    person.says("add", url, "--country", "gb", "--kind", "ngo", "--full-text", "never")
    (listed,) = person.lines("list")
    assert (listed["url"], listed["title"], listed["country"], listed["kind"]) == (url, "Paper", "GB", "ngo")
    assert (listed["health"], listed["last_success"], listed["full_text"]) == ("new", None, "never")
    assert "Already" in person.says("add", url)
    person.says("remove", url)
    assert person.lines("list") == []


def test_what_is_said_of_a_known_feed_replaces_what_was_said(person, server):
    url = server.answers("/feed", answer(rss("one")))
    person.says("add", url, "--country", "GB", "--full-text", "always")
    assert person.lines("add", url, "--country", "DE")[0]["outcome"] == "updated"
    assert person.lines("add", url)[0]["outcome"] == "known"
    (listed,) = person.lines("list")
    assert (listed["country"], listed["full_text"]) == ("DE", "always")


def test_a_retired_feed_that_is_back_is_followed_again(person, server):
    url = server.answers("/feed", answer(rss("one")))
    person.says("add", url)
    with opened(person.context, writer=True) as store:
        store.save(url, FetchState(retired="The publisher has taken this down for good (410)."), b"seen")
    assert person.lines("list")[0]["health"] == "retired"
    person.says("add", url)
    with opened(person.context, writer=False) as store:
        assert store.next_due() is not None
        assert store.seen(url) == b"seen"
    assert person.lines("list")[0]["health"] != "retired"


def test_a_site_leads_to_its_feed_past_a_broken_one(person, server):
    server.answers("/", answer(SITE, Content_Type="text/html"))
    server.answers("/broken", answer("", 500))
    url = server.answers("/feed", answer(rss("one")))
    (found,) = person.lines("discover", server.url("/"))
    assert (found["url"], found["ok"], found["entries"]) == (url, True, 1)
    person.says("add", server.url("/"))
    assert [listed["url"] for listed in person.lines("list")] == [url]


def test_a_feed_that_has_moved_is_added_where_it_is_now(person, server):
    server.answers("/old", answer("", 301, Location="/feed"))
    url = server.answers("/feed", answer(rss("one")))
    person.says("add", server.url("/old"))
    assert [listed["url"] for listed in person.lines("list")] == [url]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "http://10.0.0.1/feed"), "not on the public internet"),
        (("add", "http://nothing.invalid/feed"), "host was not found"),
        (("add", "file:///etc/passwd"), "Only http and https"),
        (("add", "feed"), "Only http and https"),
        (("add", "http://10.0.0.1/feed", "--unchecked"), "not on the public internet"),
        (("add", "{server}/plain"), "no feed"),
        (("add", "{server}/absent"), "nothing at this address"),
        (("add", "{server}/real", "--country", "England"), "two letters"),
        (("discover", "{server}/plain"), "no feed"),
        (("remove", "http://example.org/feed"), "not on the list"),
        (("check",), "no feed on the list"),
        (("check", "{server}/absent"), "1 of 1 feeds cannot be read"),
        (("import", "/nowhere/feeds.opml"), "cannot be read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value[:12],
)
def test_what_cannot_be_done_is_said_in_one_sentence_and_nothing_is_written(
    person, server, arguments, sentence
):
    server.answers("/plain", answer("<html><body>Welcome</body></html>"))
    server.answers("/real", answer(rss("one")))
    said = person.hears(*(argument.replace("{server}", server.url("")) for argument in arguments))
    assert sentence.lower() in said.lower()
    assert "\n" not in said
    assert person.lines("list") == []


@pytest.mark.parametrize("content", ["", "<opml", "not xml", "<rss/>", "<opml><body/></opml>"])
def test_a_bad_feed_list_adds_nothing(person, tmp_path, content):
    file = tmp_path / "bad.opml"
    file.write_text(content)
    assert "\n" not in person.hears("import", str(file))
    assert person.lines("list") == []


def test_a_list_goes_out_and_comes_back(person, server, tmp_path):
    url = server.answers("/feed", answer(rss("one")))
    person.says("add", url, "--country", "GB", "--language", "en", "--perspective", "local")
    before = person.lines("list")
    file = tmp_path / "out.opml"
    person.says("export", str(file))
    person.says("remove", url)
    assert person.lines("import", str(file)) == [{"feeds": 1, "added": 1}]
    after = person.lines("list")
    assert [{**one, "title": ""} for one in after] == [{**one, "title": ""} for one in before]


def test_check_says_what_is_wrong_and_remembers_nothing(person, server):
    good = server.answers("/feed", answer(rss("one"), ETag='"a"'))
    bad = server.answers("/captcha", answer("<html><body>Are you human?</body></html>"))
    result = person.does("check", good, bad, "--json")
    assert isinstance(result.exception, UserError)
    first, second = (json.loads(line) for line in result.output.splitlines())
    assert (first["ok"], first["entries"], first["conditional"]) == (True, 1, True)
    assert (second["ok"], second["reason"][-1]) == (False, ".")
    assert person.lines("list") == []


def test_the_list_shows_trouble_in_words(person, server):
    url = server.answers("/feed", answer(rss("one")))
    person.says("add", url)
    with opened(person.context, writer=True) as store:
        store.save(url, FetchState(failure="There is nothing at this address (404).", failures=1.5))
    assert "nothing at this address" in person.says("list", "--failing")
    assert person.lines("list")[0]["health"] == "failing"


def test_what_a_feed_calls_itself_cannot_steer_the_terminal(person, server):
    url = server.answers("/feed", answer(rss("one").replace("Paper", "&#x9b;31mPaper\u202e")))
    assert "\x9b" not in person.says("add", url)
    assert "\u202e" not in person.says("list")


def test_extract_prints_the_article_of_a_page(person, tmp_path):
    text = "The court decided on Monday that the pictures have to be deleted within a month. " * 8
    page = tmp_path / "page.html"
    page.write_text(
        '<html lang="en"><head><title>Court | Paper</title>'
        '<meta property="article:published_time" content="2026-05-04T10:00:00Z"></head><body>'
        f"<nav>Home News</nav><article><h1>Court</h1><p>{text}</p><p>Then: {text}</p></article>"
        '<div class="related"><p>Read this other story about something else entirely.</p></div></body></html>'
    )
    said = json.loads(person.says(str(page), "--json", command=extract))
    assert set(said) == {"title", "text", "published", "authors", "language"}
    assert said["text"].count("deleted within a month") == 16
    assert "other story" not in said["text"]
    assert (said["published"], said["language"]) == ("2026-05-04T10:00:00Z", "en")
    assert "deleted within a month" in person.says("-", command=extract, input=page.read_bytes())


def test_extract_refuses_what_is_no_page(person, tmp_path):
    empty = tmp_path / "empty.html"
    empty.write_bytes(b"")
    assert "cannot be read" in person.hears(str(empty), command=extract)
