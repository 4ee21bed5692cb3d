"""Which words an article is made of, small enough to compare with every other: the test for near-duplicates.

    text ─► shingles (three words in a row) ─► sketch (the smallest hashes) ─► candidates ─► how alike

A sketch holds the smallest hashes of all shingles (bottom-k MinHash: Broder 1997; Bar-Yossef et al. 2002).
What two sketches share below the point both reach estimates how much of the shorter text stands in the
longer one, so a copy that was cut, or wrapped in another site's menus, is found as well as an edited one.
Numbers stand apart: tables, rates and puzzles repeat their words and change their numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rarity import Words

SKETCH, KEYS, NUMBERS = 64, 8, 16
"""Hashes kept: to compare by, to be found by, of numbers."""

_TELLING = 96
"""Weight that a shingle must carry for an article to be found by it: "one of the" leads to everyone."""

_M1, _M2, _M3 = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93))
_HALF = np.uint64(32)
_SOME_NUMBER = np.uint64(0x6E756D62657221)
"""All numbers count as the same word; which ones they are is kept apart."""
_DIGITS = frozenset("0123456789")
_WORDS, _CHARACTERS = 3, 5
"""Width of a shingle."""
_SHORT = 40
"""Texts of so few shingles must share most of their keys: half of them may be a site's stock phrases."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Sorted hashes as little-endian uint32 bytes."""

    sketch: bytes
    keys: bytes
    numbers: bytes
    size: int
    """How many different shingles the text has."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two texts share. Shares are between 0 and 1."""

    contained: float
    """Of the shorter text, what stands in the longer one."""
    resemblance: float
    """Jaccard similarity of their shingles."""
    ratio: float
    """Length of the shorter to the longer."""
    size: int
    """Shingles of the shorter."""
    numbers: float
    """Of the numbers of the text that has fewer, what the other has too; 1 where one has none."""


def signature_of(words: Sequence[str], known: Words, *, by_character: bool) -> Signature:
    """The signature of a text cut into folded words, or characters where the script has no spaces."""
    facts = [known[word] for word in words]
    hashes = np.array([fact[0] for fact in facts], np.uint64)
    weights = np.array([fact[2] for fact in facts], np.int32)
    digits = [at for at, word in enumerate(words) if word[0] in _DIGITS]
    numbers = {facts[at][1] for at in digits if not _is_year(words[at])}
    hashes[digits] = _SOME_NUMBER
    width = _CHARACTERS if by_character else _WORDS
    shingles, weight = _shingles(hashes, weights, min(width, max(1, len(words))))
    telling = _distinct(shingles[weight >= _TELLING])
    distinct = _distinct(shingles)
    return Signature(
        sketch=distinct[:SKETCH].tobytes(),
        keys=telling[:KEYS].tobytes(),
        numbers=np.array(sorted(numbers)[:NUMBERS], np.uint32).tobytes(),
        size=len(distinct),
    )


def _distinct(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Sorted, each once."""
    ordered = np.sort(hashes)
    if len(ordered) < 2:
        return ordered
    return np.concatenate((ordered[:1], ordered[1:][ordered[1:] != ordered[:-1]]))


def _is_year(word: str) -> bool:
    return len(word) == 4 and word[:2] in {"19", "20"}


def _shingles(
    hashes: NDArray[np.uint64], weights: NDArray[np.int32], width: int
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Hash and weight of every run of `width` words."""
    count = max(0, len(hashes) - width + 1)
    mixed = np.zeros(count, np.uint64)
    weight = np.zeros(count, np.int32)
    for at in range(width):
        mixed = (mixed ^ hashes[at : at + count]) * _M1
        mixed ^= mixed >> _HALF
        weight += weights[at : at + count]
    mixed = mixed * _M2
    mixed ^= mixed >> _HALF
    mixed = mixed * _M3
    return (mixed >> _HALF).astype(np.uint32), weight


def likeness(a: Signature, b: Signature) -> Likeness:
    """Compare two signatures; symmetric."""
    shared, of_a, of_b = _overlap(a.sketch, b.sketch, SKETCH)
    fewer = min(of_a, of_b)
    union = of_a + of_b - shared
    shared_numbers, numbers_a, numbers_b = _overlap(a.numbers, b.numbers, NUMBERS)
    fewer_numbers = min(numbers_a, numbers_b)
    return Likeness(
        contained=shared / fewer if fewer else 0.0,
        resemblance=shared / union if union else 0.0,
        ratio=min(a.size, b.size) / max(a.size, b.size, 1),
        size=min(a.size, b.size),
        numbers=shared_numbers / fewer_numbers if fewer_numbers else 1.0,
    )


def keys_meet(a: Signature, b: Signature) -> bool:
    """Whether the keys of two texts leave it possible that one stands in the other."""
    shared, of_a, of_b = _overlap(a.keys, b.keys, KEYS)
    fewer = min(of_a, of_b)
    if max(a.size, b.size) < _SHORT:
        return shared > 0.6 * fewer
    return shared >= 0.5 * fewer and shared > 0


def _overlap(a: bytes, b: bytes, limit: int) -> tuple[int, int, int]:
    """Shared hashes, and hashes of either, below the point that both sketches reach."""
    left, right = memoryview(a).cast("I").tolist(), memoryview(b).cast("I").tolist()
    shared = set(left).intersection(right)
    if len(left) == limit and (len(right) < limit or left[-1] < right[-1]):
        reach = left[-1]
    elif len(right) == limit:
        reach = right[-1]
    else:
        return len(shared), len(left), len(right)
    return sum(value <= reach for value in shared), bisect_right(left, reach), bisect_right(right, reach)
