"""All queries against one document at once: exactly those that hold, after any edits, at bounded cost."""

import time
from dataclasses import replace

import pytest
from documents import a_document, a_flag, a_grouping, a_label
from hypothesis import given, settings
from hypothesis import strategies as st
from search_strategies import documents, queries

from streams.core import query as q
from streams.core.alerts.anchors import anchor
from streams.core.alerts.compiled import Sight, atoms, compiled
from streams.core.alerts.percolate import Percolator
from streams.core.index import compose
from streams.core.query_match import holds, prepare
from streams.core.query_parse import parse

PREPARED = prepare(
    compose(
        a_document(
            title="One two three four",
            text="Straße der İris; 地鐵站的人臉識別. Été comme hiver. Two, one: five six seven.",
            flags=(a_flag("surveillance", "iris", "text", 11, 15, "İris"),),
            watchlists=("surveillance",),
            labels=(a_label("modality", "iris"), a_label("domain", "policing")),
            authors=("Ann Example",),
        ),
        None,
        None,
    )
)

HOLDING = [
    *("one", "one four", '"two three"', "one NEAR/2 four", "four NEAR/2 one", "two NEAR/0 two"),
    *("strasse", "人脸识别", "脸", "识*", "thr*", "t*", '"two thr"*', '"one two" NEAR/0 "two three"'),
    *("title:one", "text:one", "title:thr*", 'title:"three four"', "title:(one NEAR/1 three)"),
    *("-nine", "-(nine eight)", "nine OR -eight", "-nine -eight", "one -nine", "one -(nine OR eight)"),
    *("*", "published:2023-08-01", "published:2023 one", "is:lead", "-is:copy", "one is:lead"),
    *("flag:surveillance", "term:ir*", "flag:*", "modality:iris OR modality:face", "author:exa*"),
    *(
        "(one OR nine) (four OR eight) -(ten OR eleven)",
        "(nine eight) OR (one five)",
        "one two three four five",
    ),
    *("-(-one)", "-(-one -two)", "(one -nine) OR (nine -one)", "lang:en country:gb host:daily.example"),
]
NOT_HOLDING = [
    *("nine", "one nine", '"three two"', '"four straße"', "one NEAR/1 four", "人别", "thrx*", '"two fo"*'),
    *('"two thre"', "title:thre", '"thre"', "text:iri"),
    *("title:five", "title:der", 'text:"one two"', "title:(one NEAR/9 five)", "four NEAR/0 strasse"),
    *("-one", "-(one four)", "nine OR -one", "one -four", "one -(nine OR four)", "one -tw*", "-*"),
    *("published:2023-08-02", "one published:<2023", "is:copy", "-is:lead", "flag:iris", "term:iri", "law:*"),
    *("modality:face", "author:xa*", "(one OR nine) (ten OR eleven)", "(one nine) OR (four eight)"),
]


@pytest.mark.parametrize("query", HOLDING)
def test_a_query_that_holds_is_found(query):
    assert Percolator([("q", parse(query))]).match(PREPARED) == ["q"]
    assert compiled(parse(query))(atoms(PREPARED), Sight(PREPARED))


@pytest.mark.parametrize("query", NOT_HOLDING)
def test_a_query_that_does_not_hold_is_not_found(query):
    assert Percolator([("q", parse(query))]).match(PREPARED) == []
    assert not compiled(parse(query))(atoms(PREPARED), Sight(PREPARED))


def test_all_that_hold_are_found_at_once_and_sorted():
    percolator = Percolator((query, parse(query)) for query in NOT_HOLDING + HOLDING)
    assert percolator.match(PREPARED) == sorted(HOLDING)


def test_nothing_is_found_without_queries():
    assert Percolator().match(PREPARED) == []
    empty = prepare(compose(a_document(title=""), None, None))
    assert Percolator([("all", q.Everything()), ("word", parse("one"))]).match(empty) == ["all"]


@st.composite
def prepared(draw):
    role = draw(st.sampled_from(q.ROLES))
    copy = draw(st.booleans())
    place = a_grouping(0, role=role, copy_of="other" if copy else None)
    return prepare(compose(draw(documents(0)), draw(st.sampled_from([None, place])), None))


@settings(max_examples=120, deadline=None)
@given(st.lists(queries, min_size=1, max_size=12), st.lists(prepared(), min_size=1, max_size=4))
def test_what_is_found_is_what_the_reference_matcher_finds(asked, around):
    percolator = Percolator((f"{number:02}", query) for number, query in enumerate(asked))
    for document in around:
        wanted = [f"{number:02}" for number, query in enumerate(asked) if holds(query, document)]
        assert percolator.match(document) == wanted


