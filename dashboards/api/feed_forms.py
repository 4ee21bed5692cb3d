"""Alerts of a subscription as RSS 2.0, Atom 1.0 and JSON Feed 1.1. Pure.

The same alerts give the same bytes, so that readers who ask again are told that nothing changed. Ids come
from the alert's own: whatever the address, the form or the title, a reader shows an alert once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

import msgspec
from lxml import etree

from streams.core.alerts.addresses import Form
from streams.core.alerts.phrasing import one_line

_ATOM = "http://www.w3.org/2005/Atom"
_TITLE = 300

TYPES: dict[Form, str] = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One alert."""

    id: str
    """Of the alert: 32 hexadecimal digits."""
    title: str
    url: str
    """An http(s) address."""
    when: datetime
    """When we came to know."""
    html: str
    kind: str

    @property
    def urn(self) -> str:
        """Stable everywhere: the alert's id, which is the hash of what it is about."""
        return uuid.UUID(hex=self.id, version=5).urn


@dataclass(frozen=True, slots=True, kw_only=True)
class OutFeed:
    """A subscription, as a feed."""

    id: str
    """Of the subscription."""
    title: str
    subtitle: str
    self_url: str
    home_url: str
    updated: datetime
    entries: Sequence[FeedEntry]
    """Newest first."""

    @property
    def urn(self) -> str:
        """Stable for the subscription's life."""
        return uuid.uuid5(uuid.NAMESPACE_OID, f"biowire subscription {self.id}").urn


def write(feed: OutFeed, form: Form) -> bytes:
    """The feed as a document."""
    return {"rss": _rss, "atom": _atom, "json": _json}[form](feed)


def _rss(feed: OutFeed) -> bytes:
    root = etree.Element("rss", {"version": "2.0"}, nsmap={"atom": _ATOM})
    channel = etree.SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.home_url)
    _add(channel, "description", feed.subtitle)
    etree.SubElement(
        channel,
        f"{{{_ATOM}}}link",
        {"rel": "self", "type": "application/rss+xml", "href": feed.self_url},
    )
    _add(channel, "lastBuildDate", format_datetime(feed.updated))
    _add(channel, "generator", "biowire")
    for entry in feed.entries:
        item = etree.SubElement(channel, "item")
        _add(item, "title", entry.title)
        _add(item, "link", entry.url)
        _add(item, "guid", entry.urn, isPermaLink="false")
        _add(item, "pubDate", format_datetime(entry.when))
        _add(item, "category", entry.kind)
        _markup(item, "description", entry.html)
    return _document(root)


def _atom(feed: OutFeed) -> bytes:
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]  # lxml's default
    _add(root, "id", feed.urn)
    _add(root, "title", feed.title)
    _add(root, "subtitle", feed.subtitle)
    _add(root, "updated", _stamp(feed.updated))
    etree.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.self_url})
    etree.SubElement(root, "link", {"rel": "alternate", "href": feed.home_url})
    author = etree.SubElement(root, "author")
    _add(author, "name", "biowire")
    _add(root, "generator", "biowire")
    for entry in feed.entries:
        item = etree.SubElement(root, "entry")
        _add(item, "id", entry.urn)
        _add(item, "title", entry.title)
        etree.SubElement(item, "link", {"rel": "alternate", "href": entry.url})
        _add(item, "published", _stamp(entry.when))
        _add(item, "updated", _stamp(entry.when))
        etree.SubElement(item, "category", {"term": entry.kind})
        _markup(item, "content", entry.html, type="html")
    return _document(root)


def _json(feed: OutFeed) -> bytes:
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": one_line(feed.title, _TITLE),
            "description": one_line(feed.subtitle, _TITLE),
            "home_page_url": feed.home_url,
            "feed_url": feed.self_url,
            "authors": [{"name": "biowire"}],
            "items": [
                {
                    "id": entry.urn,
                    "url": entry.url,
                    "title": one_line(entry.title, _TITLE),
                    "content_html": entry.html,
                    "date_published": _stamp(entry.when),
                    "tags": [entry.kind],
                }
                for entry in feed.entries
            ],
        }
    )


def _add(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    """An element with one line of text: what XML cannot hold is left out of it."""
    etree.SubElement(parent, name, attributes).text = one_line(text, _TITLE)


def _markup(parent: etree._Element, name: str, html: str, **attributes: str) -> None:
    """An element with HTML as text; the template has left out what XML cannot hold."""
    etree.SubElement(parent, name, attributes).text = html


def _document(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
