"""How good are labels and flags? Counts against items that a person has read and labelled. Pure.

    labelled item + Flagged ─► right, extra, missed ─► precision, recall, F1 per measure

A labelled item is {"relevance": 0|1|2, "modalities": [], "domains": [], "themes": [],
"facial_recognition": 0|1|null, "detention": …, "surveillance": …, "note": "when hard"}; null: not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .records import Flagged

FLAGS = {"facial_recognition": "facial-recognition", "detention": "detention", "surveillance": "surveillance"}
"""Key of a labelled item to watchlist."""

FACETS = {"modalities": "modality", "domains": "domain", "themes": "theme"}
"""Key of a labelled item to facet."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one measure. `right`: found and labelled; `extra`: found only; `missed`: labelled only."""

    right: int = 0
    extra: int = 0
    missed: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.extra + other.extra, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 where nothing was found."""
        return self.right / (self.right + self.extra) if self.right + self.extra else 1.0

    @property
    def recall(self) -> float:
        """Share of what is labelled that was found; 1 where nothing is labelled."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = 2 * self.right + self.extra + self.missed
        return 2 * self.right / both if both else 1.0

    def as_dict(self) -> dict[str, Any]:
        """Figures for printing, rounded to four digits."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "right": self.right,
            "extra": self.extra,
            "missed": self.missed,
        }


def evaluate(results: Iterable[tuple[Mapping[str, Any], Flagged]]) -> dict[str, Score]:
    """Score per measure: relevance, each watchlist, each facet (micro) and each of its labels.

    `relevance` counts items labelled 2 against 0, with `main` as found; `relevance.mentioned` counts
    `mention` as found too. Items labelled 1 belong to neither.
    """
    scores: dict[str, Score] = {}
    for labels, flagged in results:
        for measure, score in _scores(labels, flagged):
            scores[measure] = scores.get(measure, Score()) + score
    return dict(sorted(scores.items()))


def _scores(labels: Mapping[str, Any], flagged: Flagged) -> Iterator[tuple[str, Score]]:
    relevance = flagged.classified.relevance
    if labels["relevance"] != 1:
        about = labels["relevance"] == 2
        yield "relevance", _yes_no(labelled=about, found=relevance == "main")
        yield "relevance.mentioned", _yes_no(labelled=about, found=relevance != "none")
    lists = {flag.watchlist for flag in flagged.flags}
    for key, watchlist in FLAGS.items():
        if labels.get(key) is not None:
            yield f"flag.{watchlist}", _yes_no(labelled=bool(labels[key]), found=watchlist in lists)
    for key, facet in FACETS.items():
        if key not in labels:
            continue
        wanted = set(labels[key])
        found = {label.id for label in flagged.classified.labels if label.facet == facet}
        yield facet, Score(len(wanted & found), len(found - wanted), len(wanted - found))
        for one in wanted | found:
            yield f"{facet}.{one}", _yes_no(labelled=one in wanted, found=one in found)


def _yes_no(*, labelled: bool, found: bool) -> Score:
    return Score(int(labelled and found), int(found and not labelled), int(labelled and not found))
