"""What changed between two versions of a text, word by word. Pure.

Words are runs of letters and digits; in scripts without spaces each character is one, as `text.tokens`
has it. Nothing is folded: a changed capital or comma is a change that a reader may want to see.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from .text import CHARACTER

MOST = 6_000
"""Words and spaces of a version that are compared; what lies behind is one change, if it is another."""

_PART = re.compile(rf"\s+|{CHARACTER.pattern}|(?:(?!{CHARACTER.pattern})\w)+|[^\w\s]")

Kind = Literal["same", "gone", "added"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the old or the new text."""

    kind: Kind
    text: str


def word_diff(before: str, after: str) -> tuple[Stretch, ...]:
    """All of both texts in order: what is not `added` is `before`, what is not `gone` is `after`."""
    old, new = _PART.findall(before), _PART.findall(after)
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    found = [_stretch("same", old[:head])]
    found += _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    found.append(_stretch("same", old[len(old) - tail :]))
    return tuple(one for one in found if one.text)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _middle(old: Sequence[str], new: Sequence[str]) -> list[Stretch]:
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, old[:MOST], new[:MOST]).get_opcodes():
        if kind == "equal":
            found.append(_stretch("same", old[a:b]))
        else:
            found += [_stretch("gone", old[a:b]), _stretch("added", new[c:d])]
    return [*found, _stretch("gone", old[MOST:]), _stretch("added", new[MOST:])]


def _stretch(kind: Kind, parts: Sequence[str]) -> Stretch:
    return Stretch(kind, "".join(parts))
