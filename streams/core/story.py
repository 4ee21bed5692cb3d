"""Near-duplicates and stories, as a function of the set of articles: the last stateful stage of the path.

    flagged ─► node ─► near-duplicates (at once) ─► links ─► grouping ─► changes (when settled)

`put` any number of articles in any order, then `settle`. What is told in the end is the same for every
order and every cut into batches: pairs are judged by pure tests, candidates for them come from exact
keys, windows are cut by publication, and stories follow from the links in canonical order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from . import candidates
from .copies import judge
from .days import DAY, Days, Node, StoryState
from .explaining import Explanation, explain
from .grouping import HOUR, Decider, Rules
from .nodes import node_of
from .records import Flagged, Grouping, Match, Story
from .telling import Teller


@dataclass(frozen=True, slots=True)
class StorySettings:
    """What may be set. The rules change results; the bound only speed and memory."""

    rules: Rules = field(default_factory=Rules)
    loaded: int = 50_000
    """Articles kept in memory, as far as the window allows; the rest stay on disk."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What the puts and removals since the last settle changed, and nothing else."""

    groupings: tuple[Grouping, ...]
    stories: tuple[Story, ...]
    gone: tuple[str, ...]
    """Ids of stories that no longer exist."""


class Stories:
    """The story stage. One writer; all memory is in `state`."""

    def __init__(self, state: StoryState, *, settings: StorySettings | None = None) -> None:
        self._settings = settings or StorySettings()
        self._rules = self._settings.rules
        self._days = Days(state, self._settings.loaded)
        self._decider = Decider(self._days, self._rules)
        self._fresh: dict[str, Node] = {}
        self._teller = Teller(self._days, self._decider)
        self._touched: set[str] = set()
        self._stirred: set[str] = set()
        self._gone: set[str] = set()

    def put(self, flagged: Flagged) -> tuple[Match, ...]:
        """Insert an article, or replace it; returns its near-duplicates among those known, best first."""
        return self.put_node(node_of(flagged))

    def put_node(self, node: Node) -> tuple[Match, ...]:
        """The same for an article whose node was made elsewhere."""
        known = self._days.find(node.id)
        if known is not None and known.same_as(node):
            return self._teller.copies_of(known)
        if known is not None:
            self._detach(known)
            node.told, node.told_story = known.told, known.told_story
        self._attach(node)
        self._days.shrink()
        return self._teller.copies_of(node)

    def remove(self, id: str) -> None:  # noqa: A002 - the field's word
        """Forget an article that turned out to be a sighting of a different one; unknown ids are no error."""
        node = self._days.find(id)
        if node is not None:
            self._detach(node)
            if node.told_story:
                self._gone.add(node.id)

    def settle(self) -> Changes:
        """Decide what changed since the last time, save it, and tell it, in canonical order."""
        changes = self.decide()
        self.save()
        return changes

    def decide(self) -> Changes:
        """The same without saving: for many decisions between two saves."""
        self._link(list(self._fresh.values()))
        self._fresh.clear()
        for node, before in self._decider.run():
            self._touched.add(node.id)
            self._stirred.update((before, node.story))
        changes = self._tell()
        self._touched.clear()
        self._stirred.clear()
        return changes

    def save(self) -> None:
        """Write what changed since the last time into the state."""
        self._days.save()
        self._teller.saved()
        self._days.shrink()

    def explain(self, id: str) -> Explanation | None:  # noqa: A002 - the field's word
        """The nearest articles, and the test that each passed or failed; None for an id that is not kept."""
        node = self._days.find(id)
        return None if node is None else explain(self._days, self._decider, node)

    def _attach(self, node: Node) -> None:
        """Take in a node and find its near-duplicates."""
        days, reach = self._days, self._rules.copies * HOUR
        days.ensure(node.language, (node.when - reach) // DAY, (node.when + reach) // DAY)
        days.add(node)
        for other in days.sharing_keys(node, reach):
            verdict = judge(node, other)
            if verdict.copy:
                node.twin(other, verdict.thousandths)
                other.twin(node, verdict.thousandths)
                days.mark(other)
                self._decider.look_again(max(node, other, key=lambda n: n.key))
        self._decider.look_again(node)
        self._fresh[node.id] = node

    def _detach(self, node: Node) -> None:
        """Take out a node and every trace of it."""
        self._days.ensure(node.language, *self._decider.reach(node))
        self._stirred.add(node.story)
        self._decider.forget(node)
        for article_id in {*node.links, *node.twins}:
            other = self._days.get(article_id)
            if other is not None:
                other.unlink(node)
                self._days.mark(other)
        self._days.discard(node)
        self._fresh.pop(node.id, None)

    def _link(self, nodes: list[Node]) -> None:
        """Find and weigh the links of new nodes."""
        window = self._rules.window
        pairs = list(candidates.pairs_of(self._days, nodes, window))
        for (a, b), strength in zip(pairs, candidates.strengths(pairs), strict=True):
            if strength:
                a.link(b, strength)
                b.link(a, strength)
                self._days.mark(a)
                self._days.mark(b)
                self._decider.look_again(b)

    def _tell(self) -> Changes:
        """What changed of what was told before."""
        groupings = [g for article_id in self._touched if (g := self._teller.grouping(article_id))]
        self._stirred.discard("")
        stories = [s for article_id in self._stirred if (s := self._teller.story(article_id))]
        gone = self._gone.union(
            article_id for article_id in self._stirred if self._teller.retract(article_id)
        )
        self._gone = set()
        return Changes(
            groupings=tuple(sorted(groupings, key=lambda g: g.id)),
            stories=tuple(sorted(stories, key=lambda s: s.id)),
            gone=tuple(sorted(f"s{article_id}" for article_id in gone if not self._teller.leads(article_id))),
        )
