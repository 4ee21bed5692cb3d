"""Which story each article belongs to, as a function of the set of articles.

Articles are taken in canonical order (when, id). A near-duplicate follows its root; any other joins the
story of earlier articles that it fits best, or starts its own. `Decider` keeps that true as articles come
and go in any order: it re-decides, in canonical order, those whose grounds changed, and no others.

How well an article fits a story: the strengths of its links into the story, added up, over a power of
the number of members in the window before it. A member without a link thus counts against joining, so a
late arrival among earlier members can only lower the fit for those it is not linked to. That is why
only its own neighbours and the story's members need another look.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from .days import DAY, Days, Node

HOUR = DAY // 24
_KEY = attrgetter("key")


@dataclass(frozen=True, slots=True)
class Rules:
    """How stories are built. Times in hours."""

    window: int = 72
    """Links reach this far, and so does the look back at a story's members."""
    span: int = 168
    """A story takes no new article this long after its first; a later development is a story of its own."""
    copies: int = 336
    """Near-duplicates are found this far apart."""
    fit: float = 0.4
    """Least fit to join a story."""
    crowd: float = 0.75
    """Power of the number of members that the strengths are divided by: 0 any link will do, 1 the average."""


class Decider:
    """Story of each loaded node, kept up to date."""

    def __init__(self, days: Days, rules: Rules) -> None:
        self._days = days
        self.rules = rules
        self._members: dict[str, list[Node]] = {}
        self._dirty: list[tuple[int, str]] = []
        self._queued: set[tuple[int, str]] = set()
        self._divisors = [1.0]
        days.on_load, days.on_drop = self.load, self.unload

    def members(self, story: str) -> list[Node]:
        """The loaded members of a story, in canonical order."""
        return self._members.get(story, [])

    def load(self, node: Node) -> None:
        """Take note of a decided node that was loaded."""
        if node.story:
            insort(self._members.setdefault(node.story, []), node, key=_KEY)

    def unload(self, node: Node) -> None:
        """Forget a node that is no longer loaded."""
        if node.story:
            members = self._members[node.story]
            del members[bisect_left(members, node.key, key=_KEY)]
            if not members:
                del self._members[node.story]

    def look_again(self, node: Node) -> None:
        """Have a node decided (again) by the next `run`."""
        key = node.key
        if key not in self._queued:
            self._queued.add(key)
            heapq.heappush(self._dirty, key)

    def forget(self, node: Node) -> None:
        """Take a node, its links still there, out of its story, and look again at whom that concerns."""
        if node.story:
            self._leave(node)

    def run(self) -> Iterable[tuple[Node, str]]:
        """Decide what must be decided, in canonical order; yields each node decided, and its story before."""
        while self._dirty:
            key = heapq.heappop(self._dirty)
            self._queued.discard(key)
            node = self._days.get(key[1])
            if node is None or node.key != key:  # removed, or put again with another time
                continue
            self._days.ensure(node.language, *self.reach(node))
            before, (after, began) = node.story, self.decide(node)
            if after != before:
                self._move(node, after, began)
            yield node, before

    def reach(self, node: Node) -> tuple[int, int]:
        """First and last day that a decision on this node may look at."""
        hours = self.rules.copies if node.twins else self.rules.window
        return (node.when - hours * HOUR) // DAY, (node.when + hours * HOUR) // DAY

    def root(self, node: Node) -> Node | None:
        """The earliest article it is a near-duplicate of, among those before it."""
        first: Node | None = None
        for article_id in node.twins:
            twin = self._days.get(article_id)
            if twin is not None and twin.key < (first or node).key:
                first = twin
        return first

    def decide(self, node: Node) -> tuple[str, int]:
        """Id of the lead of the story it belongs to (its own if it starts one), and when that began."""
        rules = self.rules
        root = self.root(node)
        if root is not None and node.when - root.began <= (rules.span + rules.copies) * HOUR:
            return root.story, root.began
        best, best_fit, best_sum = (node.id, node.when), rules.fit, 0
        strongest_first = sorted(self._strengths(node).items(), key=lambda one: (-one[1], one[0]))
        for (story, began), total in strongest_first:
            if total <= 0 or total < best_fit * 100:  # nor does any that follows: the divisor is 1 or more
                break
            if node.when - began > rules.span * HOUR:
                continue
            fit = total / 100 / self._divisor(self._crowd(node, story))
            if (fit, total) > (best_fit, best_sum):
                best, best_fit, best_sum = (story, began), fit, total
        return best

    def _strengths(self, node: Node) -> dict[tuple[str, int], int]:
        """Strengths of its links to earlier articles, added up by story."""
        strengths: dict[tuple[str, int], int] = {}
        get, when, id_ = self._days.get, node.when, node.id
        for article_id, strength in node.links.items():
            other = get(article_id)
            if other is not None and (other.when < when or (other.when == when and article_id < id_)):
                story = other.story, other.began
                strengths[story] = strengths.get(story, 0) + strength
        return strengths

    def fit(self, node: Node, story: str) -> float:
        """How well a node fits a story of earlier articles."""
        total = sum(strength for (name, _), strength in self._strengths(node).items() if name == story)
        return total / 100 / self._divisor(max(1, self._crowd(node, story)))

    def _crowd(self, node: Node, story: str) -> int:
        members = self._members.get(story, [])
        if not members:
            return 0
        since = node.when - self.rules.window * HOUR
        low = 0 if members[0].when >= since else bisect_left(members, (since, ""), key=_KEY)
        high = len(members) if members[-1].key < node.key else bisect_left(members, node.key, key=_KEY)
        return high - low

    def _divisor(self, count: int) -> float:
        while len(self._divisors) <= count:
            self._divisors.append(len(self._divisors) ** self.rules.crowd)
        return self._divisors[count]

    def _move(self, node: Node, story: str, began: int) -> None:
        if node.story:
            self._leave(node)
        node.story, node.began = story, began
        members = self._members.setdefault(story, [])
        at = bisect_left(members, node.key, key=_KEY)
        members.insert(at, node)
        self._days.mark(node)
        end = node.when + self.rules.window * HOUR
        for member in members[at + 1 :]:
            if member.when > end:
                break
            self.look_again(member)

    def _leave(self, node: Node) -> None:
        """Without it the story fits others better: everyone linked to a member near it looks again."""
        window = self.rules.window * HOUR
        members = self._members[node.story]
        del members[bisect_left(members, node.key, key=_KEY)]
        concerned = {*node.links, *node.twins}
        for member in members[bisect_left(members, (node.when - window, ""), key=_KEY) :]:
            if member.when > node.when + window:
                break
            concerned.add(member.id)
            concerned.update(member.links)
        for article_id in concerned:
            other = self._days.get(article_id)
            if other is not None and other.key > node.key:
                self.look_again(other)
        if not members:
            del self._members[node.story]
