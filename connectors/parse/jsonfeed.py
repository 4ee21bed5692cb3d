"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import html
import json
from typing import Any

import msgspec

from ..errors import NotAFeed
from ..records import Entry, ParsedFeed
from .bodies import paragraphs
from .dates import parse_date
from .links import resolve, web_link


def read_json_feed(data: bytes, url: str = "") -> ParsedFeed:
    """Read a JSON Feed in UTF-8. Raises NotAFeed for any other JSON, and for what is no JSON."""
    feed, problem = _decode(data)
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list) or not _claims_to_be(feed):
        raise NotAFeed("The document is JSON, but no JSON Feed.")
    authors = _authors(feed)
    language = _text(feed.get("language"))
    items = [item for item in feed["items"] if isinstance(item, dict)]
    if len(items) < len(feed["items"]):
        problem = problem or f"{len(feed['items']) - len(items)} items are no objects"
    return ParsedFeed(
        format="json-feed",
        reader="json",
        title=_text(feed.get("title")),
        link=web_link(resolve(url, _text(feed.get("home_page_url")))),
        language=language,
        entries=tuple(_entry(item, url, authors, language) for item in items),
        problem=problem,
    )


def _decode(data: bytes) -> tuple[Any, str]:
    try:
        return msgspec.json.decode(data), ""
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    try:
        return json.loads(data.decode("utf-8", "replace"), strict=False), "not strictly JSON"
    except (ValueError, RecursionError) as cause:
        raise NotAFeed("The document begins like JSON, but is none.") from cause


def _claims_to_be(feed: dict[str, Any]) -> bool:
    return "jsonfeed.org" in _text(feed.get("version")) or "home_page_url" in feed or "feed_url" in feed


def _entry(item: dict[str, Any], base: str, authors: tuple[str, ...], language: str) -> Entry:
    content, text = _text(item.get("content_html")), _text(item.get("content_text"))
    return Entry(
        id=_text(item.get("id")),
        link=web_link(resolve(base, _text(item.get("url")) or _text(item.get("external_url")))),
        title=_text(item.get("title")),
        published=parse_date(_text(item.get("date_published"))),
        updated=parse_date(_text(item.get("date_modified"))),
        authors=_authors(item) or authors,
        categories=_strings(item.get("tags")),
        summary_html=html.escape(_text(item.get("summary")), quote=False),
        content_html=content or paragraphs(text),
        language=_text(item.get("language")) or language,
    )


def _authors(owner: dict[str, Any]) -> tuple[str, ...]:
    """`authors` of 1.1, `author` of 1.0; by name, or address where there is no name."""
    listed = owner.get("authors")
    people = [*(listed if isinstance(listed, list) else ()), owner.get("author")]
    names = (
        _text(p) if isinstance(p, str) else _text(p.get("name")) or _text(p.get("url"))
        for p in people
        if isinstance(p, (dict, str))
    )
    return tuple(dict.fromkeys(name for name in names if name))


def _strings(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else ()
    return tuple(dict.fromkeys(text for text in map(_text, listed) if text))


def _text(value: object) -> str:
    """Ids are sometimes numbers; everything else that is no text counts as absent."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
