"""What a page says of itself, and which of its words are the article's."""

import pytest
from lxml.html import document_fromstring

from connectors.extract import MAX_PAGE, ExtractError, extract
from connectors.page_pruning import prune

WORDS = (
    "The court decided on Monday that the pictures have to be deleted within a month, its president said. "
)


def page(inside="", head="", outside=""):
    article = "".join(f"<p>{number}. {WORDS * 2}</p>" for number in range(6))
    return (
        f"<html lang='de-AT'><head><title>Court</title>{head}</head><body>{outside}"
        f"<article><h1>Court</h1>{article}{inside}</article></body></html>"
    ).encode()


FOREIGN = {
    "related box": "<div class='related-stories'><p>Foreign words stand here for all to read.</p></div>",
    "most read": "<ol id='most-read'><li>Foreign words stand here for all to read.</li></ol>",
    "newsletter": "<div class='newsletter_signup'><p>Foreign words: get our letter every day.</p></div>",
    "comments": "<section id='comments'><p>Foreign words: I do not agree with this at all.</p></section>",
    "aside": "<aside><p>Foreign words stand here for all to read.</p></aside>",
    "paragraph of one link": "<p><a href='/x'>Foreign words in a story about something else</a></p>",
    "read also": "<p>Read also: <a href='/x'>Foreign words in another story</a> by our writer</p>",
    "in German": "<p>Lesen Sie auch: <a href='/x'>Foreign words in another story</a></p>",
    "in Chinese": "<p>相关阅读：<a href='/x'>Foreign words in another story</a></p>",
    "heading of a list": "<h3>Related: Foreign words</h3><ul><li><a href='/x'>Foreign words</a></li></ul>",
    "share buttons": "<div class='share-buttons'><p>Foreign words: share this story.</p></div>",
    "breadcrumb": "<div class='breadcrumb'>Foreign words &gt; Home &gt; News</div>",
}


@pytest.mark.parametrize("inside", FOREIGN.values(), ids=FOREIGN.keys())
def test_what_stands_around_an_article_stays_out(inside):
    text = extract(page(inside)).text
    assert "Foreign words" not in text
    assert all(f"{number}. The court" in text for number in range(6))


KEPT = {
    "a link in a sentence": "<p>Kept words, <a href='/x'>as the court wrote</a>, in its long decision.</p>",
    "a list of points": "<ul><li>Kept words are the first of the points</li><li>and more of them</li></ul>",
    "a quotation": "<blockquote><p>Kept words, said the judge, and left the room.</p></blockquote>",
    "a heading": "<h2>Kept words</h2><p>Here is what the second part says about it.</p>",
}


@pytest.mark.parametrize("inside", KEPT.values(), ids=KEPT.keys())
def test_what_belongs_to_the_article_stays_in(inside):
    assert "Kept words" in extract(page(inside)).text


@pytest.mark.parametrize("name", ["related", "sidebar", "teaser", "social-wall", "newsletter"])
def test_an_article_is_kept_whatever_its_box_is_called(name):
    html = page().replace(b"<article>", f"<div class='{name}'>".encode()).replace(b"</article>", b"</div>")
    assert "5. The court" in extract(html).text


def test_parts_of_one_name_that_make_up_the_article_are_kept():
    parts = "".join(f"<div class='toc'><p>{number}. {WORDS * 2}</p></div>" for number in range(8))
    tree = document_fromstring(f"<html><body><div>{parts}</div></body></html>")
    assert prune(tree) > 1000
    assert "7. The court" in tree.text_content()


def test_the_text_behind_what_is_dropped_is_kept():
    tree = document_fromstring("<body><div><p>a</p><nav>b</nav>tail one<nav>c</nav>tail two</div></body>")
    prune(tree)
    assert tree.text_content() == "atail onetail two"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<meta property='article:published_time' content='2026-05-04T10:00:00+02:00'>", "2026-05-04T08:00:00Z"),
        ("<meta name='date' content='2026-05-04'>", "2026-05-04"),
        ("<meta itemprop='datePublished' content='2026-05-04 10:00:00 +02:00'>", "2026-05-04T08:00:00Z"),
        ("<script type='application/ld+json'>{\"datePublished\": \"2026-05-04T10:00:00Z\"}</script>", "2026-05-04T10:00:00Z"),
        ("<meta name='date' content='soon'>", ""),
        ("<meta name='date' content='2026-99-99'>", ""),
    ],
)  # fmt: skip
def test_the_date_of_publication_is_that_of_the_metadata(head, expected):
    assert extract(page(head=head)).published == expected


def test_title_and_language_come_along():
    read = extract(page())
    assert (read.title, read.language) == ("Court", "de")


def test_a_page_over_the_limit_is_refused():
    with pytest.raises(ExtractError, match="larger"):
        extract(b" " * (MAX_PAGE + 1))


def test_the_text_has_no_markup():
    assert "<" not in extract(
        page("<p>2 &lt; 3, <b>kept</b> <script>alert(1)</script>words</p>")
    ).text.replace("2 < 3", "")
