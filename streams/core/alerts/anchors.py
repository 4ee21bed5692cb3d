"""What to look out for, so that a query need not be asked of documents that cannot meet it. Pure.

A query asks for one of each of some sets of atoms (a word, or any of an OR), and for none of others. The
rarest sets are looked out for; what else it asks is left to an exact test. Rarity is a guess from fixed
tables: it decides what matching costs, never what matches.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import TypeAlias

from .. import query as q
from ..rarity import SCALE, words_of
from ..text import CHARACTER
from .beginnings import Beginning
from .compiled import Atom, atom_of, only_atoms

Choice: TypeAlias = frozenset[Atom]
"""Atoms of which a document has at least one, or the query does not hold."""

CHOICES = 3
"""Looked out for, of one query, at most."""

_TEST = 300
"""Looking out for an atom costs this much less than an exact test, in each document that has it."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a query is hung up. Without any choice, every document comes by."""

    wanted: tuple[Choice, ...]
    unwanted: frozenset[Atom]
    """A document with one of these does not meet the query."""
    enough: bool
    """The query asks nothing else."""


def anchor(query: q.Query) -> Anchor:
    """The rarest choices of the query, and all that it rules out."""
    parts = query.parts if isinstance(query, q.And) else (query,)
    ruled_out = [only_atoms(part.inner) for part in parts if isinstance(part, q.Not)]
    asked = [_choices(part) for part in parts if not isinstance(part, q.Not | q.Everything)]
    every = [choice for choices, _ in asked for choice in choices]
    wanted = _rarest(every)
    return Anchor(
        wanted,
        frozenset().union(*ruled_out),
        enough=len(wanted) == len(every) and all(ruled_out) and all(exact for _, exact in asked),
    )


def _rarest(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """The rarest, and those of the next that spare more tests than they cost."""
    expected = 1.0
    found: list[Choice] = []
    for share, choice in sorted(((_share(choice), choice) for choice in choices), key=lambda pair: pair[0]):
        if len(found) < CHOICES and share <= expected * _TEST:
            found.append(choice)
            expected *= share
    return tuple(found)


def _choices(query: q.Query) -> tuple[list[Choice], bool]:
    """Everything a query needs one of, and whether it asks nothing else."""
    if isinstance(query, q.Or):
        return _either([_choices(part) for part in query.parts])
    if isinstance(query, q.And):
        parts = [_choices(part) for part in query.parts]
        return [choice for own, _ in parts for choice in own], all(exact for _, exact in parts)
    return [frozenset([atom]) for atom in _required(query)], _is_one_atom(query)


def _either(parts: list[tuple[list[Choice], bool]]) -> tuple[list[Choice], bool]:
    if not all(choices for choices, _ in parts):
        return [], False
    rarest = [min(choices, key=_share) for choices, _ in parts]
    return [frozenset().union(*rarest)], all(exact and len(choices) == 1 for choices, exact in parts)


def _required(clause: q.Query) -> Set[Atom]:
    """Atoms a document has whenever the clause holds."""
    if isinstance(clause, q.Near):
        return _required(clause.left) | _required(clause.right)
    if isinstance(clause, q.Phrase):
        if not clause.prefix:
            return set(clause.tokens)
        return {*clause.tokens[:-1], Beginning("*", clause.tokens[-1])}
    if isinstance(clause, q.Value) and clause.prefix:
        return {Beginning(f"{clause.field}*", clause.value)}
    atom = atom_of(clause)
    return set() if atom is None else {atom}


def _is_one_atom(clause: q.Query) -> bool:
    """Say whether the clause asks for its one required atom and nothing else."""
    if isinstance(clause, q.Phrase):
        return len(clause.tokens) == 1 and clause.field is None
    return isinstance(clause, q.Value | q.Is)


def _share(choice: Iterable[Atom]) -> float:
    return min(1.0, sum(map(share, choice)))


_WORDS = 300
"""Words of a document, for the guess."""
_COMMON = 6.5
"""On the zipf scale, what words too common to have a weight are taken for; numbers too."""
_CHARACTER = 0.05
_VALUES = dict.fromkeys(("id", "url", "story"), 0.0001) | {
    "language": 0.3,
    "relevance": 0.4,
    "is": 0.4,
    "kind": 0.3,
    "perspective": 0.3,
    "country": 0.1,
}


def share(atom: Atom) -> float:
    """The share of documents that have an atom, as far as can be said without having seen any."""
    if isinstance(atom, Beginning):
        return 0.8 * math.exp(-len(atom.text) / 2)
    if isinstance(atom, tuple):
        return _VALUES.get(atom[0], 0.02)
    if CHARACTER.match(atom):
        return _CHARACTER
    weight = words_of("en").weight(atom)
    zipf = 7.0 - weight / SCALE if weight else _COMMON
    return 1 - math.exp(-_WORDS * 10 ** (zipf - 9))
