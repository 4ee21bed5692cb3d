"""Scores a person can add up: place, repetition, overlap, thresholds."""

from dataclasses import replace

import pytest
from vocabulary_builders import ARTICLE, SMALL

from streams.core.analyze import analyze
from streams.core.classify import BODY, DEEP, DEEP_FROM, LEAD, LEAD_TO, MAIN, MENTION, TITLE

FILLER = "word " * 40


def classified(text, **changes):
    return analyze(replace(ARTICLE, text=text, **changes), SMALL).classified


def score(total):
    return round(total / (1 + total), 4)


PLACES = {
    "title": ({"title": "face scan", "text": ""}, TITLE),
    "lead": ({"text": "face scan"}, LEAD),
    "body": ({"text": FILLER + "face scan"}, BODY),
    "deep": ({"text": "word " * (DEEP_FROM // 5 + 1) + "face scan"}, DEEP),
}


@pytest.mark.parametrize(("fields", "weight"), PLACES.values(), ids=PLACES)
def test_where_words_stand_decides_what_they_weigh(fields, weight):
    found = classified(**fields)
    assert found.relevance_score == score(weight)
    assert [reason.weight for reason in found.relevance_reasons] == [weight]


def test_the_second_mention_counts_half_and_the_third_a_third():
    text = FILLER + "face scan, face scan, face scan"
    assert len(FILLER) > LEAD_TO
    assert classified(text).relevance_score == score(1 + 1 / 2 + round(1 / 3, 4))


def test_words_inside_other_words_count_once():
    found = classified(FILLER + "a face scan, a face scan")
    assert found.relevance_score == score(1 + 1 / 2)
    assert [label.score for label in found.labels] == []
    assert [label.score for label in classified(FILLER + "face scan").labels] == [score(1)]


def test_relevance_has_two_thresholds():
    assert classified("nothing").relevance == "none"
    assert classified("sensor").relevance == "none"
    assert classified(FILLER + "face scan").relevance == "mention"
    assert classified("face scan").relevance == "main"
    assert score(0.1 * LEAD) < MENTION < score(BODY) < MAIN < score(LEAD)


def test_domains_need_an_article_about_biometrics_and_are_limited_to_the_strongest():
    assert [label.facet for label in classified("police in court").labels] == []
    found = classified("police, police and court; a face scan, face scan")
    assert [label.id for label in found.labels if label.facet == "domain"] == ["policing"]


def test_a_hit_of_a_child_is_evidence_for_its_parent_too():
    found = classified("live match, live match")
    assert {label.id for label in found.labels} == {"live", "face"}


def test_negative_evidence_takes_a_label_away():
    assert [label.id for label in classified("a bank").labels] == ["bank"]
    assert classified("a bank of the river").labels == ()


def test_terms_of_the_relevance_facet_are_no_labels():
    assert classified("sensor " * 40).labels == ()


def test_labels_come_in_order_of_facet_score_and_id():
    found = classified("face scan by police at a bank")
    keys = [(label.facet, -label.score, label.id) for label in found.labels]
    assert keys == sorted(keys)


def test_a_summary_that_the_text_repeats_counts_once():
    text = FILLER + "face scan"
    assert classified(text, summary=text).relevance_score == classified(text).relevance_score
