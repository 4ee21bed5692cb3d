"""Where the feeds of a site may be, judging by one of its pages. Nothing is fetched: these are candidates.

Best first: feeds the page declares (`<link rel="alternate">`), those it links to, then addresses that
publishing systems commonly use. Feeds of comments come last among the declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .parse.charset import to_utf8
from .parse.links import resolve, web_link

WELL_KNOWN = ("/feed/", "/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
_LARGEST = 5 * 1024 * 1024
_MOST = 50
_TYPES = frozenset(
    {
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/rss",
        "application/rss+xml",
        "application/x-rss+xml",
        "text/rss",
        "text/rss+xml",
    }
)
_LOOSE_TYPES = frozenset({"application/json", "application/xml", "text/xml"})
_ADDRESS = re.compile(
    r"/(?:rss|feeds?|atom|rdf)(?:[/.?#]|$)|\.(?:rss|atom|rdf)(?:[?#]|$)|(?:feed|rss|atom|index)\.(?:xml|json)(?:[?#]|$)"
    r"|[?&](?:feed|format|type)=(?:rss|atom|feed)|//feeds\.|//feed\.",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\b(?:rss|atom|feeds?)\b", re.IGNORECASE)
_COMMENTS = re.compile(r"comment|/replies", re.IGNORECASE)


def discover(html: bytes, url: str) -> tuple[str, ...]:
    """Addresses that may be feeds of the page at `url`, best first, absolute, none twice, at most 50."""
    tree = LexborHTMLParser(to_utf8(html[:_LARGEST]).data.decode("utf-8", "replace"))
    root = tree.css_first("base[href]")
    base = resolve(url, (root.attributes.get("href") or "").strip()) if root is not None else url
    found = [*_declared(tree), *_linked(tree, base)]
    absolute = (_absolute(base, link) for link in found)
    known = (_absolute(url, path) for path in WELL_KNOWN)
    return tuple(dict.fromkeys(link for link in (*absolute, *known) if link and link != url))[:_MOST]


def _declared(tree: LexborHTMLParser) -> list[str]:
    declared = [node for node in tree.css("link[href]") if _declares_feed(node)]
    declared.sort(key=lambda node: bool(_COMMENTS.search(f"{_of(node, 'href')} {_of(node, 'title')}")))
    return [_of(node, "href") for node in declared]


def _declares_feed(node: LexborNode) -> bool:
    rel = _of(node, "rel").lower().split()
    kind = _of(node, "type").lower().partition(";")[0].strip()
    if "feed" in rel or ("alternate" in rel and kind in _TYPES):
        return True
    return "alternate" in rel and kind in _LOOSE_TYPES and bool(_ADDRESS.search(_of(node, "href")))


def _linked(tree: LexborHTMLParser, base: str) -> Iterator[str]:
    for node in tree.css("a[href]"):
        href = _of(node, "href")
        said = f"{node.text()[:200]} {_of(node, 'title')} {_of(node, 'class')}"
        if _ADDRESS.search(href) or (_WORDS.search(said) and _same_site(resolve(base, href), base)):
            yield href


def _same_site(link: str, base: str) -> bool:
    """Both on one host: "RSS" on a link that leads elsewhere is about RSS, not a feed."""
    return link.split("/")[2:3] == base.split("/")[2:3]


def _of(node: LexborNode, name: str) -> str:
    return (node.attributes.get(name) or "").strip()


def _absolute(base: str, link: str) -> str:
    link = web_link(resolve(base, link)).partition("#")[0]
    return link if link.lower().startswith(("http://", "https://")) else ""
