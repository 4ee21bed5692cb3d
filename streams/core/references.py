"""Which pattern counts for which term: own patterns, those of children, those of included terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .vocabulary import Definitions, Term

Place = tuple[str, str, int]
"""List (facet id or `watchlist.id`), term id, number of the pattern."""

Target = tuple[str, str]
"""Facet and term of a label, or watchlist and term of a flag."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the definitions. `place`: list, term, number of the pattern, key."""

    place: tuple[str, str, int, str]
    message: str


def terms_of(definitions: Definitions) -> Iterator[tuple[str, Term]]:
    """Every term with its list: a facet's id, or `watchlist.` and the id of a watchlist."""
    for facet in definitions.facets:
        for term in facet.terms:
            yield facet.id, term
    for watchlist in definitions.watchlists:
        for term in watchlist.terms:
            yield f"watchlist.{watchlist.id}", term


def count_for(
    definitions: Definitions,
) -> tuple[dict[Place, tuple[Target, ...]], dict[Place, tuple[Target, ...]], list[Problem]]:
    """For each pattern the labels and the flags it counts for, and what is wrong with references."""
    graph = _Graph(definitions)
    labels: dict[Place, list[Target]] = {}
    flags: dict[Place, list[Target]] = {}
    for listed, term in terms_of(definitions):
        if not listed.startswith("watchlist."):
            for place in graph.patterns_of((listed, term.id), ()):
                labels.setdefault(place, []).append((listed, term.id))
            continue
        watchlist = listed.removeprefix("watchlist.")
        for place in graph.own(listed, term):
            flags.setdefault(place, []).append((watchlist, term.id))
        for reference in term.include:
            for target, places in graph.included(reference, (listed, term.id)):
                for place in places:
                    flags.setdefault(place, []).append((watchlist, target))
    graph.check_conditions()
    return (
        {place: tuple(dict.fromkeys(targets)) for place, targets in labels.items()},
        {place: tuple(dict.fromkeys(targets)) for place, targets in flags.items()},
        graph.problems,
    )


class _Graph:
    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.terms = {(listed, term.id): term for listed, term in terms_of(definitions)}
        self.lists = {listed for listed, _ in terms_of(definitions)}
        self.children: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.problems: list[Problem] = []
        for (listed, name), term in self.terms.items():
            if term.parent and (listed, term.parent) not in self.terms:
                self.problems.append(
                    Problem((listed, name, 0, "parent"), f"there is no term {term.parent!r}")
                )
            elif term.parent:
                self.children.setdefault((listed, term.parent), []).append((listed, name))

    def own(self, listed: str, term: Term) -> list[Place]:
        return [(listed, term.id, number) for number in range(len(term.patterns))]

    def patterns_of(self, key: Target, inside: tuple[Target, ...]) -> list[Place]:
        """Patterns whose hits are hits of this term."""
        if key in inside:
            self.problems.append(Problem((*key, 0, "include"), f"{'.'.join(key)} includes itself"))
            return []
        term = self.terms[key]
        places = self.own(key[0], term)
        for child in self.children.get(key, ()):
            places.extend(self.patterns_of(child, (*inside, key)))
        for reference in term.include:
            for _, included in self.included(reference, key, (*inside, key)):
                places.extend(included)
        return list(dict.fromkeys(places))

    def included(
        self, reference: str, by: Target, inside: tuple[Target, ...] = ()
    ) -> Iterator[tuple[str, list[Place]]]:
        """What `facet.term`, `facet.*`, `facet.term/pattern` or `watchlist.id` stands for."""
        path, _, name = reference.partition("/")
        listed, _, wanted = path.rpartition(".")
        if listed == "watchlist" and path in self.lists:
            listed, wanted = path, "*"
        keys = [key for key in self.terms if key[0] == listed and wanted in {key[1], "*"}]
        found = False
        for key in keys:
            places = self.patterns_of(key, inside)
            if name:
                places = [place for place in places if self._pattern_name(place) == name]
            found = found or bool(places) or not name
            yield ".".join(key), places
        if not found:
            self.problems.append(Problem((*by, 0, "include"), f"there is no {reference!r} to include"))

    def _pattern_name(self, place: Place) -> str:
        return self.terms[place[:2]].patterns[place[2]].name

    def check_conditions(self) -> None:
        for watchlist in self.definitions.watchlists:
            condition = watchlist.condition
            for member in (*condition.all, *condition.any, *condition.none):
                listed, _, term = member.rpartition(".")
                known = (
                    member[1:] in self.definitions.contexts
                    if member.startswith("@")
                    else (listed, term) in self.terms or member in self.lists
                )
                if not known:
                    place = (f"watchlist.{watchlist.id}", "", 0, "condition")
                    self.problems.append(Problem(place, f"the condition names {member!r}, which is unknown"))
