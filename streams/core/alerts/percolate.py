"""All subscriptions against one document in one pass: saved queries, asked the other way round. Pure.

    document ─► atoms ─► numbers of the choices they satisfy ─► queries with all theirs ─► exact test ─► ids

Each query has a slot of four bytes: one for each choice it is hung on (`anchors`), set when the document has
an atom of it, and one for what it rules out. One comparison over all slots says which are as they have to
be, so a query costs nothing until an atom of it turns up. This is the counting method of Yan and
García-Molina (Index structures for selective dissemination of information under the Boolean model, 1994),
with only the rarest conditions of each query counted.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import chain

import numpy as np

from ..query import Query
from ..query_match import Prepared
from .anchors import CHOICES, Anchor, anchor
from .beginnings import Beginning, Beginnings
from .compiled import Atom, Sight, Test, atoms, compiled

_WIDTH = CHOICES + 1
"""Bytes of a slot, read as one number of 32 bits; the last is for what the query rules out."""
_FREE = 255
"""In the first byte of a slot that is not in use: what no document makes it."""
_FIRST_SLOTS = 64


class _Asked:
    """A query, and those who ask it."""

    __slots__ = ("anchor", "ids", "query", "slot", "test")

    def __init__(self, query: Query, slot: int) -> None:
        self.query = query
        self.slot = slot
        self.anchor: Anchor = anchor(query)
        self.test: Test | None = None if self.anchor.enough else compiled(query)
        self.ids: set[str] = set()

    def entries(self) -> Iterable[tuple[Atom, int]]:
        """Each atom that sets a byte, and the number of the byte."""
        first = self.slot * _WIDTH
        for number, choice in enumerate(self.anchor.wanted):
            for atom in choice:
                yield atom, first + number
        for atom in self.anchor.unwanted:
            yield atom, first + CHOICES


class Percolator:
    """Queries by id, matched exactly as `query_match.holds` has it; to add or remove one costs that one.

    For one thread at a time.
    """

    def __init__(self, subscriptions: Iterable[tuple[str, Query]] = ()) -> None:
        self._by_id: dict[str, _Asked] = {}
        self._by_query: dict[Query, _Asked] = {}
        self._slots: list[_Asked | None] = []
        self._free: list[int] = []
        self._bytes: dict[Atom, array[int]] = {}
        """Which bytes an atom sets."""
        self._beginnings = Beginnings()
        self._needed = np.full((0, _WIDTH), _FREE, np.uint8)
        self._found = np.zeros((0, _WIDTH), np.uint8)
        """All zero between two documents."""
        for id_, query in subscriptions:
            self.add(id_, query)

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, id: str, query: Query) -> None:  # noqa: A002
        """Ask the query of every document from now on; one of the same id is replaced."""
        self.remove(id)
        asked = self._by_query.get(query)
        if asked is None:
            asked = self._by_query[query] = _Asked(query, self._slot())
            self._hang(asked)
        asked.ids.add(id)
        self._by_id[id] = asked

    def remove(self, id: str) -> None:  # noqa: A002
        """Ask it no more; an unknown id is ignored."""
        asked = self._by_id.pop(id, None)
        if asked is None:
            return
        asked.ids.remove(id)
        if not asked.ids:
            del self._by_query[asked.query]
            self._take_down(asked)

    def match(self, prepared: Prepared) -> list[str]:
        """Ids of the queries that hold, rising."""
        present = atoms(prepared)
        present |= self._beginnings.begun(prepared)
        sight = Sight(prepared)
        holding = [
            asked.ids
            for slot in self._complete(present)
            if (asked := self._slots[slot]) is not None and (asked.test is None or asked.test(present, sight))
        ]
        return sorted(chain.from_iterable(holding))

    def _complete(self, present: Iterable[Atom]) -> list[int]:
        """Slots whose bytes are as they have to be."""
        lists = filter(None, map(self._bytes.get, present))
        numbers = np.frombuffer(b"".join(lists), np.uint32)
        found = self._found.reshape(-1)
        found[numbers] = 1
        slots = np.flatnonzero(self._found.view(np.uint32) == self._needed.view(np.uint32))
        found[numbers] = 0
        return slots.tolist()

    def _slot(self) -> int:
        if not self._free:
            there = len(self._slots)
            more = max(_FIRST_SLOTS, there)
            self._needed = np.concatenate([self._needed, np.full((more, _WIDTH), _FREE, np.uint8)])
            self._found = np.zeros((there + more, _WIDTH), np.uint8)
            self._slots += [None] * more
            self._free += reversed(range(there, there + more))
        return self._free.pop()

    def _hang(self, asked: _Asked) -> None:
        self._slots[asked.slot] = asked
        self._needed[asked.slot] = [number < len(asked.anchor.wanted) for number in range(_WIDTH)]
        for atom, number in asked.entries():
            if atom not in self._bytes:
                self._bytes[atom] = array("I")
                if isinstance(atom, Beginning):
                    self._beginnings.add(atom)
            self._bytes[atom].append(number)

    def _take_down(self, asked: _Asked) -> None:
        for atom, number in asked.entries():
            self._bytes[atom].remove(number)
            if not self._bytes[atom]:
                del self._bytes[atom]
                if isinstance(atom, Beginning):
                    self._beginnings.remove(atom)
        self._needed[asked.slot] = _FREE
        self._slots[asked.slot] = None
        self._free.append(asked.slot)
