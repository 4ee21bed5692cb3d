"""Feed lists: what people and readers wrote is read, and what we write reads back the same."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import UserError
from connectors.opml import read_opml, write_opml
from connectors.records import Feed

URL = "https://n.test/feed"


def opml(outlines: str) -> bytes:
    return f'<opml version="2.0"><head/><body>{outlines}</body></opml>'.encode()


def only(outline: str) -> Feed:
    (feed,) = read_opml(opml(outline))
    return feed


READ = {
    "title over text": (f'<outline text="a" title="b" xmlUrl="{URL}"/>', Feed(url=URL, title="b")),
    "text alone": (f'<outline text="a" xmlUrl="{URL}"/>', Feed(url=URL, title="a")),
    "attribute names in any case": (f'<outline TEXT="a" XMLURL="{URL}"/>', Feed(url=URL, title="a")),
    "site": (
        f'<outline text="a" htmlUrl="https://n.test/" xmlUrl=" {URL} "/>',
        Feed(url=URL, title="a", site_url="https://n.test/"),
    ),
    "feed scheme": ('<outline xmlUrl="feed://n.test/feed"/>', Feed(url="http://n.test/feed")),
    "feed scheme before https": ('<outline xmlUrl="feed:https://n.test/feed"/>', Feed(url=URL)),
    "groups": (
        f'<outline text="Law"><outline title=" Courts "><outline xmlUrl="{URL}"/></outline></outline>',
        Feed(url=URL, group=("Law", "Courts")),
    ),
    "category for want of a group": (
        f'<outline xmlUrl="{URL}" category="tag,/Law/Courts"/>',
        Feed(url=URL, group=("Law", "Courts")),
    ),
    "language with a region": (f'<outline xmlUrl="{URL}" language="pt-BR"/>', Feed(url=URL, language="pt")),
    "our attributes without prefix": (
        f'<outline xmlUrl="{URL}" country="de" kind="NGO" fullText="always" interval="900" verifyTls="false"/>',
        Feed(url=URL, country="DE", kind="ngo", full_text="always", interval=900, verify_tls=False),
    ),
    "our prefix undeclared": (f'<outline xmlUrl="{URL}" biowire:country="FR"/>', Feed(url=URL, country="FR")),
    "nonsense in our attributes": (
        f'<outline xmlUrl="{URL}" fullText="maybe" interval="-1"/>',
        Feed(url=URL),
    ),
    "undefined entities": (f'<outline text="a&nbsp;b" xmlUrl="{URL}"/>', Feed(url=URL, title="ab")),
    "a raw ampersand": ('<outline xmlUrl="https://n.test/?a=1&b=2"/>', None),
    "a list within a list is no feed": (
        f'<outline type="include" url="{URL}"/><outline xmlUrl="{URL}"/>',
        Feed(url=URL),
    ),
}


@pytest.mark.parametrize(("outline", "feed"), READ.values(), ids=READ.keys())
def test_outlines_of_the_wild_are_read(outline, feed):
    found = only(outline)
    assert found == feed if feed else found.url.startswith("https://n.test/?a=1")


def test_only_addresses_of_the_web_are_feeds_and_each_counts_once():
    document = opml(
        f'<outline xmlUrl=""/><outline xmlUrl="javascript:x"/><outline xmlUrl="exec:cmd"/>'
        f'<outline text="a" xmlUrl="{URL}"/><outline text="b" xmlUrl="{URL}"/><outline text="note"/>'
    )
    assert read_opml(document) == (Feed(url=URL, title="a"),)


def test_order_and_groups_survive():
    document = opml(
        '<outline xmlUrl="http://a.test/"/><outline text="G"><outline xmlUrl="http://b.test/"/></outline>'
        '<outline xmlUrl="http://c.test/"/>'
    )
    assert [(feed.url, feed.group) for feed in read_opml(document)] == [
        ("http://a.test/", ()),
        ("http://b.test/", ("G",)),
        ("http://c.test/", ()),
    ]


def test_an_encoding_other_than_utf8_is_read():
    document = f'<?xml version="1.0" encoding="windows-1251"?><opml><body><outline text="Вести" xmlUrl="{URL}"/></body></opml>'
    assert read_opml(document.encode("cp1251"))[0].title == "Вести"


@pytest.mark.parametrize("data", [b"", b"<html/>", b"nothing", b"<rss/>"], ids=repr)
def test_what_is_no_opml_is_refused_in_a_sentence(data):
    with pytest.raises(UserError, match="no OPML"):
        read_opml(data)


HOSTILE = {
    "entities": b'<!DOCTYPE o [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><opml><body><outline text="&a;&c;" xmlUrl="https://n.test/"/></body></opml>',
    "depth": b"<opml><body>" + b'<outline text="g">' * 100_000 + b"</body></opml>",
    "unclosed": b'<opml><body><outline xmlUrl="https://n.test/">' * 1000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_list_is_read_as_far_as_is_safe(data):
    for feed in read_opml(data):
        assert "root:" not in feed.title
        assert len(feed.group) <= 20


def test_too_large_and_too_long_lists_are_refused():
    with pytest.raises(UserError, match="larger than 16 MB"):
        read_opml(bytes(17 * 1024 * 1024))
    with pytest.raises(UserError, match="more than 50000"):
        read_opml(opml("".join(f'<outline xmlUrl="http://n.test/{n}"/>' for n in range(50_001))))


words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
).map(str.strip)
feeds = st.builds(
    Feed,
    url=st.integers(0, 10**6).map("https://n.test/?feed=a&n={}".format),
    title=words,
    site_url=st.sampled_from(["", "https://n.test/", "http://[::1]/"]),
    group=st.lists(words.filter(bool), max_size=3).map(tuple),
    language=st.sampled_from(["", "en", "zh"]),
    country=st.sampled_from(["", "DE"]),
    kind=st.sampled_from(["", "press", "press-release"]),
    perspective=st.sampled_from(["", "civil-society"]),
    full_text=st.sampled_from(["auto", "always", "never"]),
    interval=st.integers(0, 10**8),
    verify_tls=st.booleans(),
)


@given(st.lists(feeds, max_size=12, unique_by=lambda feed: feed.url))
def test_what_is_written_reads_back_the_same(written):
    assert read_opml(write_opml(written, "My <feeds>")) == tuple(written)


def test_neighbours_of_a_group_share_its_outline():
    written = [Feed(url=f"https://n.test/{n}", group=("Law", name)) for n, name in enumerate(["A", "A", "B"])]
    document = write_opml(written, "x")
    assert document.count(b'text="Law"') == 1
    assert document.count(b'text="A"') == 1
    assert read_opml(document) == tuple(written)


def test_every_field_of_a_feed_is_written():
    feed = Feed(
        url=URL, title="t", site_url="https://n.test/", group=("g",), language="en", country="DE", kind="ngo",
        perspective="research", full_text="never", interval=5, verify_tls=False,
    )  # fmt: skip
    plain = Feed(url=URL)
    assert all(
        getattr(feed, f.name) != getattr(plain, f.name) for f in dataclasses.fields(Feed) if f.name != "url"
    )
    assert read_opml(write_opml([feed], "x")) == (feed,)