@settings(max_examples=120, deadline=None)
@given(queries, prepared())
def test_a_compiled_query_means_the_same(query, document):
    assert compiled(query)(atoms(document), Sight(document)) == holds(query, document)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | queries), max_size=20),
    st.lists(prepared(), min_size=1, max_size=3),
)
def test_edits_leave_what_a_new_percolator_would_have(edits, around):
    percolator = Percolator()
    kept = {}
    for name, query in edits:
        if query is None:
            percolator.remove(name)
            kept.pop(name, None)
        else:
            percolator.add(name, query)
            kept[name] = query
        for document in around:
            wanted = sorted(name for name, query in kept.items() if holds(query, document))
            assert percolator.match(document) == wanted
    assert len(percolator) == len(kept)


def test_removed_queries_leave_nothing_behind():
    percolator = Percolator((query, parse(query)) for query in NOT_HOLDING + HOLDING)
    for query in NOT_HOLDING + HOLDING:
        percolator.remove(query)
    assert (len(percolator), percolator.match(PREPARED)) == (0, [])
    assert not percolator._bytes
    assert not percolator._by_query
    assert not percolator._beginnings._lengths
    assert not percolator._beginnings._used


@pytest.mark.parametrize("gone", ["one two", "one three -nine", "on* one", "one -nine"])
def test_a_removed_query_takes_nothing_from_those_with_the_same_words(gone):
    asked = ["one two", "one three -nine", "on* one", "one -nine", "one nine", "-one", "on*"]
    percolator = Percolator((query, parse(query)) for query in asked)
    percolator.remove(gone)
    percolator.add("new", parse("one five"))
    wanted = {"one two", "one three -nine", "on* one", "one -nine", "on*", "new"} - {gone}
    assert percolator.match(PREPARED) == sorted(wanted)


def test_a_beginning_asked_for_later_is_found_in_words_seen_before():
    percolator = Percolator([("a", parse("thr*"))])
    assert percolator.match(PREPARED) == ["a"]
    percolator.add("b", parse("th* author:ex*"))
    assert percolator.match(PREPARED) == ["a", "b"]
    percolator.remove("a")
    assert percolator.match(PREPARED) == ["b"]


def test_many_subscribers_of_one_query_are_all_told():
    percolator = Percolator((f"{number:03}", parse("one -nine")) for number in range(200))
    percolator.remove("007")
    assert percolator.match(PREPARED) == [f"{number:03}" for number in range(200) if number != 7]
    assert len(percolator._by_query) == 1


@pytest.mark.parametrize(
    ("query", "wanted", "unwanted", "enough"),
    [
        ("clearview", [{"clearview"}], set(), True),
        ("clearview (face OR iris) -ads", [{"clearview"}, {"face", "iris"}], {"ads"}, True),
        ("the of", [{"the"}, {"of"}], set(), True),
        ('"facial recognition"', [{"facial"}, {"recognition"}], set(), False),
        ("biom*", [{("*", "biom")}], set(), True),
        ("title:face", [{"face"}], set(), False),
        ("(face scan) OR iris", [{"scan", "iris"}], set(), False),
        ("-face", [], {"face"}, True),
        ("-(face scan)", [], set(), False),
        ("*", [], set(), True),
        ("face OR -iris", [], set(), False),
    ],
)
def test_a_query_is_hung_on_its_rarest_conditions(query, wanted, unwanted, enough):
    found = anchor(parse(query))
    assert sorted(map(sorted, found.wanted)) == sorted(map(sorted, wanted))
    assert (found.unwanted, found.enough) == (unwanted, enough)


def nested(depth):
    return "-(a " * depth + "b" + ")" * depth


HOSTILE = {
    "every beginning": " OR ".join(f"{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz0123456789" * 5),
    "beginnings in a field": " ".join(f"text:{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz" * 7),
    "beginnings near": " ".join(f"{a}* NEAR/1000 {b}*" for a in "abcdefghij" for b in "klmnopqrst"),
    "beginnings not near": " ".join(f"-({a}* NEAR/0 {b}*)" for a in "abcdefghij" for b in "klmnopqrst"),
    "nested": nested(50),
    "words near": " OR ".join(f"w0 NEAR/1000 w{n}x" for n in range(100)),
    "beginnings of values": " OR ".join(f"author:{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz" * 7),
    "long phrases": " OR ".join(f'"{"w0 " * 8}zz{n}"' for n in range(100)),
}


def a_long_text(words):
    return " ".join(
        f"w{n % 7}" if n % 2 else f"{'abcdefghijklmnopqrst'[n // 2 % 20]}{n}" for n in range(words)
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_query_costs_little_and_no_more_than_the_document_is_long(name):
    asked = parse(HOSTILE[name])
    percolator = Percolator([("hostile", asked), ("not", q.Not(asked))])
    spent = {}
    for words in (300, 30_000):
        document = compose(a_document(text=a_long_text(words)), None, None)
        document = replace(document, authors=tuple(f"Author {n}" for n in range(words // 30)))
        ready = prepare(document)
        start = time.process_time()
        found = percolator.match(ready)
        spent[words] = time.process_time() - start
        assert found == ["hostile" if holds(asked, ready) else "not"]
    assert spent[300] < 0.5
    assert spent[30_000] < 10
