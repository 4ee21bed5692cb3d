"""Precision, recall and F1 from counts, and what each measure counts."""

from dataclasses import replace

import pytest
from vocabulary_builders import ARTICLE, SMALL, watching

from streams.core.analyze import analyze
from streams.core.evaluate import Score, evaluate
from streams.core.vocabulary import Pattern

SCORES = {
    "nothing": (Score(), (1.0, 1.0, 1.0)),
    "all-right": (Score(2, 0, 0), (1.0, 1.0, 1.0)),
    "some": (Score(2, 2, 1), (0.5, 2 / 3, 4 / 7)),
    "none": (Score(0, 1, 1), (0.0, 0.0, 0.0)),
}


@pytest.mark.parametrize(("score", "figures"), SCORES.values(), ids=SCORES)
def test_figures_follow_from_counts(score, figures):
    assert (score.precision, score.recall, score.f1) == pytest.approx(figures)
    assert score.as_dict()["f1"] == round(figures[2], 4)


def labels(relevance, **more):
    return {"relevance": relevance, "modalities": [], "domains": [], "themes": [], **more}


def test_relevance_counts_items_labelled_two_against_zero():
    main = analyze(replace(ARTICLE, text="face scan"), SMALL)
    mention = analyze(replace(ARTICLE, text="word " * 40 + "face scan"), SMALL)
    none = analyze(replace(ARTICLE, text="word"), SMALL)
    scores = evaluate(
        [(labels(2), main), (labels(2), mention), (labels(0), mention), (labels(0), none), (labels(1), none)]
    )
    assert scores["relevance"] == Score(1, 0, 1)
    assert scores["relevance.mentioned"] == Score(2, 1, 0)


def test_labels_are_counted_together_and_one_by_one():
    flagged = analyze(replace(ARTICLE, text="face scan by police"), SMALL)
    scores = evaluate([(labels(2, modalities=["face", "iris"], domains=[]), flagged)])
    assert scores["modality"] == Score(1, 0, 1)
    assert scores["modality.iris"] == Score(0, 0, 1)
    assert scores["domain"] == scores["domain.policing"] == Score(0, 1, 0)


def test_a_flag_nobody_judged_is_left_out():
    flagged = analyze(replace(ARTICLE, text="LFR"), watching(Pattern(forms=("LFR",))))
    scores = evaluate([(labels(0, detention=None, surveillance=1), flagged)])
    assert "flag.detention" not in scores
    assert scores["flag.surveillance"] == Score(0, 0, 1)
