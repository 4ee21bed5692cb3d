"""How rare a word is, from fixed tables: the weight it carries when two articles share it.

Rarity counted in the stream itself would depend on what had arrived, so it comes from wordfreq's
frequency tables (40 languages, versioned with the package). A word they do not list is taken as
rarest; in a language they do not cover, longer words are taken as rarer.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Mapping

from .text import fold_text, tokens

STOP = 5.9
"""Words used more often than this (zipf scale: log10 of uses in a billion words) say nothing of an event."""
RAREST = 3.0
"""What the table's rarest words have, and all that it does not list."""
SCALE = 32
"""Weights are whole numbers, so that sums do not depend on the order of adding: `SCALE` per unit of zipf."""

_STEM = 7
_CACHED = 50_000


def stable_hash(text: str) -> int:
    """64 bits that are the same in every process and on every machine."""
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little"
    )


class Words(dict[str, tuple[int, int, int]]):
    """What is known of each word of one language, filled as words are met.

    Maps a folded word to (hash, hash of its stem, weight); weight 0 for words too common to count.
    """

    def __init__(self, language: str) -> None:
        super().__init__()
        self._weights = _weights_of(language)
        self._english = language == "en"
        self.capitals = _Capitals(self)

    def __missing__(self, word: str) -> tuple[int, int, int]:
        if len(self) >= _CACHED:
            self.clear()
        known = self[word] = (
            stable_hash(word),
            stable_hash(self._stem(word)) & 0xFFFFFFFF,
            self.weight(word),
        )
        return known

    def weight(self, word: str) -> int:
        """Rarity of a word, in `SCALE`ths of a unit of zipf; 0 for numbers and very common words."""
        if word[0].isdigit() or (len(word) == 1 and word.isascii()):
            return 0
        if self._weights is None:
            return _weight(max(RAREST, 6.5 - 0.5 * len(word)))
        return self._weights.get(word, _OF_RAREST)

    def _stem(self, word: str) -> str:
        if self._english and len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
            word = word[:-1]
        return word[:_STEM]


class _Capitals(dict[str, tuple[int, ...]]):
    """Stems of the words in a piece of text between spaces, as written; filled as they are met."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words

    def __missing__(self, written: str) -> tuple[int, ...]:
        if len(self) >= _CACHED:
            self.clear()
        stems = self[written] = tuple(self._words[word][1] for word in tokens(fold_text(written)))
        return stems


@functools.cache
def words_of(language: str) -> Words:
    """The words of a language; loads its table at the first call."""
    return Words(language)


def _weight(zipf: float) -> int:
    return round(SCALE * max(0.0, 7.0 - zipf)) if zipf < STOP else 0


_OF_RAREST = _weight(RAREST)


def _weights_of(language: str) -> Mapping[str, int] | None:
    """Weight of each word that a table lists; None for a language without one."""
    import wordfreq

    name = {"no": "nb", "nn": "nb", "tl": "fil", "sr": "sh", "hr": "sh", "bs": "sh"}.get(language, language)
    if name not in wordfreq.available_languages("small"):
        return None
    known = wordfreq.get_frequency_dict(name, "small")
    listed = {word: frequency for word, frequency in known.items() if " " not in word}
    for kept in (wordfreq.get_frequency_dict, wordfreq.get_frequency_list):
        kept.cache_clear()  # it would hold every table twice more, 5 MB a language
    folded = fold_text(" ".join(listed)).split(" ")  # one by one it takes a third of a second
    frequencies: dict[str, float] = {}
    for word, frequency in zip(folded, listed.values(), strict=True):
        frequencies[word] = frequencies.get(word, 0.0) + frequency
    return {word: _weight(math.log10(frequency) + 9) for word, frequency in frequencies.items()}
