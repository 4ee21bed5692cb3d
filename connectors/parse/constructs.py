"""What feeds are made of, below the level of an entry: text constructs, links, bases and languages.

Each follows feedparser's rule for the same thing (6.0.14, `mixin.py`), without its state; what would need
the state raises Unsure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from feedparser.urls import make_safe_absolute_uri
from lxml import etree

from .bodies import looks_like_html
from .links import resolve
from .names import XML_BASE, XML_LANG, Unsure, attributes_of
from .titles import LONGEST, clean_title
from .words import Markup, leaf_text, mend

_Element = etree._Element  # noqa: SLF001 - lxml names its element type so
PLAIN, HTML, XHTML = "text/plain", "text/html", "application/xhtml+xml"
_TYPES = {
    "text": PLAIN,
    "plain": PLAIN,
    PLAIN: PLAIN,
    "html": HTML,
    HTML: HTML,
    "xhtml": XHTML,
    XHTML: XHTML,
}
_SEMICOLON = re.compile("&([A-Za-z0-9_]+);")


@dataclass(slots=True)
class Scope:
    """What holds for an element and those in it: depth below the entry, base URL, language."""

    depth: int
    base: str
    language: str

    def inside(self, element: _Element) -> Scope:
        """The scope of an element's children, one deeper."""
        return Scope(self.depth + 1, base_of(element, self.base), language_of(element, self.language))


def base_of(element: _Element, base: str) -> str:
    """`xml:base` (or, as found in the wild, `base`) resolved against the base around it."""
    own = str(element.get(XML_BASE) or element.get("base") or "")
    if not own:
        return base
    return (make_safe_absolute_uri(base, own) or base) if base else resolve("", own)


def language_of(element: _Element, language: str) -> str:
    """`xml:lang` or `lang`; an empty one says: none."""
    own = element.get(XML_LANG, element.get("lang"))
    return language if own is None else str(own).replace("_", "-")


def href_of(element: _Element, base: str) -> tuple[str, bool]:
    """Target of a link with attributes, and whether it is the page itself. Raises Unsure for an odd one."""
    attributes = attributes_of(element)
    href = attributes.get("url") or attributes.get("uri") or attributes.get("href")
    if not href:
        if not {"href", "url", "uri"}.isdisjoint(attributes):
            raise Unsure("empty href")
        return "", False
    rel = attributes.get("rel", "alternate").lower()
    kind = attributes.get("type", HTML).lower()
    return resolve(base_of(element, base), href), rel == "alternate" and _TYPES.get(kind) in {HTML, XHTML}


def link_text(element: _Element, base: str) -> str:
    """Target of a link written as text."""
    text = element.text
    if len(element):
        raise Unsure("markup in a link")
    text = text.strip() if text else ""
    if text:
        text = mend(resolve(base_of(element, base), text))
        if "&" in text:
            text = _SEMICOLON.sub(r"&\1", text.replace("&amp;", "&"))
    return text


def text_construct(element: _Element, default: str, *, unwrap: bool) -> tuple[str, str]:
    """Value and type of a title, summary or content (push_content, pop_content). Raises Unsure."""
    kind = default
    if element.attrib:
        attributes = attributes_of(element)
        if attributes.get("mode") == "base64":
            raise Unsure("base64")
        kind = _TYPES.get(attributes.get("type", default).lower(), "")
        if not kind:
            raise Unsure(f"type {attributes['type']}")
    if kind != XHTML and not len(element):
        return leaf_text(element), kind
    markup = Markup(open=kind == XHTML)
    value = markup.read(element, unwrap=unwrap)
    return value, XHTML if markup.open else kind


def cleaned_title(element: _Element, value: str, kind: str, scope: Scope, *, atom: bool) -> str:
    """A title, cleaned if it is HTML; outside of Atom also if it only looks like it (pop). Raises Unsure."""
    if "<" not in value and "&" not in value:
        return value
    if len(value) > LONGEST:
        raise Unsure("a long title with markup")
    if kind == PLAIN and not atom and looks_like_html(value):
        kind = HTML
    return clean_title(value, kind, base_of(element, scope.base))
