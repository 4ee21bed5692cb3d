"""The reference reader: feedparser, given bytes only and left to read what nothing else can vouch for.

Bodies come out as the feed gives them: making HTML safe is the task of whoever shows it.
"""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import Any

import feedparser

from ..errors import NotAFeed
from ..records import Entry, ParsedFeed
from .authors import spelled
from .bodies import as_html
from .dates import parse_date
from .links import web_link
from .pace import pace
from .titles import clean_title

_LONG_AUTHOR = re.compile(
    rb"(<(?:[\w-]{1,40}:)?(?:author|creator|name|email|managingEditor|webMaster|publisher)\b[^<>]{0,500}>\s*"
    rb"(?:<!\[CDATA\[)?[^<>\]]{1000})[^<\]]+",
    re.IGNORECASE,
)

FORMATS = {
    "rss090": "rss-0.9x",
    "rss091n": "rss-0.9x",
    "rss091u": "rss-0.9x",
    "rss092": "rss-0.9x",
    "rss093": "rss-0.9x",
    "rss094": "rss-0.9x",
    "rss10": "rss-1.0",
    "rss": "rss-2.0",
    "rss20": "rss-2.0",
    "atom03": "atom-0.3",
    "atom10": "atom-1.0",
}


def read_reference(data: bytes, url: str = "") -> ParsedFeed:
    """Read UTF-8 with feedparser. No entries and format `other`: it found no feed. Raises NotAFeed."""
    headers = {"content-type": "application/xml; charset=utf-8"} | ({"content-location": url} if url else {})
    try:
        # Only ever a stream: feedparser opens files and URLs when it is given a string.
        read = feedparser.parse(
            io.BytesIO(_tame(data)),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (
        TypeError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        AssertionError,
        RecursionError,
    ) as why:
        raise NotAFeed(f"The document is too malformed to be read ({type(why).__name__}).") from why
    feed = read.feed
    return ParsedFeed(
        format=FORMATS.get(read.get("version") or "", "other"),
        reader="feedparser",
        title=_title(feed),
        link=web_link(_text(feed.get("link"))),
        language=_text(feed.get("language")),
        entries=tuple(_entry(entry) for entry in read.entries),
        ttl=pace(
            _text(feed.get("ttl")), _text(feed.get("sy_updateperiod")), _text(feed.get("sy_updatefrequency"))
        ),
        moved_to=web_link(_text(feed.get("newlocation")) or _text(feed.get("itunes_new-feed-url"))),
        problem=str(read.bozo_exception)[:300] if read.get("bozo") else "",
    )


def _tame(data: bytes) -> bytes:
    """Cut authors of absurd length: feedparser looks for addresses in them in quadratic time."""
    return _LONG_AUTHOR.sub(rb"\1", data)


def _text(value: object) -> str:
    """A value of feedparser's as text: elements it does not know may be dictionaries."""
    return value if isinstance(value, str) else ""


def _entry(entry: Any) -> Entry:
    contents = [content for content in entry.get("content", ()) if isinstance(content, dict)]
    summary_detail = entry.get("summary_detail") or (contents[0] if contents else {})
    title_detail = entry.get("title_detail") or {}
    body = max(contents, key=lambda content: len(content.get("value") or ""), default={})
    return Entry(
        id=_text(entry.get("id")),
        link=web_link(_text(entry.get("link"))),
        title=_title(entry),
        published=_date(entry, "published"),
        updated=_date(entry, "updated"),
        authors=_authors(entry),
        categories=_categories(entry),
        summary_html=_html(_text(entry.get("summary")), summary_detail),
        content_html=_html(_text(body.get("value")), body),
        language=_text(entry.get("language")) or _text(title_detail.get("language")),
    )


def _date(entry: Any, name: str) -> datetime | None:
    """The date as written, read by the same rules everywhere. `dict.get`: no falling back on the other."""
    return parse_date(_text(dict.get(entry, name)))


def _title(owner: Any) -> str:
    detail = owner.get("title_detail") or {}
    return clean_title(_text(owner.get("title")), _text(detail.get("type")), _text(detail.get("base")))


def _html(value: str, detail: Any) -> str:
    return as_html(value) if detail.get("type") == "text/plain" else value


def _authors(entry: Any) -> tuple[str, ...]:
    known = (author for author in entry.get("authors", ()) if isinstance(author, dict))
    people = [(_text(author.get("name")), _text(author.get("email"))) for author in known]
    return spelled(people, _text(entry.get("author")))


def _categories(entry: Any) -> tuple[str, ...]:
    tags = entry.get("tags", ())
    terms = ((tag.get("term") or tag.get("label") or "") for tag in tags if isinstance(tag, dict))
    return tuple(dict.fromkeys(term for term in terms if term))
