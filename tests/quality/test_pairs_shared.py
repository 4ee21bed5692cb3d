"""Stories of a whole real week agree with the labelled pairs of that week, whatever the order."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from real_articles import as_captured, rows, told_of, week

from streams.core.evaluate_pairs import LabelledPair, near_duplicates, same_story

pytestmark = [pytest.mark.shared, pytest.mark.slow]


def labelled_pairs(ids: dict[str, str]) -> list[LabelledPair]:
    return [
        LabelledPair(
            a=ids[row["a"]["id"]],
            b=ids[row["b"]["id"]],
            near_duplicate=bool(row["near_duplicate"]),
            same_story=bool(row["same_story"]),
            note=row.get("note", ""),
        )
        for row in rows("labels", "pairs.jsonl")
        if row["a"]["id"] in ids and row["b"]["id"] in ids
    ]


def test_pairs_end_in_one_story_when_a_reader_says_so() -> None:
    told = as_captured("W32")
    pairs = labelled_pairs(week("W32")[1])
    clear = same_story(told.groupings, [pair for pair in pairs if not pair.note])
    hard = same_story(told.groupings, pairs)
    sizes = Counter(grouping.story_id for grouping in told.groupings.values())
    print(
        f"without a note P {clear.precision:.3f} R {clear.recall:.3f}; all P {hard.precision:.3f} R {hard.recall:.3f}"
    )
    print("largest stories", sorted(sizes.values())[-5:], "stories", len(sizes))
    assert clear.precision >= 0.89
    assert clear.recall >= 0.83
    assert hard.precision >= 0.86
    assert max(sizes.values()) <= 120


def test_near_duplicates_without_a_note_are_told() -> None:
    told = as_captured("W32")
    pairs = [pair for pair in labelled_pairs(week("W32")[1]) if not pair.note]
    agreement = near_duplicates(told.groupings, pairs)
    print(f"near-duplicates P {agreement.precision:.3f} R {agreement.recall:.3f} of {agreement.there}")
    assert agreement.recall >= 0.7
    assert agreement.precision >= 0.7


def test_a_shuffled_week_in_other_batches_tells_the_same() -> None:
    articles = list(week("W32")[0].values())
    random.Random(7).shuffle(articles)
    assert told_of(articles, 2000) == as_captured("W32")
