"""HTML to the text a reader sees: paragraphs on lines of their own, nothing that is not text."""

from __future__ import annotations

import html
import re
import unicodedata

_MARKUP = re.compile(r"<(?:[a-zA-Z!/?])")
_BLOCK = re.compile(
    r"<(?=/?(?:p|div|br|li|ul|ol|dl|dt|dd|h[1-6]|tr|td|th|table|blockquote|pre|hr|section|article|header|footer|"
    r"aside|figure|figcaption|main|nav|option)\b)",
    re.IGNORECASE,
)
_HIDDEN = [
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "iframe",
    "object",
    "head",
    "select",
    "textarea",
    "math",
]
_HAS_HIDDEN = re.compile("<(?:" + "|".join(_HIDDEN) + r")\b", re.IGNORECASE)
_KNOWN_TAG = re.compile(
    r"</?(?:p|br|div|span|a|b|i|em|strong|img|ul|li|ol|h[1-6]|table|tr|td|blockquote|figure|font|sup|sub|u|small|cite|code)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FEED_TAIL = re.compile(
    r"\s*(?:The post .{1,400}? (?:appeared first on|first appeared on) .{1,120}"
    r"|(?:Continue reading|Read more)(?: (?:on|at|here)\b.{0,80}| ?[.…»→]{0,3})"
    r"|\[?(?:…|&hellip;|\.\.\.)\]?)\s*$",
    re.DOTALL,
)
"""What feed software adds after the text: it is not the author's, and repeats the title."""

_OPENING = re.compile("<[a-zA-Z]")
_ANY_TAG = re.compile("<[^<>]*>")
DEEPEST = 2_000
"""Tags left open beyond which markup may be nested so deep that a tree costs its square; no real text is."""

_TAIL = 600
_TAIL_ENDS = ("…", "...", "]", "»", "→", "more", "reading", "here")

LIMIT = 400_000
"""Characters of markup read from one field; the longest real articles are a fifth of it."""


def html_to_text(markup: str) -> str:
    """Text of an HTML fragment, NFC, one paragraph a line."""
    text = _strip(markup[:LIMIT])
    if _KNOWN_TAG.search(text):  # escaped twice on its way
        text = _strip(text)
    return _without_tail(_tidy(text))


def html_to_line(markup: str) -> str:
    """The same on one line, for titles and names: an unknown `<word>` is the author's own text."""
    text = markup[:LIMIT]
    if _KNOWN_TAG.search(text):
        text = _strip(text)
    if "&" in text:
        text = html.unescape(text)
        if _ENTITY.search(text):
            text = html.unescape(text)
        if _KNOWN_TAG.search(text):
            text = _strip(text)
    return _tidy(text).replace("\n", " ")


def tidy(text: str) -> str:
    """Plain text as we keep it: NFC, no control characters, single spaces, one paragraph a line."""
    return _tidy(text[:LIMIT])


def _without_tail(text: str) -> str:
    if not text.endswith(_TAIL_ENDS) and "first" not in text[-_TAIL:]:
        return text
    head, tail = text[:-_TAIL], text[-_TAIL:]
    return head + _FEED_TAIL.sub("", tail)


def _strip(markup: str) -> str:
    if not _MARKUP.search(markup):
        return html.unescape(markup) if "&" in markup else markup
    if len(_OPENING.findall(markup)) - markup.count("</") > DEEPEST:
        return html.unescape(_ANY_TAG.sub(" ", markup))
    from selectolax.lexbor import LexborHTMLParser

    spaced = _BLOCK.sub("\n<", markup.replace("\r", " ").replace("\n", " "))
    tree = LexborHTMLParser(spaced)
    if _HAS_HIDDEN.search(markup):
        tree.strip_tags(_HIDDEN)
    body = tree.body
    return body.text(deep=True, separator="") if body is not None else ""


def _tidy(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    lines = text.splitlines()
    if len(lines) == 1:
        return " ".join(text.split())
    return "\n".join(line for line in (" ".join(raw.split()) for raw in lines) if line)
