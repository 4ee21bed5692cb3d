"""How well stories and near-duplicates agree with labelled pairs: precision, recall, and what is wrong.

Pure: takes what the story stage told, and pairs a reader judged. `biowire evaluate` prints the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .records import Grouping


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPair:
    """Two articles a reader compared."""

    a: str
    b: str
    """Article ids."""
    near_duplicate: bool
    same_story: bool
    note: str = ""
    """Why it is a hard case; empty when it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Of the pairs told (found) and the pairs labelled (there), how many are the same."""

    found: int
    there: int
    both: int
    missed: tuple[LabelledPair, ...]
    wrong: tuple[LabelledPair, ...]

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 when nothing was."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found; 1 when nothing is."""
        return self.both / self.there if self.there else 1.0


def same_story(groupings: Mapping[str, Grouping], pairs: Iterable[LabelledPair]) -> Agreement:
    """Pairs whose articles ended in one story. Raises KeyError for an article that was not grouped."""
    judged = [(pair, groupings[pair.a].story_id == groupings[pair.b].story_id) for pair in pairs]
    return _agreement([(pair, told, pair.same_story) for pair, told in judged])


def near_duplicates(groupings: Mapping[str, Grouping], pairs: Iterable[LabelledPair]) -> Agreement:
    """Pairs of which one is a copy of the other, or both of a third, or which are one article."""
    judged = [(pair, bool(_roots(groupings[pair.a]) & _roots(groupings[pair.b]))) for pair in pairs]
    return _agreement([(pair, told, pair.near_duplicate) for pair, told in judged])


def _roots(grouping: Grouping) -> set[str]:
    root = grouping.near_duplicate
    return {grouping.id, root.of} if root else {grouping.id}


def _agreement(judged: list[tuple[LabelledPair, bool, bool]]) -> Agreement:
    return Agreement(
        found=sum(told for _, told, _ in judged),
        there=sum(label for _, _, label in judged),
        both=sum(told and label for _, told, label in judged),
        missed=tuple(pair for pair, told, label in judged if label and not told),
        wrong=tuple(pair for pair, told, label in judged if told and not label),
    )
