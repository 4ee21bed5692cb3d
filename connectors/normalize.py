"""Item to article: canonical URL, stable id, plain text, language, dates. Pure.

    JSON ─► item ─► article
         item_from_json   normalize

An article's id is a function of where it stands (its canonical URL), so that the same article found twice,
in whatever order and however its link was decorated, is the same article.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Any

import msgspec

from .errors import PermanentError
from .language import language_of
from .plain_text import html_to_line, html_to_text, tidy
from .records import Article, Item
from .urls import canonical_host, canonical_url, is_redirector

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the first web page a date is a default of some software (1970-01-01), not a date."""
FUTURE = timedelta(hours=24)
"""How far ahead of its receipt a date may be: time zones and embargoes, no more."""

TITLE_LIMIT, TEXT_LIMIT, URL_LIMIT, NAME_LIMIT, NAMES_LIMIT = 1_000, 200_000, 4_096, 200, 50


class BadItem(PermanentError):  # noqa: N818 - reads as the sentence it is
    """The input is no item: not JSON, not an object, or a field of the wrong kind."""


class EmptyItem(PermanentError):  # noqa: N818 - reads as the sentence it is
    """The item says nothing: neither title nor text."""


@functools.lru_cache(maxsize=8)  # the log asks for an item's hash, then its article is asked for
def item_from_json(line: bytes) -> Item:
    """Read one item as `ingest` takes it; unknown fields are ignored. Raises BadItem with a sentence."""
    try:
        fields = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise BadItem(f"This is not JSON: {cause}.") from cause
    if not isinstance(fields, dict):
        raise BadItem(f"An item is a JSON object, this is a {type(fields).__name__}.")
    return item_from_fields(fields)


def item_from_fields(fields: Mapping[str, Any]) -> Item:
    """The same from a mapping already decoded."""
    return Item(
        feed_url=_string(fields, "feed_url"),
        feed_title=_string(fields, "feed_title"),
        title=_string(fields, "title"),
        link=_string(fields, "link"),
        guid=_string(fields, "guid"),
        published=_string(fields, "published"),
        updated=_string(fields, "updated"),
        author=_string(fields, "author"),
        language=_string(fields, "language"),
        summary_html=_string(fields, "summary_html") or _string(fields, "description_html"),
        content_html=_string(fields, "content_html"),
        text=_string(fields, "text"),
        categories=_strings(fields.get("categories")),
    )


def item_hash(item: Item) -> str:
    """Equal for items delivered with the same fields."""
    return _hash(
        *(getattr(item, name) if name != "categories" else "\x1f".join(item.categories) for name in _FIELDS)
    )


_FIELDS = tuple(Item.__dataclass_fields__)


def normalize(item: Item, received: datetime) -> Article:
    """The article of an item; raises EmptyItem when there is nothing to read in it."""
    title = html_to_line(item.title)[:TITLE_LIMIT]
    summary, text = _bodies(item)
    if not title and not summary and not text:
        raise EmptyItem("The item has neither title nor text.")
    link = item.link.strip()[:URL_LIMIT]
    canonical = canonical_url(link)
    updated = parse_date(item.updated, received)
    published = parse_date(item.published, received) or updated  # RSS 1.0 and many Atom feeds date only so
    return Article(
        id=_article_id(canonical, item, title),
        url=link if canonical else "",
        canonical_url=canonical,
        host=_host(canonical or canonical_url(item.feed_url)),
        feed_url=item.feed_url,
        feed_title=html_to_line(item.feed_title)[:TITLE_LIMIT],
        guid=item.guid.strip()[:URL_LIMIT],
        title=title,
        summary=summary,
        text=text,
        authors=_names(item.author),
        categories=_short(map(html_to_line, item.categories[:NAMES_LIMIT])),
        language=language_of(item.language, f"{title}\n{summary or text[:400]}"),
        published=published,
        updated=updated if updated != published else None,
        received=received,
        redirector=is_redirector(canonical),
        item_hash=item_hash(item),
        content_hash=_hash(*(" ".join(part.casefold().split()) for part in (title, summary, text))),
    )


