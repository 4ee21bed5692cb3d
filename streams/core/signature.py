"""Which words an article is made of, small enough to compare with every other: the test for near-duplicates.

    text ─► shingles (three words in a row) ─► sketch (the smallest hashes) ─► candidates ─► how alike

A sketch holds the smallest hashes of all shingles (bottom-k MinHash: Broder 1997; Bar-Yossef et al. 2002).
What two sketches share below the point both reach estimates how much of the shorter text stands in the
longer one, so a copy that was cut, or wrapped in another site's menus, is found as well as an edited one.
Numbers stand apart: tables, rates and puzzles repeat their words and change their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rarity import Words
from .text import CHARACTER

SKETCH, KEYS, NUMBERS = 64, 8, 16
"""Hashes kept: to compare by, to be found by, of numbers."""

_TELLING = 96
"""Weight that a shingle must carry for an article to be found by it: "one of the" leads to everyone."""

_M1, _M2, _M3 = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93))
_HALF = np.uint64(32)
_FOLDED_NUMBER = 0x6E756D62657221


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


def signature_of(words: Sequence[str], known: Words) -> Signature:
    """The signature of a text cut into folded words."""
    facts = [known[word] for word in words]
    digits = [word[0].isdigit() for word in words]
    hashes = np.array([_FOLDED_NUMBER if d else f[0] for f, d in zip(facts, digits, strict=True)], np.uint64)
    weights = np.array([f[2] for f in facts], np.int32)
    numbers = {f[1] for f, d, w in zip(facts, digits, words, strict=True) if d and not _is_year(w)}
    width = 5 if words and CHARACTER.match(words[len(words) // 2]) else 3
    shingles, weight = _shingles(hashes, weights, min(width, max(1, len(words))))
    distinct = np.unique(shingles)
    telling = np.unique(shingles[weight >= _TELLING])
    return Signature(
        sketch=distinct[:SKETCH].tobytes(),
        keys=telling[:KEYS].tobytes(),
        numbers=np.array(sorted(numbers)[:NUMBERS], np.uint32).tobytes(),
        size=len(distinct),
    )


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


def _overlap(a: bytes, b: bytes, limit: int) -> tuple[int, int, int]:
    """Shared hashes, and hashes of either, below the point that both sketches reach."""
    left, right = memoryview(a).cast("I"), memoryview(b).cast("I")
    if not left or not right:
        return 0, len(left), len(right)
    reach = min(
        left[-1] if len(left) == limit else 0xFFFFFFFF,
        right[-1] if len(right) == limit else 0xFFFFFFFF,
    )
    of_a = {h for h in left if h <= reach}
    of_b = {h for h in right if h <= reach}
    return len(of_a & of_b), len(of_a), len(of_b)
