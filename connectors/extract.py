"""Page ─► Page: the article's own words out of the page around them.

Trafilatura finds the text.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import PermanentError

MAX_PAGE = 5 * 1024 * 1024


class ExtractError(PermanentError):
    """The page cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an article page says. Empty where it does not."""

    title: str = ""
    text: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""


def extract(html: bytes, *, url: str = "", content_type: str = "") -> Page:
    """Read one page."""
    import trafilatura

    document = trafilatura.bare_extraction(
        html, url=url or None, fast=True, include_comments=False, include_tables=False, with_metadata=True
    )
    if document is None or isinstance(document, dict):
        raise ExtractError("no text")
    return Page(
        title=document.title or "",
        text=document.text or "",
        published=document.date or "",
        authors=tuple((document.author or "").split("; ")) if document.author else (),
        language=document.language or "",
    )
