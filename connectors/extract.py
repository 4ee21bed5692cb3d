"""Page ─► Page: the article's own words out of the page around them.

    bytes ─► tree ─► metadata
                └──► prune ─► trafilatura, fast ─► enough of the prose? ─► text
                                                     └─ no: trafilatura, thorough, whole page

Pruning first is what keeps menus, "most read" and related stories out (figures: benchmarks/extract.py);
where it leaves too little, the page is read again as it is.
"""

from __future__ import annotations

import functools
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from lxml.html import HtmlElement

from .errors import PermanentError
from .page_pruning import prune

MAX_PAGE = 5 * 1024 * 1024
"""Bytes; larger pages are no articles."""
MAX_TEXT = 200_000
"""Characters of text kept."""
_LITTLE = 500
_PART = 0.5
"""Less text than this, or less than this part of the page's prose: look again."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
_META_DATES = ("article:published_time", "datepublished", "og:published_time", "date", "dc.date.issued")


class ExtractError(PermanentError):
    """The page cannot be read: too large, or nothing like a page; the message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an article page says of itself. Empty where it does not."""

    title: str = ""
    text: str = ""
    """Paragraphs, each on a line."""
    published: str = ""
    """RFC 3339; without a zone, or a date alone, where the page says no more."""
    authors: tuple[str, ...] = ()
    language: str = ""
    """As declared, two letters."""


def extract(html: bytes, *, url: str = "", content_type: str = "") -> Page:
    """Read one page. `content_type`: the header it came with. Raises ExtractError."""
    if len(html) > MAX_PAGE:
        raise ExtractError(f"The page is larger than {MAX_PAGE // 1024 // 1024} MB.")
    trafilatura = _trafilatura()
    source = _decode(html, content_type)
    tree = trafilatura.load_html(source)
    if tree is None:
        raise ExtractError("There is no HTML page in this document.")
    described = trafilatura.extract_metadata(tree, default_url=url or None)
    published, language = _published(tree) or _guess(described.date or "", html), _language(tree)
    return Page(
        title=described.title or "",
        text=_text(tree, source)[:MAX_TEXT],
        published=published,
        authors=tuple(name for name in (described.author or "").split("; ") if name),
        language=language,
    )


@functools.cache
def _trafilatura() -> ModuleType:
    """The library, loaded when first needed; a page without text is our business, not the log's."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.ERROR)
    return trafilatura


def _text(tree: HtmlElement, source: bytes | str) -> str:
    prose = prune(tree)
    text = _run(tree, fast=True)
    if len(text) >= _LITTLE and len(text) >= _PART * prose:
        return text
    whole = _run(source, fast=False)
    return whole if len(text) < _LITTLE or len(whole) > 1.5 * len(text) else text


def _run(page: Any, *, fast: bool) -> str:
    found = _trafilatura().bare_extraction(
        page, fast=fast, include_comments=False, include_tables=True, with_metadata=False
    )
    if found is None or isinstance(found, dict):
        return ""
    return found.text or ""


def _decode(html: bytes, content_type: str) -> bytes | str:
    """Text where the header names a charset that fits; bytes where the page has to say it itself."""
    named = _CHARSET.search(content_type)
    if named:
        try:
            return html.decode(named[1])
        except (LookupError, UnicodeDecodeError):
            return html
    return html


def _published(tree: HtmlElement) -> str:
    """The time of publication with its hour, where the page's metadata gives it."""
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("itemprop") or meta.get("name") or "").lower()
        if name in _META_DATES and (moment := _moment(meta.get("content") or "")):
            return moment
    for script in tree.iter("script"):
        found = _PUBLISHED.search(script.text or "") if "ld+json" in (script.get("type") or "") else None
        if found and (moment := _moment(found[1])):
            return moment
    return ""


def _guess(date: str, html: bytes) -> str:
    """A date found in the text; not the first of January that stands for "some time that year"."""
    return "" if date.endswith("-01-01") and date.encode() not in html else date


def _moment(raw: str) -> str:
    """RFC 3339 in UTC where the zone is known, else as given; empty for what is no ISO date."""
    if not re.match(r"\d{4}-\d\d-\d\d", raw.strip()):
        return ""
    try:
        moment = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", raw.strip()))
        if moment.tzinfo is None:
            return raw.strip()[:19].replace(" ", "T")
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return ""


def _language(tree: HtmlElement) -> str:
    declared = str(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "")
    found = re.match(r"[A-Za-z]{2,3}(?=$|[-_])", declared.strip())
    return found[0].lower() if found else ""
