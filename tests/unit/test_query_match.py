"""What queries mean on one document, and the words that made them true."""

import pytest
from documents import a_document, a_flag, a_grouping, a_label
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core import query as q
from streams.core.index import compose
from streams.core.query_hits import hits
from streams.core.query_match import Positions, matches, neighbours
from streams.core.query_parse import parse
from streams.core.records import Evidence, Label


def a_whole_document(**given):
    return compose(a_document(**given), None, None)


DOCUMENT = a_whole_document(
    title="One two three four",
    text="Straße der İris; 地鐵站的人臉識別. Été comme hiver.",
    flags=(a_flag("surveillance", "iris", "text", 11, 15, "İris"),),
    watchlists=("surveillance",),
    labels=(
        Label(
            facet="modality",
            id="iris",
            score=2.0,
            reasons=(
                Evidence(term="iris", field="text", start=11, end=15, surface="İris", weight=1.0),
                Evidence(term="one", field="title", start=0, end=3, surface="One", weight=-1.0),
            ),
        ),
    ),
)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("one four", True),
        ('"two three"', True),
        ('"three two"', False),
        ('"four straße"', False),
        ("one NEAR/1 three", True),
        ("three NEAR/1 one", True),
        ("one NEAR/1 four", False),
        ("one NEAR/2 four", True),
        ("two NEAR/0 two", True),
        ('"one two" NEAR/0 "two three"', True),
        ("strasse", True),
        ("IRIS ete", True),
        ("人脸识别", True),
        ("脸识", True),
        ("人别", False),
        ("thr*", True),
        ('"two thr"*', True),
        ("-five", True),
        ("-one", False),
        ("five OR -six", True),
        ("modality:ir*", True),
        ("published:2023-08-01", True),
        ("published:2023-08-02", False),
        ("is:lead", True),
        ("is:copy", False),
    ],
)
def test_a_query_holds_or_not(query, holds):
    assert matches(parse(query), DOCUMENT) is holds


def test_a_copy_is_what_dedup_calls_one_whatever_part_it_plays():
    copy = compose(a_document("b"), a_grouping("b", role="press-release", copy_of="a"), None)
    assert matches(parse("is:copy is:press-release"), copy)
    assert not matches(parse("is:copy"), compose(a_document("b"), a_grouping("b", role="copy"), None))


@pytest.mark.parametrize(
    ("query", "pieces"),
    [
        ("two four", [("title", "two"), ("title", "four")]),
        ('"two three"', [("title", "two three")]),
        ("strasse", [("text", "Straße")]),
        ("iris", [("text", "İris")]),
        ("人脸识别", [("text", "人臉識別")]),
        ("hiv*", [("text", "hiver")]),
        ("ete", [("text", "Été")]),
        ("one NEAR/2 four", [("title", "One"), ("title", "four")]),
        ("one NEAR/1 four", []),
        ("one -two", [("title", "One")]),
        ("flag:surveillance", [("text", "İris")]),
        ("term:ir*", [("text", "İris")]),
        ("modality:iris", [("text", "İris")]),
        ("country:gb", []),
    ],
)
def test_hits_are_the_words_of_the_original_text(query, pieces):
    found = [
        (hit.field, getattr(DOCUMENT, hit.field)[hit.start : hit.end]) for hit in hits(parse(query), DOCUMENT)
    ]
    assert found == pieces


def test_each_hit_names_its_clause():
    found = hits(parse("one OR label:iris"), DOCUMENT)
    assert [(hit.field, hit.clause) for hit in found] == [("title", "one"), ("text", 'label:"iris"')]


def test_a_value_is_compared_whole_and_a_label_by_its_facet():
    document = a_whole_document(labels=(a_label("domain", "policing"),))
    assert matches(parse("label:policing domain:policing domain:pol*"), document)
    assert not matches(parse("domain:pol OR theme:policing"), document)


few = st.lists(st.sampled_from(["a", "ab", "b", "人"]), max_size=12)
sides = st.builds(
    q.Phrase,
    st.lists(st.sampled_from(["a", "ab", "b", "人"]), min_size=1, max_size=3).map(tuple),
    st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(few, sides, sides, st.integers(0, 4))
def test_phrases_and_near_stand_where_their_definition_says(words, left, right, distance):
    """Place by place and pair by pair, as nobody would do it with a long text."""

    def stands(phrase, at):
        there = words[at : at + len(phrase.tokens)]
        last = there[-1:] == [phrase.tokens[-1]] or (
            phrase.prefix and there[-1].startswith(phrase.tokens[-1])
        )
        return len(there) == len(phrase.tokens) and there[:-1] == list(phrase.tokens[:-1]) and last

    def near(one, two):
        (first, phrase), (second, _) = sorted([(one, left), (two, right)], key=lambda pair: pair[0])
        return second - first - len(phrase.tokens) <= distance

    field = Positions(words)
    lefts, rights = ([at for at in range(len(words)) if stands(one, at)] for one in (left, right))
    assert field.starts(left).tolist() == lefts
    found = [places.tolist() for places in neighbours(q.Near(left, right, distance), field)]
    assert found == [
        [one for one in lefts if any(near(one, two) for two in rights)],
        [two for two in rights if any(near(one, two) for one in lefts)],
    ]
