"""How a form is written in the vocabulary, and what the matcher looks for.

    "{face,facial} recogni*"  ─►  "face recogni" open at its end, "facial recogni" open at its end

Braces are alternatives, `*` at an end leaves that side open, a space stands for a space or a hyphen.
The rules for people are in seeds/vocabulary/README.md.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .text import CHARACTER, TOKEN, Folded, fold, fold_text

OPEN_START, OPEN_END = 1, 2
"""Bits of `Form.opening`."""

MOST_ALTERNATIVES = 4000
"""How many forms one written form may stand for."""

_BRACES = re.compile(r"\{([^{}]*)\}")
_SPACES = re.compile(" +")


@dataclass(frozen=True, slots=True)
class Form:
    """One string to look for in the shadow of a text."""

    key: str
    """Folded, hyphens as spaces."""
    opening: int = 0
    """Sides on which the word may go on: `OPEN_START`, `OPEN_END`."""
    exact: str = ""
    """What the original must say, letter case included; empty when case does not matter."""


class FormError(ValueError):
    """A form that cannot be read; the message says why."""


def expand(written: str) -> list[str]:
    """All alternatives of a form with braces, innermost first. Raises FormError."""
    found = _BRACES.search(written)
    if found is None:
        if "{" in written or "}" in written:
            raise FormError(f"braces of {written!r} do not match")
        return [written]
    before, after = written[: found.start()], written[found.end() :]
    grown: dict[str, None] = {}
    for option in found.group(1).split(","):
        grown.update(dict.fromkeys(expand(before + option + after)))
        if len(grown) > MOST_ALTERNATIVES:
            raise FormError(f"{written!r} stands for more than {MOST_ALTERNATIVES} forms")
    return list(grown)


def read_forms(written: str, kind: str = "literal") -> list[Form]:
    """The strings to look for, for one form as written. Raises FormError."""
    return [_read(" ".join(form.split()), kind) for form in expand(written)]


def _read(form: str, kind: str) -> Form:
    opening = OPEN_START * form.startswith("*") | OPEN_END * form.endswith("*")
    if kind in {"stem", "infix"}:
        opening |= OPEN_END
    if kind == "infix":
        opening |= OPEN_START
    plain = form.strip("*")
    if "*" in plain:
        raise FormError(f"{form!r} has a * in its middle; only the ends can be left open")
    key = shadow_of(fold(plain)).strip(" ")
    if not TOKEN.search(key):
        raise FormError(f"{form!r} has no letter or digit")
    exact = unicodedata.normalize("NFKC", plain) if kind == "abbr" else ""
    return Form(_SPACES.sub(" ", key), opening, exact)


def shadow_of(folded: Folded) -> str:
    """The folded text as forms are compared with it: as long, hyphens as spaces."""
    return folded.text.replace("-", " ")


OTHER, WORD, SINGLE, CLINGING = 0, 1, 2, 3
"""Kinds of character: none of a word, of a word, of a script without spaces, a mark that ends no word."""


class _Kinds(dict[str, int]):
    def __missing__(self, character: str) -> int:
        if CHARACTER.match(character):
            kind = CLINGING if unicodedata.category(character) in {"Mn", "Mc"} else SINGLE
        elif TOKEN.match(character):
            kind = WORD
        else:
            kind = WORD if unicodedata.category(character).startswith("M") else OTHER
        self[character] = kind
        return kind


KIND = _Kinds()
"""Character to its kind, filled as characters are met."""

ARABIC = re.compile("[\u0600-\u06ff]")

_CLITICS = frozenset(
    fold_text(a + b + c) for a in ("", "و", "ف") for b in ("", "ب", "ك", "ل") for c in ("", "ال")
) | {fold_text(a + "لل") for a in ("", "و", "ف")}


def starts_word(shadow: str, start: int) -> bool:
    """True when a word may be taken to begin at `start`: at a boundary, or behind Arabic clitics."""
    before, first = KIND[shadow[start - 1]] if start else OTHER, KIND[shadow[start]]
    if before == OTHER or first == SINGLE or (before != WORD and first == WORD):
        return True
    if not ARABIC.match(shadow, start):
        return False
    begin = start
    while begin and KIND[shadow[begin - 1]] == WORD and start - begin <= 4:
        begin -= 1
    return shadow[begin:start] in _CLITICS


def ends_word(shadow: str, end: int) -> bool:
    """True when a word may be taken to end before `end`."""
    after = KIND[shadow[end]] if end < len(shadow) else OTHER
    return after in {OTHER, SINGLE} or (after == WORD and KIND[shadow[end - 1]] in {SINGLE, CLINGING})


def whole_word(shadow: str, start: int, end: int, opening: int) -> tuple[int, int]:
    """Grow a match over the rest of its word on the sides that were left open."""
    if opening & OPEN_START:
        while start and KIND[shadow[start - 1]] == WORD:
            start -= 1
    if opening & OPEN_END and KIND[shadow[end - 1]] == WORD:
        while end < len(shadow) and KIND[shadow[end]] == WORD:
            end += 1
    return start, end
