"""Bytes to entries: RSS, Atom, RDF, CDF, JSON Feed, news sitemaps. Pure: no I/O, no clock.

    bytes ─► charset ─► detect ─┬─► fast (lxml) ──unsure──► reference (feedparser) ─┐
                                ├─► jsonfeed                                        ├─► ParsedFeed
                                └─► sitemap                                         ┘

The fast reader speaks only where it can vouch for the very fields feedparser would give. feedparser can be
made slow or hungry by a hostile document: `connectors.reader` runs it where it can be killed.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import NotAFeed
from ..records import ParsedFeed
from .charset import Decoded, to_utf8
from .detect import Shape, binary, shape
from .fast import read_fast
from .jsonfeed import read_json_feed
from .reference import read_reference
from .sitemap import read_sitemap

__all__ = ["parse", "parse_cheaply"]


def parse(data: bytes, *, url: str = "", content_type: str = "") -> ParsedFeed:
    """Read a feed document: every entry, in its order. `content_type` is the HTTP header.

    Raises NotAFeed, with a sentence saying what the document is instead.
    """
    return parse_cheaply(data, url=url, content_type=content_type) or _parse_slowly(data, url, content_type)


def parse_cheaply(data: bytes, *, url: str = "", content_type: str = "") -> ParsedFeed | None:
    """Read in time linear to the size; None where only feedparser can tell. Raises NotAFeed."""
    decoded, found = _look(data, content_type)
    if found.kind == "json":
        feed = read_json_feed(decoded.data, url)
    elif found.root in {"urlset", "sitemapindex"}:
        feed = read_sitemap(decoded.data, url)
    else:
        fast = read_fast(decoded.data, url) if found.root != "late" else None
        if fast is None:
            return None
        feed = fast
    return _with_problem(feed, decoded)


def _look(data: bytes, content_type: str) -> tuple[Decoded, Shape]:
    what = binary(data)
    if what:
        raise NotAFeed(f"The document is {what}, not a feed.")
    decoded = to_utf8(data, content_type)
    found = shape(decoded.data)
    if found.root == "opml":
        raise NotAFeed("The document is an OPML list of feeds, not a feed; `biowire feeds import` reads it.")
    if found.what:
        raise NotAFeed(f"The document is {found.what}, not a feed.")
    return decoded, found


def _parse_slowly(data: bytes, url: str, content_type: str) -> ParsedFeed:
    decoded, found = _look(data, content_type)
    feed = read_reference(decoded.data, url)
    if not feed.entries and feed.format == "other" and found.root not in {"rss", "feed", "channel"}:
        raise NotAFeed(f"The document is XML with the root <{found.root}>, not a feed.")
    return _with_problem(feed, decoded)


def _with_problem(feed: ParsedFeed, decoded: Decoded) -> ParsedFeed:
    return replace(feed, problem=decoded.problem or feed.problem) if decoded.problem else feed
