"""A subscription's alerts as RSS, Atom and JSON Feed: valid whatever stands in them, read back by two readers."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import feedparser
import pytest
from alerts import a_subscription, an_alert
from api_world import NOON, a_shown
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from connectors.parse import parse
from dashboards.api.feed_forms import TYPES, write
from dashboards.api.feeds_out import out_feed
from streams.alerts import Raised
from streams.core.alerts.addresses import FORMS, Addresses, Form
from streams.core.alerts.phrasing import one_line
from streams.core.alerts.records import Quote

ADDRESSES = Addresses("https://news.example.org", lambda purpose, *about: "T" * 43)
ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

TRAPS = [
    "<script>alert(1)</script> & ]]> <b>bold</b> &amp; &lt;",
    "nul \x00 bell \x07 escape \x1b[31m next \x85 line \u2028 vt \x0b",
    "\u202eevil\u202c \ufeff \ufffe \uffff \U0001fffe",
    "المراقبة البيومترية على الحدود",
    "人脸识别闸机 顔認証 얼굴 인식",
    "emoji 👩🏽‍🚀 and combining e\u0301\u0327",
    "{{ 7*7 }} {% raw %} ${x} %s",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e 'x'>]>&e;",
    "  ",
    "",
    "x" * 5000,
]
anything = st.text(max_size=60) | st.sampled_from(TRAPS)


def raised(n: int = 0, title: str = "Cameras at the gate", **given: Any) -> Raised:
    shown = a_shown(title, **given.pop("shown", {}))
    alert = an_alert(f"k{n}", shown=(shown,), **given)
    return Raised(alert=alert, seq=n, raised=NOON + timedelta(minutes=n))


def written(form: Form, *newest: Raised, **given: Any) -> bytes:
    return write(out_feed(a_subscription(**given), newest, ADDRESSES, form), form)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(title=anything, sentence=anything, source=anything, quote=anything, name=anything, url=anything)
@example(*(["\x00\ufffe<"] * 5), "https://a.example/\x00\u202e\"'<>")
def test_any_text_makes_a_feed_that_both_readers_read_alike(
    form: Form, title: str, sentence: str, source: str, quote: str, name: str, url: str
) -> None:
    words = Quote(clause=quote, field="title", start=0, end=1, before=quote, surface=quote, after=quote)
    shown = {"source": source, "url": url, "quotes": (words,), "clauses": (quote, sentence)}
    one = raised(0, title, sentence=sentence, kind="story", shown=shown)
    body = written(form, one, raised(1), name=name, query=sentence)
    feed = parse(body, url="https://news.example.org/f", content_type=TYPES[form])
    assert not feed.problem
    assert [UUID(entry.id.removeprefix("urn:uuid:")).hex[-4:] for entry in feed.entries] == [
        item.alert.id[-4:] for item in (one, raised(1))
    ]
    if form != "rss" or not set(title) & set("<&"):  # whether an RSS title is markup, readers have to guess
        assert one_line(feed.entries[0].title) == one_line(f"New story: {title}".strip())
    if form != "json":
        theirs = feedparser.parse(body)
        assert not theirs.bozo, theirs.get("bozo_exception")
        assert [entry.id for entry in theirs.entries] == [entry.id for entry in feed.entries]
    for marked in ("<script", "<b>bold"):
        assert marked not in feed.entries[0].content_html + feed.entries[0].summary_html


@pytest.mark.parametrize("form", FORMS)
def test_the_same_alerts_give_the_same_bytes_and_ids_that_never_change(form: Form) -> None:
    before = written(form, raised(0), raised(1))
    assert written(form, raised(0), raised(1)) == before
    renamed = written(form, raised(0, title="Another title"), raised(1), name="Renamed")
    assert renamed != before
    ids = [[entry.id for entry in parse(one, content_type=TYPES[form]).entries] for one in (before, renamed)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_ids_are_the_same_in_every_form() -> None:
    ids = {
        form: [entry.id for entry in parse(written(form, raised(0)), content_type=TYPES[form]).entries]
        for form in FORMS
    }
    assert ids["rss"] == ids["atom"] == ids["json"]


def test_rss_has_what_the_specification_requires() -> None:
    channel = etree.fromstring(written("rss", raised(0), raised(1))).find("channel")
    assert channel is not None
    assert [channel.findtext(name) for name in ("title", "description")] == [
        "biowire: Cameras",
        "Alerts on camera",
    ]
    assert urlsplit(channel.findtext("link")).scheme == "https"
    own = channel.find(f"{ATOM}link")
    assert own is not None
    assert own.get("href") == f"https://news.example.org/feeds/cameras/{'T' * 43}.rss"
    for item in channel.findall("item"):
        assert item.findtext("title")
        assert item.find("guid").get("isPermaLink") == "false"  # type: ignore[union-attr]
        assert datetime.strptime(item.findtext("pubDate"), "%a, %d %b %Y %H:%M:%S %z")
        assert item.findtext("link") == "https://daily.example/gate"


def test_atom_has_what_the_specification_requires() -> None:
    root = etree.fromstring(written("atom", raised(0), raised(1)))
    assert root.tag == f"{ATOM}feed"
    for holder in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(holder.findall(ATOM + name)) == 1, name
        assert urlsplit(holder.findtext(f"{ATOM}id")).scheme == "urn"
        assert RFC3339.fullmatch(holder.findtext(f"{ATOM}updated"))
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    assert [one.get("rel") for one in root.findall(f"{ATOM}link")] == ["self", "alternate"]
    assert {one.get("type") for one in root.iter(f"{ATOM}content")} == {"html"}


def test_json_feed_has_what_the_specification_requires() -> None:
    feed = json.loads(written("json", raised(0), raised(1)))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "biowire: Cameras"
    assert feed["feed_url"].endswith(".json")
    for item in feed["items"]:
        assert item["id"].startswith("urn:uuid:")
        assert item["content_html"]
        assert RFC3339.fullmatch(item["date_published"])


def test_the_content_says_why() -> None:
    quote = Quote(
        clause="camera", field="text", start=0, end=7, before="two ", surface="cameras", after=" watch"
    )
    shown = {"quotes": (quote,), "clauses": ("camera", "domain:policing")}
    one = raised(0, sentence="New story on cameras.", kind="story", shown=shown, count=4)
    html = json.loads(written("json", one))["items"][0]["content_html"]
    for said in (
        "New story on cameras.",
        "two <mark>cameras</mark> watch",
        "domain:policing",
        "Daily Example",
        "story of 3 articles",
        "version 1",
        f'href="https://news.example.org/documents/{"a" * 20}/explain"',
        "And 3 more articles.",
    ):
        assert said in html


def test_links_of_another_kind_than_http_are_never_live() -> None:
    one = raised(0, shown={"url": "javascript:alert(1)"})
    for form in FORMS:
        assert b"javascript:" not in written(form, one)


def test_what_is_withdrawn_says_so() -> None:
    one = Raised(alert=an_alert("k"), seq=1, raised=NOON, withdrawn="A late article moved it.")
    assert b"Withdrawn:" in written("atom", one)
    assert b"A late article moved it." in written("atom", one)
