"""Flags: their order, their language, their fields."""

from dataclasses import replace

from vocabulary_builders import ARTICLE, watching

from streams.core.analyze import analyze, explain
from streams.core.flag import MOST_BLOCKED, MOST_PER_TERM
from streams.core.vocabulary import Pattern

VOCABULARY = watching(
    Pattern(forms=("detention",), language="en"),
    Pattern(forms=("détention",), language="fr"),
    Pattern(forms=("haft",), language="de"),
)


def test_flags_are_sorted_by_field_and_place():
    article = replace(ARTICLE, title="Haft", summary="Haft, detention", text="detention")
    flags = analyze(article, VOCABULARY).flags
    assert [(one.field, one.start) for one in flags] == [
        ("title", 0),
        ("summary", 0),
        ("summary", 6),
        ("text", 0),
    ]


def test_one_place_is_flagged_once_in_the_language_of_the_article():
    for language in ("en", "fr"):
        flags = analyze(replace(ARTICLE, text="Détention", language=language), VOCABULARY).flags
        assert [one.language for one in flags] == [language]


def test_an_article_without_words_has_no_flags():
    assert analyze(ARTICLE, VOCABULARY).flags == ()


def test_a_word_said_without_end_is_flagged_only_so_often():
    assert len(analyze(replace(ARTICLE, text="haft " * 2000), VOCABULARY).flags) == MOST_PER_TERM
    never = watching(Pattern(forms=("haft",), requires=("polizei",)))
    assert len(explain(replace(ARTICLE, text="haft " * 2000), never)) == MOST_BLOCKED


def test_a_context_far_away_costs_no_counting_of_words():
    near = watching(Pattern(forms=("track",), requires=("people",), near=2))
    text = "track " * 30_000 + "people"
    assert len(analyze(replace(ARTICLE, text=text), near).flags) == 3
