"""Which of the beginnings that queries ask for (`biom*`, `source:bbc*`) a document has. Pure.

A beginning is an atom of its own: `("*", "biom")` of a word, `("source*", "bbc")` of a value. Words come
again, so what is known of each is kept; values mostly do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ..query_match import Prepared


class Beginning(NamedTuple):
    """How a word or a value has to begin."""

    of: str
    """`*` for words, else the field with `*` behind it, so that it is no value of the field."""
    text: str


_KEPT = 200_000
"""Words remembered."""


class Beginnings:
    """The beginnings in use."""

    def __init__(self) -> None:
        self._used: set[Beginning] = set()
        self._lengths: dict[str, Counter[int]] = {}
        self._known: dict[str, tuple[Beginning, ...]] = {}

    def add(self, beginning: Beginning) -> None:
        """Look for one that is not looked for."""
        self._used.add(beginning)
        self._lengths.setdefault(beginning.of, Counter())[len(beginning.text)] += 1
        self._known.clear()

    def remove(self, beginning: Beginning) -> None:
        """Look for it no more."""
        self._used.remove(beginning)
        lengths = self._lengths[beginning.of]
        lengths[len(beginning.text)] -= 1
        self._lengths[beginning.of] = +lengths
        if not +lengths:
            del self._lengths[beginning.of]
        self._known.clear()

    def begun(self, document: Prepared) -> set[Beginning]:
        """Those that words and values of the document have."""
        found: set[Beginning] = set()
        if "*" in self._lengths:
            words = set().union(*document.words.values())
            self._learn(words)
            found.update(*filter(None, map(self._known.__getitem__, words)))
        if len(self._lengths) > ("*" in self._lengths):
            for field, value in document.values:
                found.update(self._of(f"{field}*", value))
        return found

    def _learn(self, words: set[str]) -> None:
        if len(self._known) > _KEPT:
            self._known.clear()
        for word in words.difference(self._known):
            self._known[word] = tuple(self._of("*", word))

    def _of(self, of: str, text: str) -> Iterable[Beginning]:
        for length in self._lengths.get(of, ()):
            if length <= len(text) and (beginning := Beginning(of, text[:length])) in self._used:
                yield beginning