def _bodies(item: Item) -> tuple[str, str]:
    """Summary and text. A summary that only repeats the beginning of the text is kept once, as the text."""
    summary = html_to_text(item.summary_html)[:TEXT_LIMIT] if item.summary_html else ""
    content = html_to_text(item.content_html)[:TEXT_LIMIT] if item.content_html else ""
    page = tidy(item.text)[:TEXT_LIMIT] if item.text else ""
    text = page if len(page) > len(content) else content
    if summary and text:
        start = summary.rstrip(" .…[]").replace("\n", " ")
        if text.replace("\n", " ").startswith(start):
            summary = ""
        elif summary.startswith(text):
            text = ""
    return summary, text


def address_id(canonical: str) -> str:
    """Id of the article at a canonical URL."""
    return _hash(canonical)


def address(item: Item) -> tuple[str, str]:
    """Id and host that `normalize` gives the article of an item, at a fraction of the cost."""
    canonical = canonical_url(item.link.strip()[:URL_LIMIT])
    title = "" if canonical or item.guid.strip() else html_to_line(item.title)[:TITLE_LIMIT]
    return _article_id(canonical, item, title), _host(canonical or canonical_url(item.feed_url))


def _article_id(canonical: str, item: Item, title: str) -> str:
    if canonical:
        return address_id(canonical)
    if item.guid.strip():
        return _hash("guid", item.feed_url, item.guid.strip())
    return _hash("title", item.feed_url, title, item.published)


def _host(url: str) -> str:
    host = url.split("/", 3)[2] if url else ""
    return canonical_host(host.rsplit(":", 1)[0]) if host else ""


def _hash(*parts: str) -> str:
    return blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def parse_date(raw: str, received: datetime) -> datetime | None:
    """Read a date as feeds write them; None for one that is absent, unreadable or absurd.

    Without a zone it is UTC. Before 1990 or more than a day after its receipt it is no date of an article.
    """
    raw = raw.strip()
    if not raw:
        return None
    read = _read_date(raw[:100])
    if read is None:
        return None
    try:
        value = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return value if EARLIEST <= value <= received + FUTURE else None


def _read_date(raw: str) -> datetime | None:
    try:
        return datetime.fromisoformat(raw)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(raw)
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    if not re.search(r"\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d\d", raw):
        return None  # dateutil would fill in today's year or day: a date that is not said is not known
    from dateutil.parser import ParserError, parse

    try:
        return parse(raw, default=datetime(1, 1, 1))  # noqa: DTZ001 - year 1 shows that no year was read
    except (ParserError, ValueError, OverflowError, TypeError):
        return None


def _names(author: str) -> tuple[str, ...]:
    """Authors of one field, parted where feeds part them."""
    line = html_to_line(author)
    if not line:
        return ()
    found = re.search(r"\(([^()@]+)\)\s*$", line) if "@" in line else None  # RSS: mail@example.org (Name)
    line = found[1] if found else line.removeprefix("By ").removeprefix("by ")
    names = (name.strip(" ,;") for name in re.split(r"\s*[;|]\s*|\s*,\s+|\s+(?:and|und|et|y)\s+", line))
    return _short(names)[:NAMES_LIMIT]


def _short(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, none empty, cut to what can be a name."""
    return tuple(dict.fromkeys(name[:NAME_LIMIT] for name in names if name))


def _string(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if name == "author" and isinstance(value, Sequence):
        return "; ".join(map(str, value))
    raise BadItem(f"The field {name} must be a string, this is a {type(value).__name__}.")


def _strings(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(str(one) for one in value if isinstance(one, str | int | float))
    raise BadItem(f"The field categories must be a list of strings, this is a {type(value).__name__}.")
