"""Bytes to entries: encodings, dates, links, what is no feed, and agreement of the two readers."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import NotAFeed
from connectors.parse import parse
from connectors.parse.authors import spelled, split_author
from connectors.parse.bodies import as_html
from connectors.parse.charset import to_utf8
from connectors.parse.dates import parse_date
from connectors.parse.fast import read_fast
from connectors.parse.links import resolve, web_link
from connectors.parse.pace import pace
from connectors.parse.reference import read_reference


def rss(items: str, head: str = "<title>News</title><link>https://n.test/</link>") -> bytes:
    return f'<rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()


NO_FEEDS = {
    "empty": (b"", "an empty document"),
    "only space": (b" \n\t", "an empty document"),
    "html": (b"<!DOCTYPE html><html><head><title>Our  news</title>", 'an HTML page titled "Our news"'),
    "html without doctype": (b"<html><body>x", "an HTML page"),
    "html fragment": (b"<div class=error>No such feed</div>", "an HTML page"),
    "challenge": (b"<html><title>Just a moment...</title>", "prove one is human"),
    "captcha": (b"<html><body><div class='g-recaptcha'>Captcha</div>", "prove one is human"),
    "json": (b'{"error": "not found"}', "no JSON Feed"),
    "json list": (b"[1, 2]", "no JSON Feed"),
    "broken json": (b'{"version": ', "begins like JSON"),
    "pdf": (b"%PDF-1.7\n...", "a PDF document"),
    "gzip": (b"\x1f\x8b\x08\x00", "gzip data"),
    "binary": (b"\x00\x01\x02\xff" * 50, "binary data"),
    "text": (b"Feed temporarily unavailable", "plain text"),
    "a local path": (b"/etc/passwd", "plain text"),
    "a url": (b"http://127.0.0.1:1/feed", "plain text"),
    "opml": (b'<opml version="2.0"><body/></opml>', "OPML list"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "the root <svg>"),
    "sitemap": (b"<urlset><url><loc>https://n.test/a</loc></url></urlset>", "without news entries"),
    "sitemap index": (b"<sitemapindex><sitemap/></sitemapindex>", "sitemap index"),
    "rdf of another kind": (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><x/></rdf:RDF>',
        "the root <rdf>",
    ),
    "unclosed comments": (b"<!-- " * 1000, "broken markup"),
}


@pytest.mark.parametrize(("data", "said"), NO_FEEDS.values(), ids=NO_FEEDS.keys())
def test_what_is_no_feed_is_named_for_what_it_is(data, said):
    with pytest.raises(NotAFeed) as refused:
        parse(data)
    assert said in str(refused.value)
    assert str(refused.value).endswith(".")


def test_an_empty_feed_is_a_feed():
    assert parse(rss("")).entries == ()
    assert parse(b'<feed xmlns="http://www.w3.org/2005/Atom"/>').entries == ()
    assert parse(b'{"version":"https://jsonfeed.org/version/1","title":"x","items":[]}').entries == ()


def test_every_entry_is_read_however_many():
    feed = parse(rss("<item><title>a</title></item>" * 12_345))
    assert len(feed.entries) == 12_345


WORD = "Überprüfung"
DOCUMENT = '<rss version="2.0"><channel><title>{}</title></channel></rss>'
DECLARED = '<?xml version="1.0" encoding="{}"?>' + DOCUMENT.format(WORD)
ENCODED = {
    "utf-8 undeclared": (DOCUMENT.format(WORD).encode(), "", WORD),
    "declared": (DECLARED.format("iso-8859-1").encode("iso-8859-1"), "", WORD),
    "http over declaration": (
        DECLARED.format("koi8-r").encode("iso-8859-1"),
        "text/xml; charset=iso-8859-1",
        WORD,
    ),
    "mark over http": (b"\xef\xbb\xbf" + DOCUMENT.format(WORD).encode(), "text/xml; charset=koi8-r", WORD),
    "utf-16 by mark": (b"\xfe\xff" + DECLARED.format("utf-16").encode("utf-16-be"), "", WORD),
    "utf-16 by shape": (DECLARED.format("utf-16").encode("utf-16-le"), "", WORD),
    "utf-32 by mark": (b"\xff\xfe\x00\x00" + DECLARED.format("utf-32").encode("utf-32-le"), "", WORD),
    "ebcdic by shape": (DECLARED.format("cp037").encode("cp037"), "", WORD),
    "undeclared western": (DOCUMENT.format("Überprüfung “laut”").encode("cp1252"), "", "Überprüfung “laut”"),
    "server says latin-1 of utf-8": (DOCUMENT.format(WORD).encode(), "text/xml; charset=ISO-8859-1", WORD),
    "declared wrongly": (DECLARED.format("us-ascii").encode(), "", WORD),
    "unknown encoding": (DECLARED.format("x-no-such").encode(), "", WORD),
    "gb2312 means gb18030": (
        DECLARED.format("gb2312").replace(WORD, "镕基").encode("gb18030"),
        "",
        "镕基",
    ),
    "euc-kr means cp949": (DECLARED.format("euc-kr").replace(WORD, "똠방").encode("cp949"), "", "똠방"),
    "one character broken": (
        DOCUMENT.format("指纹" * 60 + "X").encode().replace(b"X", b"\xe6\x8c"),
        "",
        "指纹" * 60 + "\ufffd",
    ),
    "utf-8 encoded twice": (DOCUMENT.format(WORD.encode().decode("latin-1")).encode(), "", WORD),
    "space before the declaration": (b"\n  " + DECLARED.format("utf-8").encode(), "", WORD),
}


@pytest.mark.parametrize(("data", "content_type", "title"), ENCODED.values(), ids=ENCODED.keys())
def test_the_encoding_is_found(data, content_type, title):
    assert parse(data, content_type=content_type).title == title


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_become_utf8(data, content_type):
    to_utf8(data, content_type).data.decode("utf-8")


DATES = {
    "Tue, 03 Feb 2026 07:30:00 +0100": datetime(2026, 2, 3, 6, 30, tzinfo=UTC),
    "3 Feb 2026 07:30 GMT": datetime(2026, 2, 3, 7, 30, tzinfo=UTC),
    "Tue, 3 February 2026 07:30:00 EST": datetime(2026, 2, 3, 12, 30, tzinfo=UTC),
    "Tue, 03 Feb 2026 07:30:00 PDT": datetime(2026, 2, 3, 14, 30, tzinfo=UTC),
    "2026-02-03T07:30:00Z": datetime(2026, 2, 3, 7, 30, tzinfo=UTC),
    "2026-02-03T07:30:00.999-05:00": datetime(2026, 2, 3, 12, 30, tzinfo=UTC),
    "2026-02-03T07:30+02:00": datetime(2026, 2, 3, 5, 30, tzinfo=UTC),
    "2026-02-03": datetime(2026, 2, 3, tzinfo=UTC),
    "20260203": datetime(2026, 2, 3, tzinfo=UTC),
    "  2026-02-03T07:30:00Z\n": datetime(2026, 2, 3, 7, 30, tzinfo=UTC),
    "mar, 03 feb 2026 07:30:00 +0100": datetime(2026, 2, 3, 6, 30, tzinfo=UTC),
    "mar. 3 févr. 2026 07:30 +0100": datetime(2026, 2, 3, 6, 30, tzinfo=UTC),
    "3 de febrero de 2026": datetime(2026, 2, 3, tzinfo=UTC),
    "Dienstag, 3. März 2026, 7:30": datetime(2026, 3, 3, 7, 30, tzinfo=UTC),
    "3 лютого 2026": None,
    "3 февраля 2026 07:30:15": datetime(2026, 2, 3, 7, 30, 15, tzinfo=UTC),
    "2026年2月3日 7:30": datetime(2026, 2, 3, 7, 30, tzinfo=UTC),
    "2026/02/03 07:30": datetime(2026, 2, 3, 7, 30, tzinfo=UTC),
    "2026 spring": None,
    "--02-03": None,
    "31 février 2026": None,
    "": None,
    "yesterday": None,
    "0000-00-00": None,
    "0000-00-00T00:00:00Z": None,
    "9999-12-31T23:59:59Z": None,
    "99999-01-01": None,
    "2026-02-30T00:00:00Z": datetime(2026, 3, 2, tzinfo=UTC),  # rolled over, as feedparser does
    "Mon, 01 Jan 0001 00:00:00 +0000": None,
    "9" * 100_000: None,
}


@pytest.mark.parametrize(("text", "when"), DATES.items(), ids=lambda value: str(value)[:40])
def test_dates_are_read_in_utc_and_absurd_ones_are_none(text, when):
    assert parse_date(text) == when


@given(st.text(alphabet="0123456789-+:/TZ ,.JanFebMonGMT年", max_size=40))
def test_no_text_breaks_the_reading_of_dates(text):
    when = parse_date(text)
    assert when is None or (when.tzinfo is UTC and 1900 <= when.year < 2200)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)))
def test_a_date_as_the_standards_write_it_is_read_to_the_second(when):
    when = when.replace(microsecond=0, tzinfo=UTC)
    assert parse_date(when.strftime("%a, %d %b %Y %H:%M:%S +0000")) == when
    assert parse_date(when.isoformat()) == when


LINKS = {
    "https://n.test/a?b=1&c=2#d": "https://n.test/a?b=1&c=2#d",
    "/a": "https://site.test/a",
    "b/../c": "https://site.test/dir/c",
    "//cdn.test/x": "https://cdn.test/x",
    "http:////cdn.test/x": "http://cdn.test/x",
    "javascript:alert(1)": "",
    "java\nscript:alert(1)": "",
    "\x01javascript:alert(1)": "",
    "data:text/html,x": "",
    "mailto:a@n.test": "",
    "file:///etc/passwd": "",
    "http://[broken": "",
}


@pytest.mark.parametrize(("link", "absolute"), LINKS.items(), ids=map(repr, LINKS))
def test_links_are_absolute_and_of_the_web(link, absolute):
    assert web_link(resolve("https://site.test/dir/page", link)) == absolute


AUTHORS = {
    "Ada Roe": ("Ada Roe", ""),
    "ada@n.test": ("", "ada@n.test"),
    "ada@n.test (Ada Roe)": ("Ada Roe", "ada@n.test"),
    "Ada Roe <ada@n.test>": ("Ada Roe", "ada@n.test"),
    "@ada": ("@ada", ""),
}


@pytest.mark.parametrize(("text", "person"), AUTHORS.items(), ids=AUTHORS.keys())
def test_name_and_address_of_an_author_are_told_apart(text, person):
    assert split_author(text) == person


def test_several_authors_are_each_named_once():
    assert spelled([("A", ""), ("B", "b@n.test"), ("A", ""), ("", "")], "B") == ("A", "B (b@n.test)")
    assert spelled([("Ada", "a@n.test")], "a@n.test (Ada)") == ("a@n.test (Ada)",)


PACES = {
    "ttl": (("60", "", ""), 3600),
    "updatePeriod": (("", "daily", "4"), 21600),
    "frequency unsaid": (("", "hourly", ""), 3600),
    "frequency zero": (("", "hourly", "0"), 3600),
    "the longer of both": (("5", "hourly", "1"), 3600),
    "nonsense": (("soon", "never", "x"), 0),
    "absurd": (("999999999", "", ""), 0),
    "negative": (("-5", "", ""), 0),
}


@pytest.mark.parametrize(("said", "seconds"), PACES.values(), ids=PACES.keys())
def test_how_long_the_publisher_asks_to_wait(said, seconds):
    assert pace(*said) == seconds


BODIES = {
    "plain": ("No markup", "No markup"),
    "comparison": ("if a < b & c", "if a < b & c"),
    "generic": ("a List<String> of faces", "a List&lt;String&gt; of faces"),
    "escaped html after all": ("<p>Hello</p>", "<p>Hello</p>"),
    "entity": ("caf&eacute;", "caf&eacute;"),
    "unknown entity": ("x &foo; y", "x &amp;foo; y"),
}


@pytest.mark.parametrize(("text", "html"), BODIES.values(), ids=BODIES.keys())
def test_plain_text_becomes_html_that_reads_the_same(text, html):
    assert as_html(text) == html


def test_what_follows_the_end_of_a_feed_does_not_count():
    feed = parse(rss("<item><title>One &amp; two</title></item>") + b"<!-- cached --> <br> took 3 ms")
    assert (feed.reader, [entry.title for entry in feed.entries]) == ("fast", ["One & two"])


def test_bodies_are_raw_but_titles_hold_no_script():
    title = "&lt;b&gt;Bold&lt;/b&gt;&lt;script&gt;x()&lt;/script&gt;"
    (entry,) = parse(rss(f"<item><title>{title}</title><description>{title}</description></item>")).entries
    assert entry.title == "<b>Bold</b>"
    assert entry.summary_html == "<b>Bold</b><script>x()</script>"


@pytest.mark.parametrize(
    "feed",
    [
        {
            "version": "https://jsonfeed.org/version/1",
            "items": [{"id": None, "title": 3, "tags": "x"}, "no", 7],
        },
        {
            "version": "https://jsonfeed.org/version/1.1",
            "items": [{"authors": [None, "A", {"name": 5}], "url": []}],
        },
        {"home_page_url": "https://n.test", "items": [{"date_published": "soon", "content_html": {"a": 1}}]},
    ],
    ids=["wrong types", "wrong authors", "wrong body"],
)
def test_a_json_feed_with_wrong_types_is_read_as_far_as_it_goes(feed):
    assert len(parse(json.dumps(feed).encode()).entries) == 1


def test_a_json_feed_with_raw_control_characters_is_read():
    data = b'{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{"id":"1","content_text":"a\nb"}]}'
    assert parse(data).entries[0].content_html == "a<br>\nb"


# The fast reader vouches for what feedparser would give: items put together from all that matters to it.

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:own="urn:own"'
)
PIECES = [
    *("<title>First</title>", "<title>Second &amp;amp; &lt;b&gt;bold&lt;/b&gt;</title>", "<title/>"),
    *(
        "<dc:title>Core</dc:title>",
        "<media:title>Media</media:title>",
        '<title type="html">&lt;i&gt;H&lt;/i&gt;</title>',
    ),
    *("<link>https://n.test/1?a=1&amp;b=2</link>", "<link/>", '<link href="/2" rel="alternate"/>'),
    *(
        '<atom:link href="x" rel="self"/>',
        '<link rel="enclosure" href="e.mp3" type="audio/mpeg"/>',
        "<link> x/../3 </link>",
    ),
    *("<guid>https://n.test/g</guid>", '<guid isPermaLink="false">g</guid>', "<id>urn:1</id>", "<guid/>"),
    *(
        "<pubDate>Tue, 03 Feb 2026 07:30:00 +0100</pubDate>",
        "<pubDate>never</pubDate>",
        "<dc:date>2026-02-03</dc:date>",
    ),
    *("<published>2026-02-04T00:00:00Z</published>", "<updated>2026-02-05T00:00:00-01:00</updated>"),
    *("<dc:creator>Ada</dc:creator>", "<author>ben@n.test (Ben)</author>", "<author/>"),
    *("<category>one</category>", '<category domain="d">one</category>', '<category term="t" label="l"/>'),
    *(
        "<dc:subject>s</dc:subject>",
        "<media:keywords>k, l</media:keywords>",
        "<itunes:keywords>m,k</itunes:keywords>",
    ),
    *(
        "<description>&lt;p&gt;D&lt;/p&gt;</description>",
        "<summary>S &lt; T</summary>",
        "<itunes:summary>I</itunes:summary>",
    ),
    *(
        "<content:encoded><![CDATA[<p>E</p>]]></content:encoded>",
        '<content type="html">&lt;p&gt;C&lt;/p&gt;</content>',
    ),
    *(
        '<content type="xhtml"><div>x <p>y &amp; z</p></div></content>',
        "<description>a <p>b</p> c</description>",
    ),
    *('<source url="u">From</source>', "<source><title>T</title><id>i</id></source>", "<image>leaf</image>"),
    *(
        "<image><title>Picture</title><url>u</url></image>",
        "<language>fr</language>",
        "<own:thing>x</own:thing>",
    ),
    *(
        "<own:box><title>Deep</title><guid>deep</guid><pubDate>2026-01-01</pubDate></own:box>",
        "<!-- note -->",
    ),
    *("<media:group><media:title>G</media:title><media:description>GD</media:description></media:group>",),
    '<x xmlns="com-wordpress:feed-additions:1">1</x>',
]
items = st.lists(st.lists(st.sampled_from(PIECES), max_size=9).map("".join), max_size=3)


def document(root: str, contents: list[str]) -> bytes:
    if root == "atom":
        entries = "".join(f"<entry>{content}</entry>" for content in contents)
        return f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}><title>F</title>{entries}</feed>'.encode()
    entries = "".join(f"<item>{content}</item>" for content in contents)
    return f'<rss version="2.0" {NAMESPACES}><channel><title>F</title>{entries}</channel></rss>'.encode()


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["rss", "atom"]), items, st.sampled_from(["", "https://base.test/dir/feed"]))
def test_the_fast_reader_gives_what_feedparser_gives(root, contents, url):
    data = document(root, contents)
    fast, reference = read_fast(data, url), read_reference(data, url)
    assert fast is not None
    assert fast.entries == reference.entries
    assert (fast.title, fast.format) == (reference.title, reference.format)


UNSURE = {
    "doctype": b'<!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"><channel/></rss>',
    "undeclared prefix": rss("<item><dc:date>2026-01-01</dc:date></item>"),
    "undefined entity": rss("<item><title>a&nbsp;b</title></item>"),
    "control character": rss("<item><title>a\x0bb</title></item>"),
    "base64": b'<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title mode="base64">YQ==</title></feed>',
    "item in an item": rss("<item><item><title>a</title></item></item>"),
    "entries in odd places": rss("<box><item><title>a</title></item></box>"),
    "cut short": b"<rss version='2.0'><channel><item><title>a</title>",
    "unknown root": b"<feeds><item/></feeds>",
    "prefix bound to another module": (
        b'<rss xmlns:dc="http://search.yahoo.com/mrss/"><channel><item><dc:title>a</dc:title></item></channel></rss>'
    ),
}


@pytest.mark.parametrize("data", UNSURE.values(), ids=UNSURE.keys())
def test_the_fast_reader_leaves_what_it_cannot_vouch_for(data):
    assert read_fast(data) is None
