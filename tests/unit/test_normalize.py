import time
from datetime import UTC, datetime

import pytest
from builders import NOON, an_article, an_item

from connectors.language import language_of
from connectors.normalize import BadItem, EmptyItem, item_from_json, item_hash, normalize, parse_date
from connectors.plain_text import html_to_line, html_to_text

HTML = {
    "inline tags do not part words": ("bio<b>metric</b>s", "biometrics"),
    "blocks part paragraphs": ("<p>One</p><p>Two</p>", "One\nTwo"),
    "line breaks of the source do not": ("<p>One\n  two</p>", "One two"),
    "scripts and styles are not text": ("a<script>x()</script><style>b{}</style>c", "ac"),
    "escaped twice": ("&lt;p&gt;One &amp;amp; two&lt;/p&gt;", "One & two"),
    "an entity is one character": ("caf&eacute; &#8217;s", "café ’s"),
    "comparison signs are text": ("if a &lt; b and c &gt; d", "if a < b and c > d"),
    "decomposed letters are composed": ("cafe\u0301", "café"),
    "the tail feed software adds": ("<p>News.</p><p>The post News appeared first on Ledger.</p>", "News."),
    "control characters": ("a\x00b\x1bc", "abc"),
}


@pytest.mark.parametrize(("markup", "text"), HTML.values(), ids=HTML.keys())
def test_html_becomes_what_a_reader_sees(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@pytest.mark.parametrize(
    "markup",
    ["<div>" * 80_000 + "deep", "<b>x" * 80_000, "<" * 300_000, "&lt;" * 90_000],
    ids=["nested", "unclosed", "angles", "entities"],
)
def test_hostile_markup_is_read_in_no_time(markup: str) -> None:
    started = time.process_time()
    html_to_text(markup)
    html_to_line(markup)
    assert time.process_time() - started < 2


def test_a_title_keeps_an_angle_bracket_that_is_no_tag() -> None:
    assert html_to_line("Why 3 < 5 &amp;amp; <i>more</i>") == "Why 3 < 5 & more"


DATES = {
    "RFC 3339": ("2026-11-20T10:00:00+02:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
    "RFC 822": ("Fri, 20 Nov 2026 10:00:00 GMT", datetime(2026, 11, 20, 10, tzinfo=UTC)),
    "without a zone it is UTC": ("2026-11-20 10:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
    "as people write": ("20 November 2026 10:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
    "the epoch is a default": ("1970-01-01T00:00:00Z", None),
    "a far future is none": ("2031-01-01T00:00:00Z", None),
    "a few hours ahead is a time zone": ("2026-11-20T20:00:00Z", datetime(2026, 11, 20, 20, tzinfo=UTC)),
    "year zero": ("0000-00-00 00:00:00", None),
    "digits": ("9" * 5000, None),
    "a weekday is no date": ("Friday", None),
    "words": ("last Tuesday or so", None),
    "nothing": ("  ", None),
    "impossible offset": ("2026-11-20T10:00:00+99:99", None),
}


@pytest.mark.parametrize(("raw", "expected"), DATES.values(), ids=DATES.keys())
def test_dates_are_read_or_unknown_never_invented(raw: str, expected: datetime | None) -> None:
    assert parse_date(raw, NOON) == expected


LANGUAGES = {
    "declared and believable": ("en-US", "Council weighs cameras at the river crossing this week", "en"),
    "software default over French": (
        "en-US",
        "La ville renonce à la reconnaissance faciale dans ses gares et ses lycées",
        "fr",
    ),
    "short text keeps the declaration": ("pl", "Nowe kamery", "pl"),
    "Chinese without declaration": ("", "人脸识别系统投入使用", "zh"),
    "Japanese under a wrong one": ("en", "顔認証システムを導入", "ja"),
    "Korean": ("", "안면인식 시스템 도입", "ko"),
    "Ukrainian declared": ("uk", "Розпізнавання облич у метро", "uk"),
    "nothing to go by": ("", "Ok", "und"),
}


@pytest.mark.parametrize(("declared", "text", "expected"), LANGUAGES.values(), ids=LANGUAGES.keys())
def test_language_is_told_by_script_declaration_and_words(declared: str, text: str, expected: str) -> None:
    assert language_of(declared, text) == expected


def test_the_same_article_has_one_id_however_its_link_is_decorated() -> None:
    plain = an_article(link="https://ledger.example/a")
    assert an_article(link="http://www.ledger.example/a/?utm_source=rss").id == plain.id
    assert an_article(link="https://ledger.example/b").id != plain.id


def test_without_an_address_the_guid_names_the_article_and_without_guid_the_title() -> None:
    assert an_article(link="", guid="7").id == an_article(link="", guid="7", title="Other").id
    assert an_article(link="", title="A").id != an_article(link="", title="B").id


def test_a_summary_that_begins_the_text_is_kept_once() -> None:
    article = an_article(
        summary_html="<p>The council will vote…</p>", content_html="<p>The council will vote on Tuesday.</p>"
    )
    assert (article.summary, article.text) == ("", "The council will vote on Tuesday.")


def test_an_undated_item_is_kept_with_the_time_it_was_received() -> None:
    article = an_article(published="")
    assert article.published is None
    assert article.when == NOON


def test_a_feed_that_dates_only_updates_dates_its_articles_by_them() -> None:
    article = an_article(published="", updated="2026-11-20T09:00:00Z")
    assert (article.published, article.updated) == (datetime(2026, 11, 20, 9, tzinfo=UTC), None)


def test_an_item_without_title_and_text_is_empty() -> None:
    with pytest.raises(EmptyItem):
        normalize(an_item(title=" ", summary_html="<p></p>"), NOON)


def test_authors_are_parted_and_mail_addresses_give_way_to_names() -> None:
    assert an_article(author="By Ada Byron and Kim Li; R. Roe").authors == ("Ada Byron", "Kim Li", "R. Roe")
    assert an_article(author="desk@ledger.example (Ada Byron)").authors == ("Ada Byron",)


BAD = {
    "not JSON": b"{",
    "a list": b"[]",
    "title is an object": b'{"title": {}}',
    "not UTF-8": b'{"title": "\xff"}',
    "very deep": b"[" * 100_000,
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD.keys())
def test_what_is_no_item_is_refused_with_a_sentence(line: bytes) -> None:
    with pytest.raises(BadItem, match=r"\.$"):
        item_from_json(line)


def test_unknown_fields_do_not_change_the_item() -> None:
    one = item_from_json(b'{"title": "A", "link": "https://a.example/", "feed_url": "", "capture_day": 1}')
    other = item_from_json(b'{"title": "A", "link": "https://a.example/", "feed_url": ""}')
    assert item_hash(one) == item_hash(other)
