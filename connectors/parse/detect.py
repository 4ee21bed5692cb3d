"""What a document is, before anything reads it, so that what is no feed can be named for what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["xml", "json", "html", "binary", "text", "empty"]

_MAGIC = (
    (b"\x1f\x8b", "gzip data"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or office document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a media file"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
)
_SKIPPED = ((b"<?", b"?>"), (b"<!--", b"-->"))
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>", re.IGNORECASE)
_SPACE = re.compile(rb"\s+")
_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_FEED_LATER = re.compile(rb"<(?:rss|feed|rdf:RDF|channel)[\s>]", re.IGNORECASE)
_LEAD = 64 * 1024
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{0,200})", re.IGNORECASE)
_CHALLENGE = re.compile(
    rb"captcha|just a moment|cf-chl|challenge-platform|verify (?:that )?you are (?:a )?human"
    rb"|attention required|ddos-guard|_incapsula_|access denied"
    rb"|enable javascript and cookies|are you a robot|bot detection",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Kind of a document; `root`: local name of an XML root, lower case; `what`: its name for a person."""

    kind: Kind
    root: str = ""
    what: str = ""


def binary(data: bytes) -> str:
    """Name the binary format of raw bytes, empty when they may be text."""
    return next((what for magic, what in _MAGIC if data.startswith(magic)), "")


def shape(data: bytes) -> Shape:
    """Look at the start of a UTF-8 document."""
    start = _root_at(data)
    if start == len(data):
        return Shape("empty", what="an empty document")
    if data[start : start + 1] in {b"{", b"["}:
        return Shape("json")
    found = _ROOT.match(data, start)
    root = found.group(2).decode("ascii").lower() if found else ""
    if (
        root == "html"
        or data[start : start + 14].lower() == b"<!doctype html"
        or _doctype_is_html(data, start)
    ):
        return Shape("html", what=_page(data))
    if root in {"rss", "feed", "rdf", "channel", "urlset", "sitemapindex", "opml"}:
        return Shape("xml", root)
    if _FEED_LATER.search(data, 0, _LEAD):
        return Shape("xml", "late")
    if root in {"head", "body", "script", "div", "title", "meta"}:
        return Shape("html", what=_page(data))
    if root:
        return Shape("xml", root)
    if b"\x00" in data[:_LEAD]:
        return Shape("binary", what="binary data")
    return Shape("text", what="broken markup" if data[start : start + 1] == b"<" else "plain text")


def _root_at(data: bytes) -> int:
    """Where the first thing stands that is no declaration, comment, DOCTYPE or space; linear in it."""
    at = _spaces(data, 0)
    while True:
        end = next((end for start, end in _SKIPPED if data.startswith(start, at)), None)
        if end is not None:
            found = data.find(end, at)
        elif doctype := _DOCTYPE.match(data, at):
            found, end = doctype.end(), b""
        else:
            return at
        if found < 0:
            return at
        at = _spaces(data, found + len(end))


def _spaces(data: bytes, at: int) -> int:
    found = _SPACE.match(data, at)
    return found.end() if found else at


def _doctype_is_html(data: bytes, start: int) -> bool:
    return re.search(rb"<!DOCTYPE\s+html\b", data[: min(start, 4096)], re.IGNORECASE) is not None


def _page(data: bytes) -> str:
    found = _TITLE.search(data, 0, _LEAD)
    title = " ".join(found.group(1).decode("utf-8", "replace").split()) if found else ""
    named = f' titled "{title}"' if title else ""
    if _CHALLENGE.search(data, 0, _LEAD):
        return f"an HTML page that asks to prove one is human or denies access (a challenge){named}"
    return f"an HTML page{named}"
