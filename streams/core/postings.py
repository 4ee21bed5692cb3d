"""Which articles hold a given hash: sorted arrays instead of a Python object per word and article."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Hashes = NDArray[np.uint32]
Slots = NDArray[np.uint32]


class Runs(Generic[T]):
    """Sorted runs of (hash, slot), merged as they grow: for many questions at once."""

    __slots__ = ("_fresh", "_runs", "holders")

    def __init__(self) -> None:
        self.holders: list[T] = []
        """Who holds each slot, those included that are no longer kept."""
        self._fresh: list[tuple[Hashes, int]] = []
        self._runs: list[tuple[Hashes, Slots]] = []

    def add(self, hashes: Hashes, holder: T) -> None:
        """Let `holder` be found by these hashes."""
        self._fresh.append((hashes, len(self.holders)))
        self.holders.append(holder)

    def match(self, hashes: Hashes) -> tuple[NDArray[np.int64], Slots]:
        """Every (place in `hashes`, slot) where the slot holds that hash."""
        self._settle()
        places, slots = [], []
        for run, holders in self._runs:
            low = np.searchsorted(run, hashes, "left")
            count = np.searchsorted(run, hashes, "right") - low
            total = int(count.sum())
            if not total:
                continue
            place = np.repeat(np.arange(len(hashes)), count)
            offset = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
            places.append(place)
            slots.append(holders[np.repeat(low, count) + offset])
        if not places:
            return np.zeros(0, np.int64), np.zeros(0, np.uint32)
        return np.concatenate(places), np.concatenate(slots)

    def _settle(self) -> None:
        if self._fresh:
            hashes = np.concatenate([h for h, _ in self._fresh])
            slots = np.repeat(
                np.array([s for _, s in self._fresh], np.uint32), [len(h) for h, _ in self._fresh]
            )
            self._fresh.clear()
            self._runs.append(_sorted(hashes, slots))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            last, before = self._runs.pop(), self._runs.pop()
            self._runs.append(
                _sorted(np.concatenate([before[0], last[0]]), np.concatenate([before[1], last[1]]))
            )


def _sorted(hashes: Hashes, slots: Slots) -> tuple[Hashes, Slots]:
    order = np.argsort(hashes, kind="stable")
    return hashes[order], slots[order]


class Postings(Generic[T]):
    """The same for one question at a time: one sorted array, and a dictionary of what is not yet in it.

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
        if self._recent_size > 4096 + len(self._hashes) // 12:
            self._merge()

    def dropped(self) -> None:
        """Take note that one holder is no longer kept."""
        self._dropped += 1
        if self._dropped > 2000 + len(self._holders) // 4:
            self._merge()

    def find(self, hashes: bytes) -> list[T]:
        """Everyone kept who can be found by any of these hashes, once for each."""
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
        return [holder for slot in slots if self._alive(holder := self._holders[slot])]

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


def pairs_sharing(
    places: NDArray[np.int64], slots: Iterable[int] | Slots, least: int
) -> tuple[NDArray[np.int64], Slots]:
    """Of (place, slot) hits, each pair that was hit at least `least` times."""
    both = places.astype(np.uint64) << np.uint64(32) | np.asarray(slots, np.uint64)
    pair, hits = np.unique(both, return_counts=True)
    pair = pair[hits >= least]
    return (pair >> np.uint64(32)).astype(np.int64), (pair & np.uint64(0xFFFFFFFF)).astype(np.uint32)
