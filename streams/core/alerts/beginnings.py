"""Which of the beginnings that queries ask for (`biom*`, `source:bbc*`) a document has. Pure.

A beginning is an atom of its own: `("*", "biom")` of a word, `("source*", "bbc")` of a value. Words come
again, so what is known of each is kept; values mostly do not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple, TypeVar


class Beginning(NamedTuple):
    """How a word or a value has to begin."""

    of: str
    """`*` for words, else the field with `*` behind it, so that it is no value of the field."""
    text: str


_KEPT = 200_000
"""Words remembered."""


class Beginnings:
    """The beginnings in use, each as often as it was added."""

    def __init__(self) -> None:
        self._uses: Counter[Beginning] = Counter()
        self._lengths: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._known: dict[str, tuple[Beginning, ...]] = {}

    def add(self, beginning: Beginning) -> None:
        """Look for it from now on."""
        self._uses[beginning] += 1
        self._lengths[beginning.of][len(beginning.text)] += 1
        self._known.clear()

    def remove(self, beginning: Beginning) -> None:
        """Take back one `add`."""
        _take_one(self._uses, beginning)
        _take_one(self._lengths[beginning.of], len(beginning.text))
        if not self._lengths[beginning.of]:
            del self._lengths[beginning.of]
        self._known.clear()

    def begun(self, words: set[str], values: Iterable[tuple[str, str]]) -> set[Beginning]:
        """Those that these words and values have."""
        found: set[Beginning] = set()
        if "*" in self._lengths:
            self._learn(words)
            found.update(*filter(None, map(self._known.__getitem__, words)))
        if len(self._lengths) > ("*" in self._lengths):
            for field, value in values:
                if f"{field}*" in self._lengths:
                    found.update(self._of(f"{field}*", value))
        return found

    def _learn(self, words: set[str]) -> None:
        if len(self._known) > _KEPT:
            self._known.clear()
        for word in words.difference(self._known):
            self._known[word] = tuple(self._of("*", word))

    def _of(self, of: str, text: str) -> Iterable[Beginning]:
        for length in self._lengths[of]:
            beginning = Beginning(of, text[:length])
            if length <= len(text) and beginning in self._uses:
                yield beginning


_T = TypeVar("_T")


def _take_one(counter: Counter[_T], key: _T) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
