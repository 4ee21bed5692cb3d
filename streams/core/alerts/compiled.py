"""A query made ready to be asked of many documents: closures over sets of atoms. Pure.

An atom is what a document has or has not: a token anywhere in its text, a value of a field, a part it plays.
What is no atom (phrases, words of one field, beginnings, NEAR, dates) is asked of a `Sight`, which works out
once what several queries need. The meaning is that of `query_match.holds`, to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import TypeAlias
from weakref import WeakValueDictionary

from .. import query as q
from ..query_match import Prepared, fields, holds, meet

Atom: TypeAlias = str | tuple[str, str]
"""A token, or a field with its value; `("is", role)` is one too."""


class Sight:
    """A document while queries are asked of it."""

    __slots__ = ("_spaced", "known", "prepared")

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.known: dict[Clause, bool] = {}
        """Answers of the clauses asked so far: many queries share theirs."""
        self._spaced: dict[str | None, str] = {}

    def spaced(self, field: str | None) -> str:
        """Tokens of a field, or of all with a line for each, as ` one two `: a phrase is a piece of it."""
        text = self._spaced.get(field)
        if text is None:
            words = self.prepared.words
            lines = [words[field]] if field else words.values()
            text = self._spaced[field] = "\n".join([f" {' '.join(line)} " for line in lines])
        return text


Test: TypeAlias = Callable[[Set[Atom], Sight], bool]
Clause: TypeAlias = Callable[[Sight], bool]


def atoms(prepared: Prepared) -> set[Atom]:
    """Every atom of a document."""
    found: set[Atom] = {("is", role) for role in prepared.roles}
    found.update(prepared.values, *prepared.words.values())
    return found


def compiled(query: q.Query) -> Test:
    """A function of the atoms of a document and its Sight that says whether the query holds."""
    if isinstance(query, q.And):
        return _all_of(query.parts)
    if isinstance(query, q.Or):
        return _any_of(query.parts)
    if isinstance(query, q.Not):
        inner = compiled(query.inner)
        return lambda present, sight: not inner(present, sight)
    atom = atom_of(query)
    return _asked(query) if atom is None else lambda present, _: atom in present


def atom_of(query: q.Query) -> Atom | None:
    """The atom that says as much as the query, if there is one."""
    if isinstance(query, q.Phrase) and len(query.tokens) == 1 and not query.prefix and not query.field:
        return query.tokens[0]
    if isinstance(query, q.Value) and not query.prefix:
        return query.field, query.value
    return ("is", query.role) if isinstance(query, q.Is) else None


def only_atoms(query: q.Query) -> frozenset[Atom]:
    """What a query asks one of; empty when it asks for more than atoms."""
    parts = query.parts if isinstance(query, q.Or) else (query,)
    found = [atom_of(part) for part in parts]
    return frozenset(atom for atom in found if atom is not None) if None not in found else frozenset()


def _all_of(parts: Iterable[q.Query]) -> Test:
    wanted: set[Atom] = set()
    unwanted: set[Atom] = set()
    choices: list[frozenset[Atom]] = []
    rest: list[Test] = []
    for part in parts:
        if isinstance(part, q.Not) and (none_of := only_atoms(part.inner)):
            unwanted |= none_of
        elif not (one_of := only_atoms(part)):
            rest.append(compiled(part))
        elif len(one_of) > 1:
            choices.append(one_of)
        else:
            wanted |= one_of

    def test(present: Set[Atom], sight: Sight) -> bool:
        if not (wanted <= present and present.isdisjoint(unwanted)):
            return False
        for choice in choices:
            if present.isdisjoint(choice):
                return False
        for inner in rest:  # noqa: SIM110 - a generator costs as much as the rest
            if not inner(present, sight):
                return False
        return True

    return test


def _any_of(parts: Iterable[q.Query]) -> Test:
    wanted: set[Atom] = set()
    rest: list[Test] = []
    for part in parts:
        atom = atom_of(part)
        if atom is None:
            rest.append(compiled(part))
        else:
            wanted.add(atom)

    def test(present: Set[Atom], sight: Sight) -> bool:
        return not present.isdisjoint(wanted) or any(inner(present, sight) for inner in rest)

    return test


_shared: WeakValueDictionary[q.Query, Clause] = WeakValueDictionary()
"""Clauses in use: equal ones are one function, so that a document answers each once."""


def _asked(query: q.Query) -> Test:
    clause = _shared.get(query)
    if clause is None:
        clause = _shared[query] = _clause(query)

    def test(_: Set[Atom], sight: Sight) -> bool:
        known = sight.known.get(clause)
        if known is None:
            known = sight.known[clause] = clause(sight)
        return known

    return test


def _clause(query: q.Query) -> Clause:
    if isinstance(query, q.Phrase):
        return _phrase(query)
    if isinstance(query, q.Near):
        return _near(query)
    return lambda sight: holds(query, sight.prepared)


def _phrase(phrase: q.Phrase) -> Clause:
    piece = f" {' '.join(phrase.tokens)}{'' if phrase.prefix else ' '}"
    field = phrase.field
    return lambda sight: piece in sight.spaced(field)


def _near(near: q.Near) -> Clause:
    names = fields(near)
    return lambda sight: any(meet(near, sight.prepared.fields[field]) for field in names)
