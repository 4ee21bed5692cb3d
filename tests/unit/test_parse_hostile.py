"""Documents made to stop a reader: each ends in time and memory, and the next one is read as ever."""

import asyncio
import contextlib
import time

import psutil
import pytest

from connectors.errors import NotAFeed
from connectors.reader import DocumentTooCostly, Limits, Reader

ITEM = b"<item><title>Still here</title><link>https://n.test/1</link></item>"
SLOW = b"&nbsp;"
"""An undefined entity: sends a document to feedparser, in the child."""


def rss(items: bytes, prologue: bytes = b"") -> bytes:
    return prologue + b'<rss version="2.0"><channel><title>t</title>' + items + b"</channel></rss>"


def laughs() -> bytes:
    levels = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
    return rss(b"<item><title>&a11;</title></item>", b'<!DOCTYPE l [<!ENTITY a0 "ha">' + levels + b"]>")


HOSTILE = {
    "billion laughs": laughs(),
    "quadratic entity": rss(
        b"<item><title>" + b"&a;" * 10_000 + b"</title></item>",
        b'<!DOCTYPE l [<!ENTITY a "' + b"x" * 100_000 + b'">]>',
    ),
    "external entity": rss(
        b"<item><title>&a;</title></item>", b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    ),
    "comment of 10 MB": rss(b"<!--" + b"x" * 10_000_000 + b"-->" + ITEM),
    "comment of 10 MB, for feedparser": rss(b"<!--" + b"x" * 10_000_000 + b"-->" + ITEM + SLOW),
    "a million elements deep": rss(b"<item>" + b"<a>" * 1_000_000 + b"</a>" * 1_000_000 + b"</item>"),
    "markup 100,000 deep": b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">'
    + b"<div>" * 100_000
    + b"</div>" * 100_000
    + b"</content></entry></feed>",
    "author of 64 KB": rss(b"<item><author>" + b"a" * 65_536 + b"@</author></item>"),
    "author of 64 KB, for feedparser": rss(b"<item><author>" + b"a" * 65_536 + b"</author></item>" + SLOW),
    "unterminated comments": rss(ITEM + b"<!--" * 50_000),
    "unterminated CDATA": rss(ITEM + b"<![CDATA[" * 50_000),
    "unterminated declarations": rss(ITEM + b"<!" * 100_000),
    "unterminated tags": rss(ITEM + b"<a " * 100_000),
    "escaped comments in a body": rss(
        b"<item><description>" + b"&lt;!--" * 50_000 + SLOW + b"</description></item>"
    ),
    "a title of entities": rss(b"<item><title>" + b"&amp;lt;" * 300_000 + b"</title></item>"),
    "control characters": rss(ITEM + bytes(range(1, 32)) * 1000),
    "100,000 attributes": rss(b"<item " + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b"/>"),
    "30,000 categories": rss(
        b"<item>" + b"".join(b"<category>%d</category>" % n for n in range(30_000)) + b"</item>"
    ),
    "300,000 comments first": b"<!---->" * 300_000 + rss(ITEM),
    "JSON a million deep": b"[" * 1_000_000,
    "JSON objects 100,000 deep": b'{"items":' * 100_000,
    "a sitemap cut short": b"<urlset>" + b"<url>" * 500_000,
    "a date of 100,000 digits": rss(b"<item><pubDate>" + b"9" * 100_000 + b"</pubDate></item>"),
}


@pytest.fixture(scope="module")
def reader():
    with Reader(Limits(seconds=1.5)) as reader:
        yield reader


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_document_ends_in_time_and_memory(reader, data):
    begun = time.monotonic()
    try:
        feed = reader.parse_sync(data)
        assert not any("root:" in entry.title for entry in feed.entries)
    except (NotAFeed, DocumentTooCostly) as why:
        assert str(why).endswith(".")  # noqa: PT017 - any of the three outcomes will do
    assert time.monotonic() - begun < 5
    for child in children():
        assert child.memory_info().rss < 256 * 1024 * 1024


def test_after_a_costly_document_the_next_is_read_and_no_zombie_stays():
    deep = HOSTILE["a million elements deep"]
    with Reader(Limits(seconds=0.3)) as reader:
        for _ in range(2):
            with pytest.raises(DocumentTooCostly, match=r"longer than 0\.3 s"):
                reader.parse_sync(deep)
        assert not [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]
    with Reader() as reader:
        assert reader.parse_sync(rss(ITEM + SLOW)).reader == "feedparser"


def children() -> list[psutil.Process]:
    """The readers among them; one that another test left dead has no command line any more."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "connectors.reader" in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_the_child_is_kept_warm_replaced_when_it_dies_and_gone_when_closed():
    before = {child.pid for child in children()}

    def ours() -> list[psutil.Process]:
        return [child for child in children() if child.pid not in before]

    with Reader() as reader:
        assert reader.parse_sync(rss(ITEM)).reader == "fast"
        assert ours() == []
        reader.parse_sync(rss(ITEM + SLOW))
        (first,) = ours()
        reader.parse_sync(rss(ITEM + SLOW))
        assert [child.pid for child in ours()] == [first.pid]
        first.kill()
        first.wait(5)
        assert reader.parse_sync(rss(ITEM + SLOW)).entries[0].title == "Still here"
        (second,) = ours()
        assert second.pid != first.pid
    assert ours() == []


def test_a_document_that_needs_too_much_memory_is_refused():
    with Reader(Limits(memory=150 * 1024 * 1024, seconds=10)) as reader:
        reader.parse_sync(rss(ITEM + SLOW))
        with pytest.raises(DocumentTooCostly, match="memory"):
            reader.parse_sync(rss(b"<!--" + b"x" * 40_000_000 + b"-->" + ITEM + SLOW))
        assert reader.parse_sync(rss(ITEM + SLOW)).entries[0].title == "Still here"


def test_an_oversized_document_is_read_in_the_child_with_the_same_result():
    data = rss(ITEM * 10_000)
    before = {child.pid for child in children()}
    with Reader() as reader:
        feed = reader.parse_sync(data)
        assert {child.pid for child in children()} != before
    assert feed.reader == "fast"
    assert len(feed.entries) == 10_000


def test_a_document_beyond_any_measure_is_not_even_looked_at():
    with Reader() as reader, pytest.raises(DocumentTooCostly, match="larger than 64 MB"):
        reader.parse_sync(bytes(65 * 1024 * 1024))


async def test_tasks_may_share_a_reader():
    documents = [rss(ITEM), rss(ITEM + SLOW), b"<html>", rss(ITEM * 3)]
    with Reader() as reader:
        results = await asyncio.gather(*map(reader.parse, documents * 5), return_exceptions=True)
    found = [
        len(result.entries) if not isinstance(result, BaseException) else type(result) for result in results
    ]
    assert found == [1, 1, NotAFeed, 3] * 5
