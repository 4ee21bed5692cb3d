"""What the story stage remembers: one node per article, loaded by language and day, within a bound of memory.

    state (port) ⇄ days ⇄ links, grouping, story

A day is loaded whole the first time anything needs it, and saved and dropped, least recently used
first, when more nodes are loaded than the bound allows. Nothing but time is decided by that.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from .postings import Postings
from .signature import Signature, keys_meet
from .traits import RARE

_KEYS_BLOCK, _RARE_BLOCK = 15, 4
"""Days whose near-duplicate keys, and whose rarest words, are found together: about the reach of a question,
so that its cost does not grow with all that is loaded."""
_MOST_DAYS = 5_000
"""Days known to be empty are forgotten past this number."""
DAY = 86_400_000_000
"""Microseconds in a day: all times here are whole microseconds since the epoch, UTC."""


class StoryState(Protocol):
    """Keeps one opaque record per article, found again by id or by language and day.

    Writes belong to the transaction of the batch being processed; what was written is read back at once.
    """

    def load_day(self, language: str, day: int) -> Iterable[tuple[str, bytes]]:
        """Every (article id, record) of that language and day (days since the epoch, UTC), any order."""

    def find(self, ids: Iterable[str]) -> Iterable[tuple[str, str, int, bytes]]:
        """(id, language, day, record) of those ids that are kept; the others are left out."""

    def save(self, records: Iterable[tuple[str, str, int, bytes]]) -> None:
        """Insert or replace (id, language, day, record)."""

    def delete(self, ids: Iterable[str]) -> None:
        """Forget these ids; unknown ones are no error."""


NONE: dict[str, int] = {}
"""What nodes without links or near-duplicates share, to save memory; never written to."""


class Node(msgspec.Struct, array_like=True, gc=False, eq=False):
    """One article as the story stage knows it. Written to the state as it stands here."""

    id: str
    when: int
    language: str
    host: str
    release: bool
    """True for a press release by its own marks."""
    entities: tuple[str, ...]
    frame: int
    stamp: int
    row: bytes
    """Traits, as `links.pack` lays them out."""
    surfaces: str
    """The rarest words of the traits as written, in the same order, parted by spaces."""
    sketch: bytes
    keys: bytes
    numbers: bytes
    size: int
    story: str = ""
    """Id of the article that leads its story; empty until decided."""
    began: int = 0
    """When that article was published."""
    told: int = 0
    """Hash of the grouping last told; 0 before."""
    told_story: int = 0
    """Hash of the story last told, on its lead."""
    links: dict[str, int] = msgspec.field(default_factory=lambda: NONE)
    """Strength of the link to each article of the same event, in hundredths; below zero keeps apart."""
    twins: dict[str, int] = msgspec.field(default_factory=lambda: NONE)
    """Near-duplicates, with how much they share in thousandths."""

    def link(self, other: Node, strength: int) -> None:
        """Note the link to another article."""
        if self.links is NONE:
            self.links = {}
        self.links[other.id] = strength

    def twin(self, other: Node, thousandths: int) -> None:
        """Note a near-duplicate."""
        if self.twins is NONE:
            self.twins = {}
        self.twins[other.id] = thousandths

    def unlink(self, other: Node) -> None:
        """Forget what was noted of another article."""
        self.links.pop(other.id, None)
        self.twins.pop(other.id, None)

    def same_as(self, other: Node) -> bool:
        """Whether the article is the same as it was, whatever has been decided about it."""
        return self.facts() == other.facts()

    def facts(self) -> tuple[object, ...]:
        """What comes from the article alone."""
        return (
            *(
                self.id,
                self.when,
                self.language,
                self.host,
                self.release,
                self.entities,
                self.frame,
                self.stamp,
            ),
            *(self.row, self.surfaces, self.sketch, self.keys, self.numbers, self.size),
        )

    @property
    def key(self) -> tuple[int, str]:
        """Canonical order."""
        return self.when, self.id

    @property
    def day(self) -> int:
        """Days since the epoch."""
        return self.when // DAY

    @property
    def signature(self) -> Signature:
        """What the near-duplicate test compares."""
        return Signature(self.sketch, self.keys, self.numbers, self.size)

    def near_keys(self) -> list[int]:
        """Hashes under which its near-duplicates are found."""
        return memoryview(self.keys).cast("I").tolist()

    def rare(self) -> NDArray[np.uint32]:
        """Hashes of its rarest words."""
        words: NDArray[np.uint32] = np.frombuffer(self.row, np.uint32, RARE)
        present: NDArray[np.uint32] = words[words != 0]
        return present


class Day:
    """The nodes of one language and day."""

    __slots__ = ("changed", "nodes", "number", "used")

    def __init__(self, number: int) -> None:
        self.number = number
        self.nodes: list[Node] = []
        self.changed: set[Node] = set()
        self.used = 0


def _nothing(node: Node) -> None:
    """Nobody asked to be told."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Node)


