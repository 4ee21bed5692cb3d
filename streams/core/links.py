"""Do two articles report the same event? Evidence from their traits, weighed by a few fixed numbers.

A pure function of the two articles, the same whichever came first: whole numbers up to the last step, no
sums whose order could matter. Many pairs are compared in one pass over arrays.

Weights: logistic regression (L2 2.0) on the 244 same-story labels without a note of one real week (2023-W32),
rounded by hand; halves tried on each other gave P 0.92, R 0.93. See tools/train_links.py.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .traits import IN_TITLE, NAME, NUMBER, WORDS

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

_CHUNK = 1500


@dataclass(frozen=True, slots=True)
class LinkWeights:
    """What each piece of evidence adds to the score; a pair with a score above 0 is linked."""

    bias: float = -1.5
    cosine: float = 0.35
    title: float = 4.8
    rarest: float = -0.5
    shared: float = 0.85
    days: float = -1.6
    same_host: float = -3.1
    numbers_differ: float = -1.6


WEIGHTS = LinkWeights()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a batch of pairs shares; one entry per pair in each array."""

    cosine: Real
    """Overlap of all words, weighted by rarity, 0 to 1."""
    title: Real
    """Share of each title that stands in the other article, geometric mean, 0 to 1."""
    rarest: Real
    """Weight of the three rarest shared words, in hundreds."""
    shared: Real
    """Square root of the weight of all shared words, in hundreds."""
    days: Real
    same_host: Real
    numbers_differ: Real
    """1 where both give numbers and none is shared."""

    def score(self, weights: LinkWeights = WEIGHTS) -> Real:
        """Evidence for (above 0) or against one event, in log-odds on the training pairs."""
        return (
            weights.bias
            + weights.cosine * self.cosine
            + weights.title * self.title
            + weights.rarest * self.rarest
            + weights.shared * self.shared
            + weights.days * self.days
            + weights.same_host * self.same_host
            + weights.numbers_differ * self.numbers_differ
        )


def pack(words: Sequence[int], weights: Sequence[int], marks: Sequence[int]) -> bytes:
    """Traits as one row of fixed length, for `compare`."""
    row = array("I", words).tobytes().ljust(4 * WORDS, b"\0"), bytes(weights).ljust(WORDS, b"\0")
    return b"".join((*row, bytes(marks).ljust(WORDS, b"\0")))


_ROW = np.dtype([("words", "<u4", WORDS), ("weights", "u1", WORDS), ("marks", "u1", WORDS)])
ROW_BYTES = _ROW.itemsize


def compare(left: Sequence[bytes], right: Sequence[bytes], days: Real, same_host: Real) -> Evidence:
    """Compare `left[n]` with `right[n]` for every n, rows as from `pack`."""
    parts = [
        _compare(
            np.frombuffer(b"".join(left[at : at + _CHUNK]), _ROW),
            np.frombuffer(b"".join(right[at : at + _CHUNK]), _ROW),
        )
        for at in range(0, len(left), _CHUNK)
    ]
    cosine, title, rarest, shared, differ = (
        np.concatenate([part[n] for part in parts]) if parts else np.zeros(0) for n in range(5)
    )
    return Evidence(cosine, title, rarest, shared, days, same_host, differ)


def _compare(a: NDArray[np.void], b: NDArray[np.void]) -> tuple[Real, Real, Real, Real, Real]:
    same = a["words"][:, :, None] == b["words"][:, None, :]
    in_b, in_a = same.any(2) & (a["words"] != 0), same.any(1) & (b["words"] != 0)
    weight_a, weight_b = a["weights"].astype(np.int64), b["weights"].astype(np.int64)
    number_a, number_b = (a["marks"] & NUMBER) != 0, (b["marks"] & NUMBER) != 0
    square_a, square_b = weight_a**2 * ~number_a, weight_b**2 * ~number_b
    title_a, title_b = square_a * (a["marks"] & IN_TITLE != 0), square_b * (b["marks"] & IN_TITLE != 0)
    common = weight_a * (in_b & ~number_a)
    cosine = (square_a * in_b).sum(1) / np.sqrt(square_a.sum(1) * square_b.sum(1) + 1.0)
    covered_a = (title_a * in_b).sum(1) / (title_a.sum(1) + 1.0)
    covered_b = (title_b * in_a).sum(1) / (title_b.sum(1) + 1.0)
    rarest = -np.partition(-common, 2, axis=1)[:, :3].sum(1)
    differ = (number_a & ~in_b).any(1) & (number_b & ~in_a).any(1) & ~(number_a & in_b).any(1)
    return (
        cosine,
        np.sqrt(covered_a * covered_b),
        rarest / 100.0,
        np.sqrt(common.sum(1) / 100.0),
        differ.astype(np.float64),
    )


def shared_words(a: bytes, b: bytes) -> list[tuple[int, int]]:
    """(column in a, marks of both together) of each shared word, rarest first."""
    left, right = memoryview(a)[: 4 * WORDS].cast("I").tolist(), memoryview(b)[: 4 * WORDS].cast("I").tolist()
    shared = set(left).intersection(right) - {0}
    marks = 5 * WORDS
    return [(at, a[marks + at] | b[marks + right.index(w)]) for at, w in enumerate(left) if w in shared]


def names_differ(a: bytes, b: bytes) -> bool:
    """Whether each of two titles has a name that the other article does not have."""
    return _has_own_name(a, b) and _has_own_name(b, a)


def _has_own_name(a: bytes, b: bytes) -> bool:
    words, others = memoryview(a)[: 4 * WORDS].cast("I"), set(memoryview(b)[: 4 * WORDS].cast("I"))
    both = IN_TITLE | NAME
    marks = a[5 * WORDS :]
    return any(mark & both == both and word not in others for word, mark in zip(words, marks, strict=True))
