"""Fit the weights of streams/core/links.py to labelled pairs, and try them on pairs they were not fitted to.

    python tools/train_links.py PAIRS.jsonl WEEK.jsonl.gz

PAIRS has {"a": {"id"}, "b": {"id"}, "same_story", "note"?} per line, WEEK the items of those ids. Prints the
fitted weights, and precision and recall of the pair test on the other half over many random splits.
The weights in use were rounded by hand; nothing of the pairs but those eight numbers is kept.
"""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import astuple, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from connectors.normalize import item_from_fields, normalize
from streams.core import candidates
from streams.core.days import DAY, Node
from streams.core.links import WEIGHTS, LinkWeights, compare
from streams.core.nodes import node_of
from streams.core.records import Classified, Flagged

NOTHING = Classified(relevance="none", relevance_score=0.0, relevance_reasons=(), labels=())
NAMES = [field.name for field in fields(LinkWeights)][1:]
Matrix = NDArray[np.float64]


def nodes_by_item(week: Path) -> dict[str, Node]:
    """The node of every item of a captured week, by item id."""
    found = {}
    with gzip.open(week, "rt") as lines:
        for row in map(json.loads, lines):
            received = datetime.fromisoformat(row["capture_day"]).replace(tzinfo=UTC) + timedelta(days=1)
            article = normalize(item_from_fields(row), received)
            found[row["id"]] = node_of(Flagged(article=article, classified=NOTHING, flags=()))
    return found


def evidence_of(pairs: list[tuple[Node, Node]]) -> Matrix:
    """One row per pair, one column per weight but the bias."""
    days = np.array([abs(a.when - b.when) / DAY for a, b in pairs])
    same_host = np.array([float(a.host == b.host) for a, b in pairs])
    evidence = compare([a.row for a, _ in pairs], [b.row for _, b in pairs], days, same_host)
    return np.stack([getattr(evidence, name) for name in NAMES], axis=1)


def fit(rows: Matrix, labels: Matrix, penalty: float = 2.0, steps: int = 60) -> Matrix:
    """Logistic regression with an L2 penalty on standardized evidence, by Newton's method; bias first."""
    mean, spread = rows.mean(0), rows.std(0) + 1e-9
    scaled = np.column_stack([np.ones(len(rows)), (rows - mean) / spread])
    ridge = penalty * np.diag([0.0] + [1.0] * rows.shape[1])
    weights = np.zeros(scaled.shape[1])
    for _ in range(steps):
        odds = 1 / (1 + np.exp(-scaled @ weights))
        curvature = scaled.T @ (scaled * (odds * (1 - odds))[:, None]) + ridge
        weights -= np.linalg.solve(curvature, scaled.T @ (odds - labels) + ridge @ weights)
    plain = weights[1:] / spread
    return np.concatenate([[weights[0] - plain @ mean], plain])


def agreement(found: NDArray[np.bool_], labels: Matrix) -> tuple[float, float]:
    """Precision and recall."""
    both = float((found & (labels == 1)).sum())
    return both / max(1, int(found.sum())), both / max(1.0, float(labels.sum()))


def main(pairs_path: str, week_path: str) -> None:
    """Print fitted weights and how they do on pairs they have not seen."""
    nodes = nodes_by_item(Path(week_path))
    with Path(pairs_path).open() as lines:
        rows = [row for row in map(json.loads, lines) if "note" not in row]
    pairs = [(nodes[row["a"]["id"]], nodes[row["b"]["id"]]) for row in rows]
    evidence = evidence_of(pairs)
    labels = np.array([float(row["same_story"]) for row in rows])
    print(f"{len(rows)} pairs without a note, {int(labels.sum())} of them one story")
    for name, fitted, used in zip(["bias", *NAMES], fit(evidence, labels), astuple(WEIGHTS), strict=True):
        print(f"  {name:15} fitted {fitted:6.2f}   in use {used:6.2f}")
    chance = np.random.default_rng(0)
    unseen, in_use = [], []
    fixed = np.array(astuple(WEIGHTS))
    for _ in range(50):
        order = chance.permutation(len(labels))
        seen, other = order[: len(order) // 2], order[len(order) // 2 :]
        weights = fit(evidence[seen], labels[seen])
        score = weights[0] + evidence[other] @ weights[1:]
        unseen.append(agreement(score > candidates.THRESHOLD, labels[other]))
        score = fixed[0] + evidence[other] @ fixed[1:]
        in_use.append(agreement(score > candidates.THRESHOLD, labels[other]))
    for name, figures in (("fitted to the other half", unseen), ("weights in use", in_use)):
        (precision, recall), spread = np.mean(figures, 0), np.std(figures, 0)
        print(
            f"{name}: P {precision:.3f} ± {spread[0]:.3f}  R {recall:.3f} ± {spread[1]:.3f}, 50 random halves"
        )


if __name__ == "__main__":
    main(*sys.argv[1:3])
