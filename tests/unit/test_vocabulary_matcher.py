"""Where words begin and end, in every script, and quotes that always are the original's words."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vocabulary_builders import ARTICLE, watching

from streams.core.analyze import analyze, explain
from streams.core.classify import classify
from streams.core.compiled import VocabularyError, compile_vocabulary
from streams.core.flag import flag
from streams.core.forms import MOST_ALTERNATIVES, FormError, expand
from streams.core.matcher import scan
from streams.core.vocabulary import Condition, Definitions, Facet, Pattern, Term, Watchlist


def surfaces(vocabulary, text, **changes):
    article = replace(ARTICLE, text=text, **changes)
    flags = analyze(article, vocabulary).flags
    for one in flags:
        assert getattr(article, one.field)[one.start : one.end] == one.surface
    return [one.surface for one in flags]


BOUNDARIES = {
    "whole-word": ("iris", "An iris scan.", ["iris"]),
    "inside-a-word": ("iris", "Irish and kirisute.", []),
    "hyphen": ("iris", "An iris-scan and a pre-iris.", ["iris", "iris"]),
    "apostrophe": ("iris", "L'iris, d’iris, the iris's.", ["iris", "iris", "iris"]),
    "digits": ("lfr", "LFR2 and 2LFR and LFR.", ["LFR"]),
    "underscore": ("iris", "my_iris_scan", ["iris"]),
    "punctuation": ("iris", "(iris), «iris» — iris!", ["iris", "iris", "iris"]),
    "accent-in-text": ("deteni", "déténi", ["déténi"]),
    "combining-mark": ("biometrie", "biome\u0301trie", ["biome\u0301trie"]),
    "mark-after": ("caf", "cafe\u0301 caf\u0301", ["caf\u0301"]),
    "dotted-capital-i": ("iris", "İRİS taraması", ["İRİS"]),
    "sharp-s": ("strasse", "Die Straße hier", ["Straße"]),
    "full-width": ("face id", "ＦＡＣＥ ＩＤ works", ["ＦＡＣＥ ＩＤ"]),
    "zero-width": ("detention", "de\u200btention", ["de\u200btention"]),
    "soft-hyphen": ("surveillance", "sur\u00adveillance", ["sur\u00adveillance"]),
    "ligature": ("fingerprint", "ﬁngerprint", ["ﬁngerprint"]),
    "ellipsis-before": ("iris", "… … iris", ["iris"]),
    "hyphen-for-space": (
        "face scan",
        "face-scan, face\u2011scan, face  scan",
        ["face-scan", "face\u2011scan"],
    ),
    "chinese-inside": ("人脸识别", "新人脸识别系统", ["人脸识别"]),
    "traditional": ("人脸识别", "人臉識別", ["人臉識別"]),
    "latin-beside-chinese": ("ai", "用AI识别", ["AI"]),
    "hangul-particle": ("얼굴{ ,}인식", "얼굴인식을 하고 얼굴 인식이", ["얼굴인식", "얼굴 인식"]),
    "thai": ("สแกน", "การสแกนหน้า", ["สแกน"]),
    "thai-mark-goes-on": ("กา", "การ กา่", ["กา"]),
    "hindi-vowel-sign": ("पहचान", "पहचाना पहचान", ["पहचान"]),
    "arabic-clitics": ("بصمة", "والبصمة وبصمة بالبصمة", ["بصمة", "بصمة", "بصمة"]),
    "arabic-inside": ("بصمة", "سبصمة", []),
    "arabic-vowel-points": ("التعرف", "التعرّف", ["التعرّف"]),
    "open-end": ("biometri*", "Biometrics, biometrische", ["Biometrics", "biometrische"]),
    "open-start": ("*erkennung", "Gesichtserkennung Erkennungen", ["Gesichtserkennung"]),
    "braces": ("{face,facial} {id,scan}", "facial scan or face ID", ["facial scan", "face ID"]),
}


@pytest.mark.parametrize(("form", "text", "found"), BOUNDARIES.values(), ids=BOUNDARIES)
def test_words_begin_and_end_where_a_reader_says(form, text, found):
    assert surfaces(watching(Pattern(forms=(form,))), text) == found


KINDS = {
    "stem": ("gözaltı", "gözaltına alındı", ["gözaltına"]),
    "infix": ("überwach", "Massenüberwachung", ["Massenüberwachung"]),
    "abbr": ("ICE", "ICE melts ice, Ice and POLICE", ["ICE"]),
}


@pytest.mark.parametrize(("kind", "case"), KINDS.items(), ids=KINDS)
def test_a_kind_opens_words_or_looks_at_case(kind, case):
    form, text, found = case
    assert surfaces(watching(Pattern(forms=(form,), kind=kind)), text) == found


def test_an_abbreviation_is_read_in_full_width_too():
    assert surfaces(watching(Pattern(forms=("FRT",), kind="abbr")), "ＦＲＴ frt") == ["ＦＲＴ"]


CONDITIONS = {
    "required-there": ({"requires": ("face",)}, "LFR of a face", 1),
    "required-missing": ({"requires": ("face",)}, "LFR of a palm", 0),
    "required-too-far": ({"requires": ("face",), "near": 2}, "LFR one two three face", 0),
    "required-near": ({"requires": ("face",), "near": 2}, "LFR one two face", 1),
    "no-context-of-itself": ({"requires": ("lfr*",)}, "LFR", 0),
    "blocked": ({"blocks": ("bear*",)}, "bears and LFR", 0),
    "blocked-too-far": ({"blocks": ("bear*",), "blocks_near": 1}, "bears one two LFR", 1),
    "excepted": ({"excepted": ("the LFR song",)}, "the LFR song", 0),
    "excepted-elsewhere": ({"excepted": ("the LFR song",)}, "the LFR song, LFR", 1),
    "named-list": ({"requires": ("@people",)}, "LFR of a man", 1),
    "case-of-a-context": ({"requires": ("^ICE",)}, "LFR on ice", 0),
    "case-of-a-context-right": ({"requires": ("^ICE",)}, "LFR by ICE", 1),
    "other-language": ({"language": "fr", "same_language": True}, "LFR", 0),
    "same-language": ({"language": "en", "same_language": True}, "LFR", 1),
    "before-its-time": ({"valid_from": date(2024, 6, 2)}, "LFR", 0),
    "in-its-time": ({"valid_from": date(2024, 6, 1), "valid_until": date(2024, 6, 1)}, "LFR", 1),
    "after-its-time": ({"valid_until": date(2024, 5, 31)}, "LFR", 0),
}


@pytest.mark.parametrize(("changes", "text", "count"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_pattern_counts_only_under_its_conditions(changes, text, count):
    vocabulary = watching(
        Pattern(forms=("LFR",), **changes), contexts={"people": ("man", "@more"), "more": ("woman",)}
    )
    assert len(surfaces(vocabulary, text)) == count
    blocked = explain(replace(ARTICLE, text=text), vocabulary)
    assert bool(blocked) == (text.count("LFR") > count)


def test_a_context_in_another_field_counts_unless_it_must_be_near():
    anywhere = watching(Pattern(forms=("LFR",), requires=("face",)))
    near = watching(Pattern(forms=("LFR",), requires=("face",), near=50))
    assert surfaces(anywhere, "LFR", title="A face") == ["LFR"]
    assert surfaces(near, "LFR", title="A face") == []


def test_overlapping_terms_are_all_kept_and_the_same_term_once():
    longer = Term(id="live", label="l", patterns=(Pattern(forms=("live facial recognition",)),))
    both = Pattern(forms=("facial recognition", "facial recognition cameras"))
    shorter = Term(id="face", label="f", patterns=(both,))
    watchlist = Watchlist(id="w", title="w", terms=(longer, shorter))
    flags = analyze(
        replace(ARTICLE, text="live facial recognition cameras"),
        compile_vocabulary(Definitions(watchlists=(watchlist,))),
    ).flags
    assert [(one.term, one.surface) for one in flags] == [
        ("live", "live facial recognition"),
        ("face", "facial recognition cameras"),
    ]


FACE = Term(id="face", label="Face", relevance=1.0, patterns=(Pattern(forms=("face scan",), name="scan"),))
POLICE = Term(id="policing", label="Policing", patterns=(Pattern(forms=("police",)),))
FACETS = (
    Facet(id="modality", title="m", terms=(FACE,)),
    Facet(id="domain", title="d", terms=(POLICE,)),
)
LIST_CONDITIONS = {
    "all-there": (Condition(all=("modality.face",)), "LFR and a face scan", 1),
    "all-missing": (Condition(all=("modality.face", "domain.policing")), "LFR and a face scan", 0),
    "any": (Condition(any=("modality.face", "domain.policing")), "LFR by police", 1),
    "any-missing": (Condition(any=("modality.face",)), "LFR by police", 0),
    "none": (Condition(none=("domain.policing",)), "LFR by police", 0),
    "near": (Condition(all=("domain.policing",), near=2), "LFR by police", 1),
    "too-far": (Condition(all=("domain.policing",), near=2), "LFR one two three police", 0),
    "context": (Condition(all=("@place",)), "LFR in town", 1),
}


@pytest.mark.parametrize(("condition", "text", "count"), LIST_CONDITIONS.values(), ids=LIST_CONDITIONS)
def test_a_watchlist_counts_only_under_its_condition(condition, text, count):
    vocabulary = watching(
        Pattern(forms=("LFR",)), condition=condition, facets=FACETS, contexts={"place": ("town",)}
    )
    assert len(surfaces(vocabulary, text)) == count


@pytest.mark.parametrize("reference", ["modality.face", "modality.face/scan", "modality.*"])
def test_a_watchlist_includes_terms_of_a_facet(reference):
    own = Term(id="w", label="w", include=(reference,))
    definitions = Definitions(facets=FACETS, watchlists=(Watchlist(id="w", title="w", terms=(own,)),))
    flags = analyze(replace(ARTICLE, text="a face scan"), compile_vocabulary(definitions)).flags
    assert [(one.watchlist, one.term) for one in flags] == [("w", "modality.face")]


def test_scan_can_be_shared_by_classify_and_flag():
    vocabulary = watching(Pattern(forms=("LFR",)), facets=FACETS)
    article = replace(ARTICLE, title="LFR", text="A face scan by police.")
    hits = scan(article, vocabulary)
    flagged = analyze(article, vocabulary)
    assert classify(article, hits, vocabulary) == flagged.classified
    assert flag(article, hits, vocabulary) == flagged.flags


BAD = {
    "unknown-context": (Pattern(forms=("a",), requires=("@nobody",)), "no context list @nobody"),
    "star-in-the-middle": (Pattern(forms=("a* b",)), "* in its middle"),
    "nothing-in-it": (Pattern(forms=("...",)), "no letter or digit"),
    "braces": (Pattern(forms=("{a,b",)), "do not match"),
}


@pytest.mark.parametrize(("pattern", "message"), BAD.values(), ids=BAD)
def test_definitions_that_make_no_sense_are_refused_with_their_place(pattern, message):
    with pytest.raises(VocabularyError) as caught:
        watching(pattern)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.place[:3] == ("watchlist.w", "w", 0)


def test_a_context_list_cannot_contain_itself():
    with pytest.raises(VocabularyError, match="contains itself"):
        watching(Pattern(forms=("a",)), contexts={"one": ("@two",), "two": ("@one",)})


def test_an_include_of_nothing_and_a_ring_of_includes_are_refused():
    ring = Facet(
        id="f",
        title="f",
        terms=(Term(id="a", label="a", include=("f.b",)), Term(id="b", label="b", include=("f.a", "f.c"))),
    )
    with pytest.raises(VocabularyError) as caught:
        compile_vocabulary(Definitions(facets=(ring,)))
    messages = {problem.message for problem in caught.value.problems}
    assert {"f.a includes itself", "f.b includes itself", "there is no 'f.c' to include"} <= messages


def test_too_many_alternatives_are_refused():
    with pytest.raises(FormError, match=str(MOST_ALTERNATIVES)):
        expand("{a,b,c,d,e,f,g,h,i}" * 5)


def test_the_version_changes_with_anything_the_vocabulary_says():
    versions = {
        watching(Pattern(forms=("a",))).version,
        watching(Pattern(forms=("a",), weight=0.5)).version,
        watching(Pattern(forms=("a",)), contexts={"x": ("y",)}).version,
    }
    assert len(versions) == 3
    assert watching(Pattern(forms=("a",))).version == watching(Pattern(forms=("a",))).version


MIXED = watching(
    Pattern(forms=("face scan", "人脸", "얼굴", "İris", "strasse", "بصمة", "fi*", "*tion")),
    Pattern(forms=("ICE", "ＬＦＲ"), kind="abbr"),
)
ALPHABET = "face scan人臉脸얼굴İıIrisßﬁtion-’'\u00ad\u200b\u0301ICELFRＬＦＲبصمةوال…½ \n"


@given(st.text(ALPHABET, max_size=60), st.text(ALPHABET, max_size=60))
def test_a_quote_is_always_what_stands_at_its_offsets(title, text):
    article = replace(ARTICLE, title=title, text=text)
    for one in analyze(article, MIXED).flags:
        assert getattr(article, one.field)[one.start : one.end] == one.surface != ""
