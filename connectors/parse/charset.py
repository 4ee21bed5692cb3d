"""Bytes to UTF-8: which encoding a feed document is really in.

Order (RFC 7303 section 3, and what feedparser does where that is silent): byte order mark, `charset` of
the Content-Type, XML declaration, shape of the first bytes (XML 1.0 appendix F), UTF-8, windows-1252,
iso-8859-2. A declared encoding that does not decode the document is passed over: publishers err.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
_SHAPES = (
    (b"\x00<\x00?", "utf-16-be"),
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
"""How `<?xm` looks in encodings that are not supersets of ASCII."""

_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""", re.ASCII)
_DECLARATION = re.compile(rb"\s*(?:<\?xml[^>]{0,300}>\s*)?", re.ASCII)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.ASCII | re.IGNORECASE)

_REFUSED = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""Codecs of Python that are no encodings of documents, or hide markup from later checks."""

_SUPERSETS = {"euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs", "euc_jp": "euc_jis_2004"}
"""What publishers mean when the strict encoding fails on a character their system added to it."""

_GENERIC = frozenset({"utf-16", "utf-32"})
_WESTERN = frozenset({"iso8859-1", "cp1252", "ascii"})
_BROKEN_SHARE = 0.02
"""At most this share of the non-ASCII sequences may be broken in a document still read as UTF-8."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A document as UTF-8 without mark, declaration or leading space; `problem`: what had to be mended."""

    data: bytes
    encoding: str
    problem: str = ""


def to_utf8(data: bytes, content_type: str = "") -> Decoded:
    """Find the encoding and recode. Never fails: the last resort, iso-8859-2, reads any bytes."""
    mark, data = _mark(data)
    declared = _declared(data, mark)
    http = _CHARSET.search(content_type)
    asked = [name for name in (mark, _name(http.group(1)) if http else "", declared) if name]
    first = asked[0] if asked else "utf-8"
    if first in _WESTERN and mark == "" and declared in {"", "utf-8"} and _is_utf8(data):
        # Servers that add "charset=iso-8859-1" to everything; valid UTF-8 beyond ASCII is no accident.
        return Decoded(_bare(data), "utf-8")
    for name in dict.fromkeys((*asked, *(_SUPERSETS[n] for n in asked if n in _SUPERSETS), "utf-8")):
        text = _decode(data, name)
        if text is None:
            if name == "utf-8" and (mended := _mend_utf8(data, asked)):
                return mended
            continue
        problem = "" if name == first else f"declared as {first}, read as {name}"
        if name == "utf-8":
            return Decoded(_bare(data), name, problem)
        return Decoded(_bare(text.encode("utf-8", "replace")), name, problem)
    text = _decode(data, "cp1252") or data.decode("iso8859-2")
    return Decoded(_bare(text.encode()), "windows-1252", f"declared as {first}, read as windows-1252")


def _mark(data: bytes) -> tuple[str, bytes]:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name, data[len(mark) :]
    for shape, name in _SHAPES:
        if data.startswith(shape):
            return name, data
    return "", data


def _declared(data: bytes, mark: str) -> str:
    head = data[:1200]
    if mark and mark != "utf-8":
        head = head.decode(mark, "ignore").encode("utf-8", "ignore")
    found = _DECLARED.match(head)
    name = _name(found.group(1).decode("ascii", "ignore")) if found else ""
    return mark if mark and name in _GENERIC else name


def _name(label: str) -> str:
    """Python's name for a declared encoding, empty for one it does not know or that we refuse."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _REFUSED else "gb18030" if name in {"gb2312", "gbk"} else name


def _decode(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError):
        return None


def _is_utf8(data: bytes) -> bool:
    return not data.isascii() and _decode(data, "utf-8") is not None


def _mend_utf8(data: bytes, asked: list[str]) -> Decoded | None:
    """Read UTF-8 with a few broken sequences (a summary cut in mid-character) for what it is."""
    if any(name not in {"utf-8", "ascii"} for name in asked):
        return None
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    if broken > _BROKEN_SHARE * whole:
        return None
    return Decoded(_bare(text.encode()), "utf-8", f"{broken} broken UTF-8 sequences")


def _bare(data: bytes) -> bytes:
    found = _DECLARATION.match(data)
    return data[found.end() :] if found and found.end() else data
