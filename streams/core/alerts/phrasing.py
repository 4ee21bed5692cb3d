"""What all forms of a message share: one line of anything, times, safe links, direction, quotes. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from .message import Entry
from .records import Kind, Quote

LABELS: dict[Kind, str] = {
    "each": "",
    "story": "New story",
    "threshold": "Many stories",
    "spike": "Spike",
    "silence": "Silence",
    "new-term": "New term",
    "new-entity": "New name",
    "new-pairing": "New pairing",
}

RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"})

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
"""Marks that turn the direction of text, and others that only hide something."""

_NOT_IN_LINKS = re.compile(r"[\x00-\x20\x7f-\xa0\"<>\\^`{|}\u2028\u2029]")


def one_line(text: str, limit: int = 300) -> str:
    """Text from outside as one line without control characters, cut at a word with an ellipsis."""
    text = text[: 8 * limit]
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Co"} else c for c in text)
    line = " ".join(_INVISIBLE.sub("", kept).split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    space = cut.rfind(" ", limit * 2 // 3)
    return (cut[:space] if space > 0 else cut).rstrip() + "…"


def moment(when: datetime, zone: ZoneInfo) -> str:
    """`3 Nov 2026, 08:05`, local time."""
    local = when.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def link(url: str) -> str:
    """The address, if a reader may be led there: http and https only; empty for all else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(url) > 4096:
        return ""
    return _NOT_IN_LINKS.sub("", _INVISIBLE.sub("", url))


def direction(language: str) -> str:
    """`rtl` or `ltr` of a language; `auto` where it is not known, which leaves it to the words."""
    if not language:
        return "auto"
    return "rtl" if language.lower().partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def headline(entry: Entry) -> str:
    """What an entry is called: the title of the document it is about, else its sentence; with its kind."""
    alert, documents = entry.alerts[0], entry.documents
    about = documents[0].title if alert.kind in {"each", "story"} and documents else alert.sentence
    said = one_line(about, 500) or "(without title)"
    return f"{LABELS[alert.kind]}: {said}" if LABELS[alert.kind] else said


def telling(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """One quote for each clause, from below the title where there is one: the title is read anyway."""
    best: dict[str, Quote] = {}
    for quote in quotes:
        known = best.get(quote.clause)
        if known is None or (known.field == "title" and quote.field != "title"):
            best[quote.clause] = quote
    return tuple(best.values())


def around(quote: Quote) -> tuple[str, str, str]:
    """What stands before, the words, and what stands after; joined without more they are the text."""
    before, after = one_line(quote.before, 80), one_line(quote.after, 80)
    cut = "…" if quote.start > len(quote.before) else ""
    gap = " " if before and quote.before[-1:].isspace() else ""
    rest = (" " if quote.after[:1].isspace() else "") + after + "…" if after else ""
    return cut + before + gap, one_line(quote.surface, 200), rest
