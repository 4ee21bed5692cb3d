"""Text out of elements, mended as feedparser mends it."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from feedparser.html import _cp1252
from lxml import etree

from .names import Unsure, ends_something, standard_name

_DEEPEST = 200
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


@dataclass(slots=True)
class Markup:
    """Inline markup as text. `open`: it is XHTML, as declared or since its first tag other than `<div>`."""

    open: bool
    pieces: list[str] = field(default_factory=list)

    def read(self, element: etree._Element, *, unwrap: bool) -> str:
        """All that is in the element; `unwrap` drops the one `<div>` around it, as Atom 1.0 asks."""
        self._text(element.text)
        for child in element:
            self._append(child, 0)
        pieces = _without_div(self.pieces) if unwrap and self.open else self.pieces
        return mend("".join(pieces).strip())

    def _text(self, text: str | None) -> None:
        if text:
            self.pieces.append(escape(text) if self.open else text)

    def _append(self, element: etree._Element, depth: int) -> None:
        name = standard_name(element)
        local = str(element.tag).rpartition("}")[2].lower()
        if depth > _DEEPEST or local in {"math", "svg"} or ends_something(name):
            raise Unsure(f"{name} in markup")
        div = name in {"div", "xhtml_div"}
        self.open = self.open or not div
        if self.open:
            attributes = (_attribute(str(key), str(value)) for key, value in element.attrib.items())
            self.pieces.append(f"<{local}{''.join(attributes)}>")
        self._text(element.text)
        for child in element:
            self._append(child, depth + 1)
        if self.open:
            self.pieces.append(f"</{local}>")
        self._text(element.tail)


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
