"""One way to fold and cut text, for flags, labels, search and subscriptions alike.

`fold` makes a shadow copy for comparing (case, accents, width, simplified Chinese, invisible
characters); offsets found in it lead back into the original. `tokens` cuts the shadow into
words; every script written without spaces (and Hangul, whose particles cling to words) is cut into
single characters, so a phrase of characters finds a word of any length. Engines are given these
tokens joined by spaces, so they agree with each other and with our own matcher by construction.

Sources: Unicode UAX #15 (NFKC), UAX #29 (word boundaries, simplified), OpenCC's character table.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

_INVISIBLE = frozenset(
    [
        173,
        847,
        1564,
        1600,
        4447,
        4448,
        6068,
        6069,
        6158,
        65279,
        *range(8203, 8208),
        *range(8234, 8239),
        *range(8288, 8304),
        *range(65024, 65040),
    ]
)
"""Soft hyphen, zero-width and bidi controls, tatweel, fillers, variation selectors: never part of a word."""

_HYPHENS = dict.fromkeys([0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0xFE63, 0xFF0D], "-")
_APOSTROPHES = dict.fromkeys([0x2018, 0x2019, 0x02BC, 0x2032, 0xFF07], "'")
_SPACES = dict.fromkeys(
    [*range(0x09, 0x0E), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000],
    " ",
)
_PLAIN = {**_HYPHENS, **_APOSTROPHES, **_SPACES, ord("ı"): "i", ord("ł"): "l", ord("ø"): "o", ord("đ"): "d"}

_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
"""Accents and vowel points; not the vowel signs of Indic scripts, which are letters to a reader."""

_MORE_MARKS = re.compile(f"{_MARKS.pattern}+")

_CHARACTERS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af"
)
_INDIC = "\u0900-\u0963\u0966-\u0df3"
_LETTER = re.compile(f"(?![{_CHARACTERS}_])[\\w{_INDIC}]")
_LETTERS = re.compile(f"(?:{_LETTER.pattern})*")
TOKEN = re.compile(f"[0-9a-z]++(?![^\\x00-\\x7f])|[{_CHARACTERS}]|(?:{_LETTER.pattern})+")
"""The first alternative says nothing new: it takes plain words of folded text ten times as fast."""

_ASCII_TOKEN = re.compile("[0-9a-z]+")
_BETWEEN, _BETWEEN_ASCII = (re.compile(f"({token.pattern})") for token in (TOKEN, _ASCII_TOKEN))
"""These split a text into what is no token and what is one, by turns."""
CHARACTER = re.compile(f"[{_CHARACTERS}]")
"""A character of a script that is cut into single characters."""


@functools.cache
def _simplified() -> dict[int, str]:
    """Traditional to simplified Chinese, character by character (only where one becomes one)."""
    import opencc

    characters = [chr(code) for code in range(0x4E00, 0xA000)]
    simple = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(a): b for a, b in zip(characters, simple, strict=True) if a != b and len(b) == 1}


class _FoldTable(dict[int, str]):
    """Code point to its folded form, filled as characters are met; knows which change the length."""

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(code)
        if len(folded) != 1:
            self.uneven.add(chr(code))
        return folded


def _fold_character(code: int) -> str:
    if code in _INVISIBLE:
        return ""
    if code in _PLAIN:
        return _PLAIN[code]
    if 0x4E00 <= code < 0xA000:
        return _simplified().get(code, chr(code))
    wide = unicodedata.normalize("NFKC", chr(code)).casefold()
    if code < 0x2000 or 0xA640 <= code < 0xAC00 or 0xFB00 <= code < 0xFE00 or code >= 0x1D400:
        wide = _MARKS.sub("", unicodedata.normalize("NFKD", wide))
    return "".join(_PLAIN.get(ord(c), c) for c in wide)


_TABLE = _FoldTable()


@dataclass(frozen=True, slots=True)
class Folded:
    """A shadow of `original` for comparing, and the way back from its offsets."""

    original: str
    text: str
    origins: Sequence[int] | None
    """Offset in the original of each character of the shadow; None when they are the same."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` (not empty) stands in the original, whole characters only."""
        if self.origins is None:
            return start, end
        first, last = self.origins[start], self.origins[end - 1] + 1
        marks = _MORE_MARKS.match(self.original, last)
        return first, marks.end() if marks else last


