"""Where the feeds of a site may be, judging by one of its pages. Nothing is fetched: these are candidates.

Best first: feeds the page declares (`<link rel="alternate">`), those it links to, then addresses that
publishing systems commonly use. Feeds of comments come last among the declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape

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


_TAG = re.compile(r"<(link|a|base)\s([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![\w:-])([\w:-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
_MARKUP = re.compile(r"<[^>]*>?")
_TEXT = 200

_Tag = dict[str, str]
"""Attributes of a tag, and under the empty name the text after it."""


def discover(html: bytes, url: str) -> tuple[str, ...]:
    """Addresses that may be feeds of the page at `url`, best first, absolute, none twice, at most 50."""
    tags = _tags(to_utf8(html[:_LARGEST]).data.decode("utf-8", "replace"))
    base = resolve(url, next((tag["href"] for name, tag in tags if name == "base"), url))
    found = [*_declared(tag for name, tag in tags if name == "link")]
    found += _linked((tag for name, tag in tags if name == "a"), base)
    absolute = (_absolute(base, link) for link in found)
    known = (_absolute(url, path) for path in WELL_KNOWN)
    return tuple(dict.fromkeys(link for link in (*absolute, *known) if link and link != url))[:_MOST]


def _tags(html: str) -> list[tuple[str, _Tag]]:
    """The links of a page, without building a tree of it: that takes quadratic time in its depth."""
    html = _without_comments(html)
    tags = []
    for found in _TAG.finditer(html):
        pairs = _ATTRIBUTE.findall(found[2])
        said = {name.lower(): unescape(value.strip("\"'")).strip() for name, value in pairs}
        if said.get("href"):
            after = re.split("</a", html[found.end() : found.end() + _TEXT], flags=re.IGNORECASE)[0]
            tags.append((found[1].lower(), said | {"": _MARKUP.sub("", after)}))
    return tags


def _without_comments(html: str) -> str:
    kept = []
    at = 0
    while (start := html.find("<!--", at)) >= 0 and (end := html.find("-->", start + 4)) >= 0:
        kept.append(html[at:start])
        at = end + 3
    return "".join([*kept, html[at:]])


def _declared(links: Iterable[_Tag]) -> list[str]:
    declared = [tag for tag in links if _declares_feed(tag)]
    declared.sort(key=lambda tag: bool(_COMMENTS.search(f"{tag['href']} {tag.get('title', '')}")))
    return [tag["href"] for tag in declared]


def _declares_feed(tag: _Tag) -> bool:
    rel = tag.get("rel", "").lower().split()
    kind = tag.get("type", "").lower().partition(";")[0].strip()
    if "feed" in rel or ("alternate" in rel and kind in _TYPES):
        return True
    return "alternate" in rel and kind in _LOOSE_TYPES and bool(_ADDRESS.search(tag["href"]))


def _linked(anchors: Iterable[_Tag], base: str) -> Iterator[str]:
    for tag in anchors:
        said = f"{tag['']} {tag.get('title', '')} {tag.get('class', '')}"
        if _ADDRESS.search(tag["href"]) or (
            _WORDS.search(said) and _same_site(resolve(base, tag["href"]), base)
        ):
            yield tag["href"]


def _same_site(link: str, base: str) -> bool:
    """Both on one host: "RSS" on a link that leads elsewhere is about RSS, not a feed."""
    return link.split("/")[2:3] == base.split("/")[2:3]


def _absolute(base: str, link: str) -> str:
    link = web_link(resolve(base, link)).partition("#")[0]
    return link if link.lower().startswith(("http://", "https://")) else ""
