"""From definitions to something that can be searched for: rules, contexts, one automaton.

    Definitions ─► slots (forms, each once) ─► automaton
                └► rules (patterns with contexts and the labels and flags they count for)

Source of the automaton: Aho and Corasick (1975), in the contiguous NFA of the `aho-corasick` crate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import ahocorasick_rs

from .forms import ARABIC, KIND, WORD, Form, FormError, read_forms
from .references import Problem, Target, count_for, terms_of
from .vocabulary import Definitions, Facet, Kind, Pattern, Term, Watchlist


class VocabularyError(ValueError):
    """The definitions cannot be compiled; `problems` says all that is wrong with them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Context:
    """Words of which one is asked for, or must be missing: as slots, and as a person wrote them."""

    id: int
    slots: frozenset[int]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rule:
    """One pattern, ready: what it needs to count, and for what it counts."""

    list: str
    """Facet id, or `watchlist.id`."""
    term: str
    pattern: Pattern
    relevance: float
    requires: Context | None
    blocks: Context | None
    excepted: Context | None
    labels: tuple[Target, ...]
    flags: tuple[Target, ...]
    free: bool
    """True when there is nothing to check: a hit counts."""
    late: bool
    """True when it only matters for an article that has to do with biometrics."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A form as the automaton knows it, shared by all patterns and contexts that have it."""

    number: int
    opening: int
    exact: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Vocabulary:
    """Compiled once, shared by all threads, never changed. `version` names its whole content."""

    version: str
    definitions: Definitions
    facets: dict[str, Facet]
    watchlists: dict[str, Watchlist]
    contexts: dict[str, Context]
    automaton: ahocorasick_rs.AhoCorasick
    slots: tuple[tuple[Slot, ...], ...]
    """For each string of the automaton, the forms that fold to it."""
    plain: tuple[int, ...]
    """For each string its slot number where whole words of it are all that is asked for; -1 where whole
    words need a closer look; -2 where the boundaries do."""
    early: tuple[tuple[Rule, ...], ...]
    """For each slot number, the patterns that have the form; none for words of contexts alone."""
    late: tuple[tuple[Rule, ...], ...]
    """The same for those that only matter once an article is known to be about biometrics."""


def compile_vocabulary(definitions: Definitions) -> Vocabulary:
    """Make the definitions searchable. Raises VocabularyError with all problems at once."""
    compiler = _Compiler(definitions)
    contexts = {
        name: compiler.context((f"@{name}",), (f"@{name}", "", 0, "contexts"))
        for name in definitions.contexts
    }
    rules = compiler.rules()
    if compiler.problems:
        raise VocabularyError(compiler.problems)
    slots = compiler.slots()
    return Vocabulary(
        version=version_of(definitions),
        definitions=definitions,
        facets={facet.id: facet for facet in definitions.facets},
        watchlists={watchlist.id: watchlist for watchlist in definitions.watchlists},
        contexts={name: context for name, context in contexts.items() if context},
        automaton=ahocorasick_rs.AhoCorasick(
            list(slots),
            matchkind=ahocorasick_rs.MatchKind.Standard,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        ),
        slots=tuple(tuple(same) for same in slots.values()),
        plain=tuple(_plain(key, same) for key, same in slots.items()),
        early=tuple(tuple(rule for rule in same if not rule.late) for same in rules),
        late=tuple(tuple(rule for rule in same if rule.late) for same in rules),
    )


def version_of(definitions: Definitions) -> str:
    """Twelve hex digits that change with anything the vocabulary says."""
    parts = (
        sorted(definitions.facets, key=lambda facet: facet.id),
        sorted(definitions.watchlists, key=lambda watchlist: watchlist.id),
        sorted(definitions.contexts.items()),
    )
    return hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()


LATE_FACETS = frozenset({"domain", "theme"})
"""Facets whose labels are given only to articles that have to do with biometrics."""