@functools.lru_cache(maxsize=64)  # several stages fold the same few fields of one article
def fold(text: str) -> Folded:
    """Fold for comparing: NFKC, case, accents, width, simplified Chinese, nothing invisible."""
    if text.isascii():
        return Folded(text, _fold_ascii(text), None)
    if without_quotes(text.replace("’", "'").replace("‘", "'").replace("–", "-")).isascii():
        return Folded(text, _fold_quoted(text), None)
    folded = _fold_runs(text)
    if _TABLE.uneven.isdisjoint("".join(_WIDE.findall(text))):
        return Folded(text, folded, None)
    origins: list[int] = []
    end = 0
    for run in _WIDE.finditer(text):
        origins.extend(range(end, run.start()))
        end = run.end()
        for at in range(run.start(), end):
            origins.extend([at] * len(_TABLE[ord(text[at])]))
    origins.extend(range(end, len(text)))
    return Folded(text, folded, origins)


_WIDE = re.compile(r"[^\x00-\x7f“”„«»—•]+(?:[ ,.]{1,2}[^\x00-\x7f“”„«»—•]+)*")
"""Runs worth a look into the table, which is slow; what stands between them is plain ASCII."""


def _fold_runs(text: str) -> str:
    text = text.replace("’", "'").replace("‘", "'").replace("–", "-")  # as the table has them
    parts: list[str] = []
    end = 0
    for run in _WIDE.finditer(text):
        parts += (text[end : run.start()].lower(), run[0].translate(_TABLE))
        end = run.end()
    return _plain_spaces("".join([*parts, text[end:].lower()]))


def _fold_quoted(text: str) -> str:
    """Fold ASCII with typographic quotes and dashes, which need no look into the table."""
    return _plain_spaces(text.replace("’", "'").replace("‘", "'").replace("–", "-").lower())


def _fold_ascii(text: str) -> str:
    return _plain_spaces(text.lower())


def _plain_spaces(text: str) -> str:
    for space in "\t\n\x0b\x0c\r":
        text = text.replace(space, " ")
    return text


def fold_text(text: str) -> str:
    """Fold where the way back is not needed."""
    if text.isascii():
        return _fold_ascii(text)
    text = text.replace("…", "...").replace("\xa0", " ")  # as the table has them
    quoted = _fold_quoted(text)
    return quoted if without_quotes(quoted).isascii() else _fold_runs(text)


def tokens(folded: str) -> list[str]:
    """Cut folded text into words, or characters where the script has no spaces."""
    plain = without_quotes(folded)
    return _ASCII_TOKEN.findall(plain) if plain.isascii() else TOKEN.findall(plain)


def token_places(folded: str) -> list[tuple[int, int]]:
    """Start and end in the folded text of each of its `tokens`."""
    plain = without_quotes(folded)
    parts = (_BETWEEN_ASCII if plain.isascii() else _BETWEEN).split(plain)  # adding up beats match objects
    ends = list(accumulate(map(len, parts)))
    return list(zip(ends[::2], ends[1::2], strict=False))


def places_of(token: str, folded: str, *, prefix: bool = False) -> Iterator[tuple[int, int]]:
    """Start and end of each of the `tokens` that is this one, or begins with it; the others are not cut."""
    character = CHARACTER.match(token) is not None  # a token wherever it stands
    at = folded.find(token)
    while at >= 0:
        end = at + len(token)
        if character:
            yield at, end
        elif not (at and _LETTER.match(folded, at - 1)):
            rest = _LETTERS.match(folded, end)
            whole = rest.end() if rest else end
            if prefix or whole == end:
                yield at, whole
        at = folded.find(token, end)


def without_quotes(folded: str) -> str:
    """Put spaces for the signs that most often keep a text of plain words from being ASCII; same tokens."""
    if not folded.isascii():
        for sign in "“”„«»—•":
            folded = folded.replace(sign, " ")
    return folded
