"""Which articles hold a given hash: sorted arrays instead of a Python object per word and article."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Hashes = NDArray[np.uint32]
Slots = NDArray[np.uint32]


def _sorted(hashes: Hashes, slots: Slots) -> tuple[Hashes, Slots]:
    order = np.argsort(hashes, kind="stable")
    return hashes[order], slots[order]


class Postings(Generic[T]):
    """One sorted array of (hash, slot), and a dictionary of what is not yet in it.

    `alive` says whether a holder is still kept: the others are passed over, and left out at the next merge.
    """

    __slots__ = ("_alive", "_dropped", "_hashes", "_holders", "_recent", "_recent_size", "_slots")

    def __init__(self, alive: Callable[[T], bool]) -> None:
        self._alive = alive
        self._holders: list[T] = []
        self._hashes: Hashes = np.zeros(0, np.uint32)
        self._slots: Slots = np.zeros(0, np.uint32)
        self._recent: dict[int, list[int]] = {}
        self._recent_size = 0
        self._dropped = 0

    def add(self, hashes: bytes, holder: T) -> None:
        """Let `holder` be found by these hashes (uint32, in bytes)."""
        slot = len(self._holders)
        self._holders.append(holder)
        for value in memoryview(hashes).cast("I"):
            self._recent.setdefault(value, []).append(slot)
            self._recent_size += 1
        if self._recent_size > 1024 + len(self._hashes) // 12:
            self._merge()

    def dropped(self) -> None:
        """Take note that one holder is no longer kept."""
        self._dropped += 1
        if self._dropped > 2000 + len(self._holders) // 4:
            self._merge()

    def find(self, hashes: bytes) -> list[T]:
        """Everyone kept who can be found by any of these hashes, once for each."""
        return [holder for slot in self._slots_of(hashes) if self._alive(holder := self._holders[slot])]

    def sharing(self, hashes: bytes, least: int) -> list[T]:
        """Everyone kept who can be found by at least `least` of these hashes, once."""
        counted = Counter(self._slots_of(hashes))
        found = [self._holders[slot] for slot, hits in counted.items() if hits >= least]
        return [holder for holder in found if self._alive(holder)]

    def _slots_of(self, hashes: bytes) -> list[int]:
        slots: list[int] = []
        for value in memoryview(hashes).cast("I"):
            slots.extend(self._recent.get(value, ()))
        if len(self._hashes) and hashes:
            wanted = np.frombuffer(hashes, np.uint32)
            low = self._hashes.searchsorted(wanted, "left").tolist()
            high = self._hashes.searchsorted(wanted, "right").tolist()
            for start, end in zip(low, high, strict=True):
                if end > start:
                    slots.extend(self._slots[start:end].tolist())
        return slots

    def _merge(self) -> None:
        """Put the recent ones into the array, and leave out those that are no longer kept."""
        keep = np.array([self._alive(holder) for holder in self._holders], bool)
        renumbered = np.cumsum(keep, dtype=np.uint32) - 1
        hashes = np.array([h for h, slots in self._recent.items() for _ in slots], np.uint32)
        slots = np.array([s for slots in self._recent.values() for s in slots], np.uint32)
        hashes, slots = np.concatenate([self._hashes, hashes]), np.concatenate([self._slots, slots])
        kept = keep[slots]
        self._hashes, self._slots = _sorted(hashes[kept], renumbered[slots[kept]].astype(np.uint32))
        self._holders = list(itertools.compress(self._holders, keep.tolist()))
        self._recent.clear()
        self._recent_size = self._dropped = 0
