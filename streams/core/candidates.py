"""Which pairs are worth comparing, and how strongly each pair is linked.

Candidates share two of each other's ten rarest words within the window: an exact key, so both sides
meet whichever comes first. Their links are then weighed many at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from .copies import another_issue
from .days import DAY, Days, Node
from .grouping import HOUR
from .links import compare
from .postings import pairs_sharing

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
    by_day: dict[tuple[str, int], list[Node]] = defaultdict(list)
    for node in nodes:
        by_day[node.language, node.day].append(node)
    seen: set[tuple[str, str]] = set()
    reach = -(-window // 24)
    for (language, number), fresh in sorted(by_day.items()):
        days.ensure(language, number - reach, number + reach)
        rare = [node.rare() for node in fresh]
        hashes = np.concatenate(rare)
        owner = np.repeat(np.arange(len(fresh)), [len(words) for words in rare])
        for day in days.days(language, number - reach, number + reach):
            hits, slots = day.rare.match(hashes)
            for place, slot in zip(*(a.tolist() for a in pairs_sharing(owner[hits], slots, 2)), strict=True):
                a, b = fresh[place], day.rare.holders[slot]
                if a is b or not days.alive(b) or abs(a.when - b.when) > window * HOUR:
                    continue
                pair = (a, b) if a.key < b.key else (b, a)
                name = pair[0].id, pair[1].id
                if name not in seen:
                    seen.add(name)
                    yield pair
        yield from _twins(days, fresh, window, seen)


def _twins(
    days: Days, nodes: Iterable[Node], window: int, seen: set[tuple[str, str]]
) -> Iterator[tuple[Node, Node]]:
    """Near-duplicates are candidates whatever words they share."""
    for a in nodes:
        for article_id in a.twins:
            b = days.get(article_id)
            if b is None or abs(a.when - b.when) > window * HOUR:
                continue
            pair = (a, b) if a.key < b.key else (b, a)
            if (pair[0].id, pair[1].id) not in seen:
                seen.add((pair[0].id, pair[1].id))
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
