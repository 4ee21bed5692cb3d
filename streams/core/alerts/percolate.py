"""All subscriptions against one document in one pass: saved queries, asked the other way round. Pure.

    document ─► atoms ─► queries hung on any of them ─► asked exactly ─► ids

Each query is hung on its rarest required part (`anchors`), so few are asked that do not hold; the answer
never depends on where. Method: term extraction as in Lucene's Monitor and the percolator of Elasticsearch.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from itertools import islice

from ..query import Query
from ..query_match import Prepared
from .anchors import Frequencies, Key, anchor
from .beginnings import Beginning, Beginnings
from .compiled import Atom, Sight, Test, atoms, compiled

_EVERY = 64
"""Frequencies are learnt from one document of so many, at first from more."""
_MOVED = 64
"""Queries hung up anew at such a document, at most."""


class _Asked:
    """A query, those who ask it, and where it hangs; compared by identity."""

    __slots__ = ("ids", "keys", "query", "share", "test")

    def __init__(self, query: Query) -> None:
        self.query = query
        self.test: Test = compiled(query)
        self.ids: set[str] = set()
        self.keys: frozenset[Key] = frozenset()
        self.share = 1.0


class Percolator:
    """Queries by id, matched exactly as `query_match.holds` has it. To add or remove one costs that one."""

    def __init__(self, subscriptions: Iterable[tuple[str, Query]] = ()) -> None:
        self._by_id: dict[str, _Asked] = {}
        self._by_query: dict[Query, _Asked] = {}
        self._always: set[_Asked] = set()
        self._single: dict[Atom, set[_Asked]] = {}
        self._pairs: dict[Atom, dict[Atom, set[_Asked]]] = {}
        self._beginnings = Beginnings()
        self._frequencies = Frequencies()
        self._seen = self._learn_at = 0
        for id_, query in subscriptions:
            self.add(id_, query)

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, id: str, query: Query) -> None:  # noqa: A002
        """Ask the query of every document from now on; one of the same id is replaced."""
        self.remove(id)
        asked = self._by_query.get(query)
        if asked is None:
            asked = self._by_query[query] = _Asked(query)
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
            self._take_down(asked)
            del self._by_query[asked.query]

    def match(self, prepared: Prepared) -> list[str]:
        """Ids of the queries that hold, rising."""
        present = atoms(prepared)
        if self._beginnings:
            words = set().union(*prepared.words.values())
            present |= self._beginnings.begun(words, prepared.values)
        candidates = self._candidates(present)
        sight = Sight(prepared)
        holding = [asked for asked in candidates if asked.test(present, sight)]
        self._seen += 1
        if self._seen > self._learn_at:
            self._learn(present, candidates.difference(holding))
        return sorted([id_ for asked in holding for id_ in asked.ids])

    def _candidates(self, present: set[Atom]) -> set[_Asked]:
        found = self._always.union(*filter(None, map(self._single.get, present)))
        for seconds in filter(None, map(self._pairs.get, present)):
            found.update(*map(seconds.__getitem__, seconds.keys() & present))
        return found

    def _hang(self, asked: _Asked) -> None:
        found = anchor(asked.query, self._frequencies.share)
        if found is None:
            self._always.add(asked)
            return
        asked.keys, asked.share = found.keys, found.share
        for key in found.keys:
            self._bucket(key).add(asked)
            for atom in key:
                if isinstance(atom, Beginning):
                    self._beginnings.add(atom)

    def _bucket(self, key: Key) -> set[_Asked]:
        if len(key) == 1:
            return self._single.setdefault(key[0], set())
        return self._pairs.setdefault(key[0], {}).setdefault(key[1], set())

    def _take_down(self, asked: _Asked) -> None:
        self._always.discard(asked)
        for key in asked.keys:
            bucket = self._bucket(key)
            bucket.discard(asked)
            if not bucket:
                self._drop(key)
            for atom in key:
                if isinstance(atom, Beginning):
                    self._beginnings.remove(atom)
        asked.keys = frozenset()

    def _drop(self, key: Key) -> None:
        if len(key) == 1:
            del self._single[key[0]]
            return
        del self._pairs[key[0]][key[1]]
        if not self._pairs[key[0]]:
            del self._pairs[key[0]]

    def _learn(self, present: Set[Atom], missed: Iterable[_Asked]) -> None:
        """Count a document, and hang up elsewhere some of the queries that were asked in vain."""
        self._frequencies.count(present)
        self._learn_at = self._seen + min(self._seen // 16, _EVERY)
        for asked in islice(missed, _MOVED):
            found = anchor(asked.query, self._frequencies.share)
            if found is not None and found.keys != asked.keys:
                self._take_down(asked)
                self._hang(asked)
