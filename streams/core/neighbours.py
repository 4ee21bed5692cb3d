"""Why an article is in its story, told from documents instead of the story stage's memory. Pure.

    documents ─► nodes, each in the story it was put in ─► the stage's own tests ─► Explanation

Nothing is decided again: whose story is whose stands in the documents. Pairs are judged by pure tests, so
what is said of each is what the stage itself would say.
"""

from __future__ import annotations

from collections.abc import Iterable

from .candidates import pairs_of, strengths
from .copies import judge
from .days import DAY, Days, Node
from .explaining import Explanation, explain
from .grouping import HOUR, Decider, Rules
from .nodes import node_of
from .rebuild import flagged_of
from .records import Document


def explain_among(id: str, documents: Iterable[Document], rules: Rules | None = None) -> Explanation | None:  # noqa: A002
    """The nearest of these documents to the one with that id, and how each was judged; None without it.

    All that share a near-duplicate key with it within `rules.copies` hours have to be among them, and within
    `rules.window` those that share two of its rarest words and the members of their stories; more do no harm.
    """
    rules = rules or Rules()
    days = Days(_Nothing(), 0)
    decider = Decider(days, rules)
    for document in documents:
        node = _placed(document)
        days.ensure(node.language, node.day, node.day)
        days.add(node)
        decider.load(node)
    asked = days.get(id)
    if asked is None:
        return None
    _compare(days, asked, rules)
    return explain(days, decider, asked)


def _placed(document: Document) -> Node:
    node = node_of(flagged_of(document))
    node.story = document.story_id.removeprefix("s")
    return node


def _compare(days: Days, node: Node, rules: Rules) -> None:
    """Find its near-duplicates and links, as the stage did when either article came."""
    reach = rules.copies * HOUR
    days.ensure(node.language, (node.when - reach) // DAY, (node.when + reach) // DAY)
    for other in days.sharing_keys(node, reach):
        verdict = judge(node, other)
        if verdict.copy:
            node.twin(other, verdict.thousandths)
            other.twin(node, verdict.thousandths)
    pairs = list(pairs_of(days, [node], rules.window))
    for (a, b), strength in zip(pairs, strengths(pairs), strict=True):
        if strength:
            node.link(b if a is node else a, strength)


class _Nothing:
    """A story state that keeps nothing: all there is has been put into the days."""

    def load_day(self, language: str, day: int) -> Iterable[tuple[str, bytes]]:  # noqa: ARG002 - the port's
        """See StoryState."""
        return ()

    def find(self, ids: Iterable[str]) -> Iterable[tuple[str, str, int, bytes]]:  # noqa: ARG002 - the port's
        """See StoryState."""
        return ()

    def save(self, records: Iterable[tuple[str, str, int, bytes]]) -> None:
        """See StoryState."""

    def delete(self, ids: Iterable[str]) -> None:
        """See StoryState."""
