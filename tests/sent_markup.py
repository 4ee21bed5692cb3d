"""What is sent about hostile articles, and what a parser of HTML 5 finds alive in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from messages import NOW, a_message, a_quote, a_subscription, an_alert, shown
from selectolax.lexbor import LexborHTMLParser

from connectors.normalize import EmptyItem, normalize
from connectors.records import Item
from streams.core.alerts.records import Rhythm
from streams.rendering import html

ELEMENTS = frozenset(
    [
        *("html", "head", "meta", "title", "style", "body", "div", "h1", "p", "strong", "a", "bdi", "mark"),
        *("ul", "li", "span", "code", "br", "blockquote", "img"),
    ]
)
"""All that mails and feeds are made of."""
_ATTRIBUTES = frozenset(
    [
        "lang",
        "dir",
        "class",
        "rel",
        "role",
        "name",
        "content",
        "charset",
        "style",
        "href",
        "alt",
        "width",
        "src",
    ]
)
_META = {"viewport", "color-scheme", "supported-color-schemes", None}


def article_of(number, attack):
    """An item with the attack in every field, as normalizing leaves it; None where it leaves nothing."""
    body = f"<p>{attack} police use face recognition {attack}</p>"
    return normalized(
        Item(
            feed_url="https://outlet.example/feed.xml",
            feed_title=attack,
            title=attack,
            link=f"https://outlet.example/{number}?q={attack}",
            guid=attack,
            author=attack,
            language=attack[:30],
            summary_html=body,
            content_html=body + body,
            categories=(attack,),
        )
    )


def normalized(item):
    """The article of an item, or None."""
    try:
        return normalize(item, NOW)
    except EmptyItem:
        return None


def shown_article(number, article):
    """How an alert would show the article, with everything of it among the clauses and quotes."""
    texts = (
        article.title,
        *article.authors[:3],
        *article.categories[:3],
        article.guid[:300],
        article.feed_title,
    )
    return said_everywhere(number, texts, f"{article.summary} {article.text}", article)


def shown_raw(number, attack, url=""):
    """The same for an attack that nothing has cleaned before."""
    return said_everywhere(number, (attack,), attack, None, url)


def said_everywhere(number, texts, body, article, url=""):
    half = len(body) // 2
    quote = a_quote(
        clause=texts[0],
        start=half,
        before=body[:half],
        surface=body[half : half + 99],
        after=body[half + 99 :],
    )
    return shown(
        f"{number}",
        title=texts[0],
        url=article.url if article else url or f"https://ledger.example/{number}",
        source=texts[-1],
        language=article.language if article else texts[0][:40],
        clauses=texts,
        quotes=(quote, replace(quote, clause="other")),
        when=NOW - timedelta(seconds=number),
    )


def message_of(documents, said):
    """One message with an entry for each document, of every way to show one; `said` where people name things."""
    alerts = [an_alert(f"{n}", shown=(one,), sentence=one.title) for n, one in enumerate(documents)]
    spike = an_alert("s", kind="spike", sentence=said, shown=tuple(documents), version=2)
    subscription = a_subscription(name=said, query=said, rhythm=Rhythm(zone="Asia/Tokyo", cap=100))
    return a_message(*alerts, spike, subscription=subscription, notices=[said])


def _harmless():
    message = message_of([shown_raw(n, "harmless", "https://a.example/") for n in range(7)], "harmless")
    pages = [html.render(message, chart="cid:chart@example")]
    rtl = [replace(one, language="ar") for one in (shown_raw(0, "harmless"),)]
    return [LexborHTMLParser(page) for page in [*pages, html.render(message_of(rtl, "harmless"))]]


_OURS = _harmless()
_STYLES = {node.attributes["style"] for page in _OURS for node in page.css("[style]")}
_SHEETS = {node.text() for page in _OURS for node in page.css("style")}


def alive(markup):
    """Everything in a page or a piece of one that is not of our own making: empty when all is well."""
    return [wrong for node in LexborHTMLParser(markup).css("*") if (wrong := _wrong(node))]


def _wrong(node):
    given = node.attributes
    if node.tag not in ELEMENTS or not given.keys() <= _ATTRIBUTES:
        return node.tag, *given
    if given.get("style", None) is not None and given["style"] not in _STYLES:
        return node.tag, given["style"]
    if node.tag == "style" and node.text() not in _SHEETS:
        return "style", node.text()[:80]
    if node.tag == "img" and not (given.get("src") or "").startswith("cid:"):
        return "img", given.get("src")
    if node.tag == "meta" and given.get("name") not in _META:
        return "meta", given.get("name")
    if node.tag == "a" and urlsplit(given.get("href") or "").scheme not in {"http", "https"}:
        return "a", given.get("href")
    return None


def batches(found, size):
    """Parts of a list, each of so many."""
    return [found[start : start + size] for start in range(0, len(found), size)]
