"""Entry to item, how long an entry is, and whether a page can be its article."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from connectors.items import is_about, item_of, word_count
from connectors.records import Entry, Feed, ParsedFeed

FEED = Feed(url="https://example.org/feed", language="de")
PARSED = ParsedFeed(format="rss-2.0", reader="fast", title="Paper", language="en")


def test_an_item_says_what_the_entry_says_and_no_more():
    item = item_of(
        FEED,
        PARSED,
        Entry(title="One", published=datetime(2026, 5, 4, 10, tzinfo=timezone(timedelta(hours=2)))),
    )
    assert (item.feed_title, item.language, item.published, item.updated) == (
        "Paper",
        "en",
        "2026-05-04T08:00:00Z",
        "",
    )
    assert (item.author, item.categories, item.text) == ("", (), "")


def test_the_name_in_the_list_goes_before_that_of_the_document():
    assert item_of(Feed(url="https://example.org/feed", title="Mine"), PARSED, Entry()).feed_title == "Mine"


def test_an_entry_keeps_its_own_language_and_all_its_authors():
    item = item_of(
        FEED, PARSED, Entry(language="fr", authors=("A", "B"), updated=datetime(2026, 5, 4, tzinfo=UTC))
    )
    assert (item.language, item.author, item.updated) == ("fr", "A; B", "2026-05-04T00:00:00Z")


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("", 0),
        ("<p>two words</p>", 2),
        ("<script>var a</script>", 0),
        ("人脸识别系统", 3),
        ("한국어 기사", 2),
    ],
)
def test_words_are_those_of_the_text(html, words):
    assert word_count(Entry(summary_html=html)) == words
    assert word_count(Entry(summary_html="x", content_html=html or "x")) == max(words, 1)


@pytest.mark.parametrize(
    ("title", "page", "related"),
    [
        ("Council halts face scans at stations", "The council has halted scans of faces.", True),
        ("Council halts face scans at stations", "We value your privacy. Accept all cookies.", False),
        ("Council halts face scans at stations", "COUNCIL HALTS FACE SCANS", True),
        ("人脸识别禁令在市议会通过", "市议会周二通过了人脸识别禁令。", True),
        ("人脸识别禁令在市议会通过", "请启用浏览器以继续访问。", False),
        ("", "Anything at all.", True),
        ("AI: 5 to 4", "Anything at all.", True),
    ],
)  # fmt: skip
def test_a_page_that_shares_no_word_with_the_title_is_another(title, page, related):
    assert is_about(title, page) == related
