"""Text out of elements, mended as feedparser mends it."""

from __future__ import annotations

import contextlib
import re
from xml.sax.saxutils import escape

from feedparser.html import _cp1252
from lxml import etree

from .names import Unsure

_C1 = re.compile("[\x80-\x9f]")
_XML = "{http://www.w3.org/XML/1998/namespace}"


def mend(text: str) -> str:
    """Undo UTF-8 that was taken for Latin-1 and encoded again; put windows-1252 characters right."""
    if text.isascii():
        return text
    with contextlib.suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_cp1252) if _C1.search(text) else text


def leaf_text(element: etree._Element) -> str:
    """Text of an element that has no children. Raises Unsure when it has."""
    if len(element):
        raise Unsure(f"markup in {element.tag}")
    text = element.text
    return mend(text.strip()) if text else ""


def markup_text(element: etree._Element, *, unwrap: bool) -> str:
    """Inline XHTML as text; `unwrap` drops the one `<div>` around all of it, as Atom 1.0 asks."""
    pieces: list[str] = []
    if element.text:
        pieces.append(escape(element.text))
    for child in element:
        _append(child, pieces, 0)
    if unwrap:
        pieces = _without_div(pieces)
    return mend("".join(pieces).strip())


def _append(element: etree._Element, pieces: list[str], depth: int) -> None:
    if depth > 200:
        raise Unsure("markup nested too deep")
    name = etree.QName(element)
    local = name.localname.lower()
    if local in {"math", "svg"}:
        raise Unsure("inline MathML or SVG")
    pieces.append(
        f"<{local}{''.join(_attribute(str(key), str(value)) for key, value in element.attrib.items())}>"
    )
    if element.text:
        pieces.append(escape(element.text))
    for child in element:
        _append(child, pieces, depth + 1)
    pieces.append(f"</{local}>")
    if element.tail:
        pieces.append(escape(element.tail))


def _attribute(key: str, value: str) -> str:
    if key.startswith(_XML):
        key = "xml:" + key[len(_XML) :]
    elif key[0] == "{":
        raise Unsure(f"attribute {key} in markup")
    key = key.lower()
    value = value.lower() if key in {"rel", "type"} else value
    return f' {key}="{escape(value, {chr(34): "&quot;"})}"'


def _without_div(pieces: list[str]) -> list[str]:
    """Drop `<div>` and `</div>` at the ends if, and only if, they belong together."""
    while len(pieces) > 1 and not pieces[-1].strip():
        del pieces[-1]
    while len(pieces) > 1 and not pieces[0].strip():
        del pieces[0]
    if not pieces or not (pieces[0] == "<div>" or pieces[0].startswith("<div ")) or pieces[-1] != "</div>":
        return pieces
    depth = 0
    for piece in pieces[:-1]:
        if piece.startswith("</"):
            depth -= 1
            if depth == 0:
                return pieces
        elif piece.startswith("<") and not piece.endswith("/>"):
            depth += 1
    return pieces[1:-1]
