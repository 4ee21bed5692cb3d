"""Which pairs are worth comparing, and how strongly each pair is linked.

Candidates share two of each other's ten rarest words within the window: an exact key, so both sides
meet whichever comes first. Their links are then weighed many at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from .copies import another_issue
from .days import DAY, Days, Node
from .grouping import HOUR
from .links import compare

SHARED = 2
"""Of their rarest words, as many must two articles share to be compared."""
APART = -500
"""Strength between two issues of one column: outweighs links to the rest of a story."""
THRESHOLD = -0.2
"""Score from which a pair is linked: in the middle of a plateau of the quality of stories."""
SURE = 2.0
"""Score above the threshold from which a link has full strength."""
OTHER_ENTITIES = -0.8
"""Added to the score when both name organisations or laws, and none in common. Set by hand."""


def pairs_of(days: Days, nodes: Iterable[Node], window: int) -> Iterator[tuple[Node, Node]]:
    """Candidate pairs (earlier, later) with at least one of `nodes`, each once. `window` in hours."""
    reach = window * HOUR
    seen: set[tuple[str, str]] = set()
    for node in sorted(nodes, key=lambda one: (one.language, one.when)):
        days.ensure(node.language, (node.when - reach) // DAY, (node.when + reach) // DAY)
        twins = [twin for id_ in node.twins if (twin := days.get(id_))]  # whatever words they share
        near = [twin for twin in twins if abs(twin.when - node.when) <= reach]
        for other in (*days.sharing_words(node, reach, SHARED), *near):
            pair = (node, other) if node.key < other.key else (other, node)
            name = pair[0].id, pair[1].id
            if name not in seen:
                seen.add(name)
                yield pair


def strengths(pairs: list[tuple[Node, Node]]) -> list[int]:
    """Strength of the link of each pair in hundredths: 0 for none, below 0 to be kept apart."""
    if not pairs:
        return []
    scores = scores_of(pairs)
    return [strength_of(a, b, score) for (a, b), score in zip(pairs, scores, strict=True)]


def scores_of(pairs: list[tuple[Node, Node]]) -> list[float]:
    """Log-odds that the two articles of each pair report one event."""
    days = np.array([abs(a.when - b.when) / DAY for a, b in pairs])
    same_host = np.array([float(a.host == b.host) for a, b in pairs])
    evidence = compare([a.row for a, _ in pairs], [b.row for _, b in pairs], days, same_host)
    scores: list[float] = evidence.score().tolist()
    return [
        score + OTHER_ENTITIES if a.entities and b.entities and not {*a.entities} & {*b.entities} else score
        for (a, b), score in zip(pairs, scores, strict=True)
    ]


def strength_of(a: Node, b: Node, score: float) -> int:
    """Strength for a score, after the rules that outweigh it."""
    if b.id in a.twins:
        return 100
    if another_issue(a, b):
        return APART
    if score <= THRESHOLD:
        return 0
    return min(100, 50 + int((score - THRESHOLD) / SURE * 50))
