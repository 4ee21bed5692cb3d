"""Titles that hold markup, exactly as feedparser gives them: sanitized, because a title is shown as it is.

Bodies stay raw until they are shown; titles are short, and few have markup, so this costs next to nothing.
"""

from __future__ import annotations

import re

from feedparser.sanitizer import _sanitize_html
from feedparser.urls import resolve_relative_uris

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_UNCHANGED = re.compile("[^<&]*(?:&(?:amp|lt|gt|quot|#8[0-9]{3}|#x(?!00[89])[0-9a-f]{4});[^<&]*)*")
"""Text the sanitizer would give back as it is, which is most titles with an entity in them."""

LONGEST = 2000
"""Longer titles with markup are for the reader that can be killed: the sanitizer is not linear."""


def clean_title(title: str, kind: str, base: str) -> str:
    """The title of a type; only HTML with a tag or an entity in it is changed."""
    if kind not in HTML_TYPES or _UNCHANGED.fullmatch(title):
        return title
    cleaned = _sanitize_html(resolve_relative_uris(title, base, "utf-8", kind), "utf-8", kind)
    return str(cleaned)