def _shared(node: Node) -> Node:
    """The same node with strings that other nodes hold too, held once."""
    node.id, node.story = sys.intern(node.id), sys.intern(node.story)
    node.language, node.host = sys.intern(node.language), sys.intern(node.host)
    node.links = {sys.intern(other): strength for other, strength in node.links.items()} or NONE
    node.twins = {sys.intern(other): share for other, share in node.twins.items()} or NONE
    return node


class Blocks:
    """Nodes of all languages by hashes, in blocks of some days."""

    def __init__(self, size: int, alive: Callable[[Node], bool]) -> None:
        self._size, self._alive = size, alive
        self._blocks: dict[tuple[str, int], Postings[Node]] = {}

    def _place(self, node: Node) -> tuple[str, int]:
        return node.language, node.day // self._size

    def add(self, hashes: bytes, node: Node) -> None:
        """Let a node be found by these hashes."""
        self._blocks.setdefault(self._place(node), Postings(self._alive)).add(hashes, node)

    def dropped(self, node: Node) -> None:
        """Take note that a node is no longer kept."""
        self._blocks[self._place(node)].dropped()

    def keep(self, days: Iterable[tuple[str, int]]) -> None:
        """Forget the blocks in which none of these (language, day) lies."""
        used = {(language, number // self._size) for language, number in days}
        for block in self._blocks.keys() - used:
            del self._blocks[block]

    def near(self, node: Node, reach: int) -> Iterator[Postings[Node]]:
        """The blocks that hold what is within `reach` in time of a node."""
        first, last = ((node.when + by) // DAY // self._size for by in (-reach, reach))
        for block in range(first, last + 1):
            postings = self._blocks.get((node.language, block))
            if postings is not None:
                yield postings


class Days:
    """Loaded days of all languages; keeps at most `bound` nodes loaded, as far as the work at hand allows."""

    def __init__(self, state: StoryState, bound: int) -> None:
        self._state = state
        self._bound = bound
        self._days: dict[tuple[str, int], Day] = {}
        self._nodes: dict[str, Node] = {}
        self._changed: set[Day] = set()
        self._keys = Blocks(_KEYS_BLOCK, self.alive)
        self._rare = Blocks(_RARE_BLOCK, self.alive)
        self._tick = 0
        self._last = ("", 0, 0)
        self.get: Callable[[str], Node | None] = self._nodes.get
        """The node of an article on a loaded day. Asked for every link of every article that is decided."""
        self.on_load: Callable[[Node], None] = _nothing
        self.on_drop: Callable[[Node], None] = _nothing

    def ensure(self, language: str, first: int, last: int) -> None:
        """Have days `first` to `last` loaded, and count them as just used."""
        known, since, until = self._last
        if known == language and since <= first and last <= until:
            return
        self._last = language, first, last
        self._tick += 1
        for number in range(first, last + 1):
            day = self._days.get((language, number))
            if day is None:
                day = self._days[language, number] = self._load(language, number)
            day.used = self._tick

    def _load(self, language: str, number: int) -> Day:
        day = Day(number)
        for _, record in self._state.load_day(language, number):
            node = _shared(_decoder.decode(record))
            self._place(day, node)
            self.on_load(node)
        return day

    def _place(self, day: Day, node: Node) -> None:
        self._nodes[node.id] = node
        day.nodes.append(node)
        self._keys.add(node.keys, node)
        self._rare.add(node.rare().tobytes(), node)

    def add(self, node: Node) -> None:
        """Take in a new node; its day must be loaded."""
        node.language, node.host = sys.intern(node.language), sys.intern(node.host)
        self._place(self._days[node.language, node.day], node)
        self.mark(node)

    def discard(self, node: Node) -> None:
        """Forget a node here and in the state."""
        day = self._days[node.language, node.day]
        del self._nodes[node.id]
        day.nodes.remove(node)
        day.changed.discard(node)
        self._keys.dropped(node)
        self._rare.dropped(node)
        self._state.delete([node.id])

    def mark(self, node: Node) -> None:
        """Note that a node changed and must be saved."""
        day = self._days[node.language, node.day]
        day.changed.add(node)
        self._changed.add(day)

    def find(self, article_id: str) -> Node | None:
        """The node of an article wherever it is; loads its day."""
        node = self._nodes.get(article_id)
        if node is None:
            for _, language, number, _ in self._state.find([article_id]):
                self.ensure(language, number, number)
                node = self._nodes.get(article_id)
        return node

    def alive(self, node: Node) -> bool:
        """Whether a node is still the one loaded for its article."""
        return self._nodes.get(node.id) is node

    def sharing_keys(self, node: Node, reach: int) -> list[Node]:
        """Nodes within `reach` in time that share enough near-duplicate keys to be worth a closer look."""
        signature = node.signature
        return [
            other
            for other, shared in Counter(self._meeting(node, reach)).items()
            if shared > 5 or keys_meet(signature, other.signature)
        ]

    def sharing_any_key(self, node: Node, reach: int) -> list[Node]:
        """Nodes within `reach` in time that share at least one near-duplicate key with this one."""
        return list(set(self._meeting(node, reach)))

    def sharing_words(self, node: Node, reach: int, least: int) -> list[Node]:
        """Nodes within `reach` in time that share at least `least` of their rarest words with this one."""
        rare = node.rare().tobytes()
        return [
            other
            for postings in self._rare.near(node, reach)
            for other in postings.sharing(rare, least)
            if other is not node and abs(other.when - node.when) <= reach
        ]

    def _meeting(self, node: Node, reach: int) -> Iterator[Node]:
        """Every other node within reach, once for each key it shares; its days must be loaded."""
        for postings in self._keys.near(node, reach):
            for other in postings.find(node.keys):
                if other is not node and abs(other.when - node.when) <= reach:
                    yield other

    def save(self) -> None:
        """Write what changed."""
        changed = sorted((node for day in self._changed for node in day.changed), key=lambda node: node.id)
        self._state.save((node.id, node.language, node.day, _encoder.encode(node)) for node in changed)
        for day in self._changed:
            day.changed.clear()
        self._changed.clear()

    def shrink(self) -> None:
        """Drop the least recently used days without changes until the bound is kept."""
        excess = len(self._nodes) - self._bound
        if excess <= 0 and len(self._days) < _MOST_DAYS:
            return
        self._last = ("", 0, 0)
        for (language, number), day in sorted(self._days.items(), key=lambda item: item[1].used):
            if day.changed or (excess <= 0 and day.nodes) or day.used == self._tick:
                continue
            del self._days[language, number]
            excess -= len(day.nodes)
            for node in day.nodes:
                del self._nodes[node.id]
                self._keys.dropped(node)
                self._rare.dropped(node)
                self.on_drop(node)
        used = [place for place, day in self._days.items() if day.nodes]
        self._keys.keep(used)
        self._rare.keep(used)