def _late(labels: tuple[Target, ...], flags: tuple[Target, ...], relevance: float) -> bool:
    return not flags and not relevance and all(facet in LATE_FACETS for facet, _ in labels)


def _plain(key: str, slots: list[Slot]) -> int:
    edges = KIND[key[0]] == KIND[key[-1]] == WORD and not ARABIC.match(key)
    if not edges or any(slot.opening for slot in slots):
        return -2
    return slots[0].number if len(slots) == 1 and not slots[0].exact else -1


class _Compiler:
    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.problems: list[Problem] = []
        self._numbers: dict[Form, int] = {}
        self._uses: dict[int, list[Rule]] = {}
        self._contexts: dict[frozenset[int], Context] = {}

    def rules(self) -> tuple[tuple[Rule, ...], ...]:
        labels, flags, problems = count_for(self.definitions)
        self.problems.extend(problems)
        for listed, term in terms_of(self.definitions):
            for number, pattern in enumerate(term.patterns):
                place = (listed, term.id, number)
                rule = self._rule(listed, term, pattern, place, labels.get(place, ()), flags.get(place, ()))
                for slot in self._slots_of(pattern.forms, pattern.kind, (*place, "forms")):
                    self._uses.setdefault(slot, []).append(rule)
        return tuple(tuple(self._uses.get(number, ())) for number in range(len(self._numbers)))

    def _rule(
        self,
        listed: str,
        term: Term,
        pattern: Pattern,
        place: tuple[str, str, int],
        labels: tuple[Target, ...],
        flags: tuple[Target, ...],
    ) -> Rule:
        requires = self.context(pattern.requires, (*place, "requires"))
        blocks = self.context(pattern.blocks, (*place, "blocks"))
        excepted = self.context(pattern.excepted, (*place, "except"))
        relevance = term.relevance if pattern.relevance is None else pattern.relevance
        dated = pattern.valid_from or pattern.valid_until or pattern.same_language
        return Rule(
            list=listed,
            term=term.id,
            pattern=pattern,
            relevance=relevance,
            requires=requires,
            blocks=blocks,
            excepted=excepted,
            labels=labels,
            flags=flags,
            free=not (requires or blocks or excepted or dated),
            late=_late(labels, flags, relevance),
        )

    def context(self, words: tuple[str, ...], place: tuple[str, str, int, str]) -> Context | None:
        if not words:
            return None
        slots: set[int] = set()
        for word in self._resolve(words, place, ()):
            kind: Kind = "abbr" if word.startswith("^") else "literal"
            slots.update(self._slots_of((word.removeprefix("^"),), kind, place))
        key = frozenset(slots)
        return self._contexts.setdefault(key, Context(len(self._contexts), key, words))

    def _resolve(
        self, words: tuple[str, ...], place: tuple[str, str, int, str], inside: tuple[str, ...]
    ) -> Iterable[str]:
        for word in words:
            name = word[1:]
            if not word.startswith("@"):
                yield word
            elif name in inside:
                self.problems.append(Problem(place, f"context list @{name} contains itself"))
            elif name not in self.definitions.contexts:
                self.problems.append(Problem(place, f"there is no context list @{name}"))
            else:
                yield from self._resolve(self.definitions.contexts[name], place, (*inside, name))

    def _slots_of(
        self, forms: tuple[str, ...], kind: Kind, place: tuple[str, str, int, str]
    ) -> Iterable[int]:
        numbers: set[int] = set()
        for written in forms:
            try:
                numbers.update(self._number(form) for form in read_forms(written, kind))
            except FormError as error:
                self.problems.append(Problem(place, str(error)))
        return sorted(numbers)

    def _number(self, form: Form) -> int:
        return self._numbers.setdefault(form, len(self._numbers))

    def slots(self) -> dict[str, list[Slot]]:
        by_key: dict[str, list[Slot]] = {}
        for form, number in self._numbers.items():
            by_key.setdefault(form.key, []).append(Slot(number, form.opening, form.exact))
        return by_key
