"""What travels through connectors: feed -> entry -> item -> article. Imports nothing of ours.

    feed ─► entry ─► item ─► article
            parse    log     normalize

All records are frozen; times are aware and in UTC; text is plain unless the name ends in `_html`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A URL we poll, and what its list says about its publisher."""

    url: str
    title: str = ""
    site_url: str = ""
    group: tuple[str, ...] = ()
    """Names of the OPML outlines around it, outermost first."""
    language: str = ""
    """ISO 639-1, empty when unknown."""
    country: str = ""
    """ISO 3166-1 alpha-2 of the publisher, empty when unknown or international."""
    kind: str = ""
    """Origin: press, ngo, regulator, government, court, research, press-release, company, community."""
    perspective: str = ""
    """industry, civil-society, regulator, mainstream, local, research, government."""
    full_text: str = "auto"
    """When to fetch article pages: `auto` (the entry is a stub), `always`, `never`."""
    interval: int = 0
    """Seconds between fetches set by the user; 0 adapts to the feed."""
    verify_tls: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item as its feed gives it, before any decision of ours."""

    id: str = ""
    """guid, atom:id or JSON Feed id, verbatim; empty when the feed has none."""
    link: str = ""
    """Absolute where the document or its URL allows; http and https only."""
    title: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    summary_html: str = ""
    content_html: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document as read: what it says of itself, and every entry in its order."""

    format: str
    """rss-0.9x, rss-1.0, rss-2.0, atom-0.3, atom-1.0, json-feed, news-sitemap, other."""
    reader: str
    """Which reader produced it: `fast`, `feedparser`, `json`, `sitemap`."""
    title: str = ""
    link: str = ""
    language: str = ""
    entries: tuple[Entry, ...] = ()
    ttl: int = 0
    """Seconds the publisher asks to wait between fetches (ttl, sy:update*), 0 when unsaid."""
    moved_to: str = ""
    """New address the document itself announces, empty when none."""
    problem: str = ""
    """What was malformed but survived; empty when nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry on its way into the log: the input of `biowire ingest`, and the unit kept for replay."""

    feed_url: str
    title: str
    link: str
    feed_title: str = ""
    guid: str = ""
    published: str = ""
    """As delivered; normalize reads it."""
    updated: str = ""
    author: str = ""
    language: str = ""
    """As the feed or item declares it."""
    summary_html: str = ""
    content_html: str = ""
    text: str = ""
    """Main text of the article's own page, where one was fetched; plain text."""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An item normalized by us: one sighting of an article. Text is NFC, without markup."""

    id: str
    """Hash of the canonical URL; of feed and guid (or title) where there is no URL."""
    url: str
    """The link as delivered."""
    canonical_url: str
    host: str
    """Host of the canonical URL without `www.`; of the feed where there is no URL."""
    feed_url: str
    feed_title: str
    guid: str
    title: str
    summary: str
    text: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    language: str
    """ISO 639-1 or 639-3, `und` when unknown."""
    published: datetime | None
    updated: datetime | None
    received: datetime
    """When the item entered the log."""
    redirector: bool
    """True when the link only leads to the article through an opaque redirector: a lead."""
    item_hash: str
    """Of the item as delivered: equal for a repeated delivery."""
    content_hash: str
    """Of title, summary and text, folded: equal for the same words."""

    @property
    def when(self) -> datetime:
        """Time of the event for ordering: published, or received where the feed does not say."""
        return self.published or self.received
