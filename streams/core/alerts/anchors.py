"""Where a query is hung up: atoms of which a document has at least one, or the query cannot hold. Pure.

The rarest part of an AND is enough; an OR needs all of its parts. Where even the rarest part is common, two
parts together make a pair. A query without anything required (`-face`, `*`, `published:>2023`) has no anchor.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from .. import query as q
from ..rarity import SCALE, words_of
from ..text import CHARACTER
from .beginnings import Beginning
from .compiled import Atom, atom_of

Key: TypeAlias = tuple[Atom, ...]
"""One atom, or two that a document has to have both, the rarer one first."""

Share: TypeAlias = Callable[[Atom], float]
"""The share of documents that have an atom."""

COMMON = 0.01
"""Share of documents from which on a pair is looked for."""
_MOST_PAIRS = 32
_TOGETHER = 3.0
"""Words of one query keep company: how much more often two stand together than chance says."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What to look out for, and the share of documents in which it is expected."""

    share: float
    keys: frozenset[Key]


def anchor(query: q.Query, share: Share) -> Anchor | None:
    """The cheapest anchor; None when there is none."""
    if isinstance(query, q.Or):
        return _any_of([anchor(part, share) for part in query.parts])
    if isinstance(query, q.And):
        parts = [anchor(part, share) for part in query.parts]
    else:
        parts = [Anchor(share(atom), frozenset([(atom,)])) for atom in _required(query)]
    return _rarest([part for part in parts if part], share)


def _any_of(parts: list[Anchor | None]) -> Anchor | None:
    found = [part for part in parts if part]
    if len(found) < len(parts):
        return None
    return Anchor(min(1.0, sum(part.share for part in found)), frozenset().union(*(p.keys for p in found)))


def _rarest(parts: list[Anchor], share: Share) -> Anchor | None:
    if not parts:
        return None
    first, *others = sorted(parts, key=lambda part: (part.share, len(part.keys)))
    if first.share <= COMMON or not others:
        return first
    return _pair(first, others[0], share) or first


def _pair(one: Anchor, other: Anchor, share: Share) -> Anchor | None:
    if len(one.keys) * len(other.keys) > _MOST_PAIRS or any(len(key) > 1 for key in one.keys | other.keys):
        return None
    keys = {
        tuple(sorted({*left, *right}, key=lambda atom: (share(atom), str(atom))))
        for left in one.keys
        for right in other.keys
    }
    return Anchor(min(one.share, one.share * other.share * _TOGETHER), frozenset(keys))


def _required(clause: q.Query) -> Iterable[Atom]:
    """Atoms a document has whenever the clause holds; every one of them."""
    if isinstance(clause, q.Near):
        return {*_required(clause.left), *_required(clause.right)}
    if isinstance(clause, q.Phrase):
        if not clause.prefix:
            return set(clause.tokens)
        return {*clause.tokens[:-1], Beginning("*", clause.tokens[-1])}
    if isinstance(clause, q.Value) and clause.prefix:
        return {Beginning(f"{clause.field}*", clause.value)}
    atom = atom_of(clause)
    return () if atom is None else (atom,)


class Frequencies:
    """In what share of documents an atom stands: a guess from fixed tables, corrected by those counted."""

    _GUESS = 20
    """Documents that the guess weighs as much as."""
    _WORDS = 300
    """Words of a document, for the guess."""
    _KEPT = 300_000

    def __init__(self) -> None:
        self.documents = 0
        self._counts: Counter[Atom] = Counter()
        self._words = words_of("en")

    def count(self, present: Iterable[Atom]) -> None:
        """Learn from one document. When much is known the old half counts half, and the rarest is dropped."""
        self._counts.update(present)
        self.documents += 1
        if len(self._counts) > self._KEPT:
            self._counts = Counter({atom: count // 2 for atom, count in self._counts.items() if count > 1})
            self.documents //= 2

    def share(self, atom: Atom) -> float:
        """Share of documents that are expected to have it, 0 to 1."""
        guess = self._guess(atom)
        if isinstance(atom, Beginning):
            return guess  # counted only since some query asks for it
        return (self._counts[atom] + self._GUESS * guess) / (self.documents + self._GUESS)

    def _guess(self, atom: Atom) -> float:
        if isinstance(atom, Beginning):
            return 0.8 * math.exp(-len(atom.text) / 2)
        if isinstance(atom, tuple):
            return _VALUES.get(atom[0], 0.02)
        if CHARACTER.match(atom):
            return 0.05
        weight = self._words.weight(atom)
        zipf = 7.0 - weight / SCALE if weight else 6.5
        return 1 - math.exp(-self._WORDS * 10 ** (zipf - 9))


_VALUES = dict.fromkeys(("id", "url", "story"), 0.0001) | {
    "language": 0.3,
    "relevance": 0.4,
    "is": 0.4,
    "kind": 0.3,
    "perspective": 0.3,
    "country": 0.1,
}
"""Share of documents that have some value of a field, before any was counted."""
