"""Queries made to cost more than they may: refused with a sentence, or answered in few steps on any text."""

import sys
import time

import pytest
from documents import a_document, a_flag, a_grouping, a_story
from hostile_queries import COSTLY, filled, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import UserError
from streams.core import query as q
from streams.core.alerts.matching import Matching
from streams.core.alerts.percolate import Percolator
from streams.core.alerts.quoting import QUOTES
from streams.core.alerts.records import Subscription
from streams.core.index import compose
from streams.core.query import MAX_BYTES, MAX_CLAUSES, MAX_PHRASE
from streams.core.query_hits import OF_A_CLAUSE, OF_A_QUERY, hits
from streams.core.query_match import holds, prepare
from streams.core.query_parse import parse
from streams.sinks.elasticsearch.plan import plan
from streams.sinks.sqlite_plan import expression

REFUSED = {
    "long": ("a " * MAX_BYTES, "longer than 4096 bytes"),
    "many words": (" ".join("a" * (MAX_CLAUSES + 1)), "more than 200 words"),
    "many beginnings": (" OR ".join(f"{c}*" for c in "abcdefghij" * 30), "more than 200 words"),
    "many NEAR": (" OR ".join(["a NEAR b"] * 101), "more than 200 words"),
    "deep": ("(" * 2000 + "a" + ")" * 2000, "nest deeper than 50"),
    "deep negations": ("-(" * 51 + "a" + ")" * 51, "nest deeper than 50"),
    "far": ("a NEAR/99999999999 b", "NEAR reaches over at most 1000 words"),
    "chained": (" NEAR/1000 ".join("a" * 300), "NEAR joins two words"),
    "NEAR of groups": ("(a OR b) NEAR (c OR d)", "NEAR joins two words or phrases, nothing else"),
    "long phrase": (f'"{"a " * (MAX_PHRASE + 1)}"', "at most 100 words, this one 101"),
    "long phrase of characters": ("\u4eba" * 1300, "at most 100 words, this one 1300"),
    "open": ('"' + "a " * 2000, "never closed"),
    "parentheses": (")" * 4000, "missing here"),
    "backtracking": ("(a+)+$ " * 300, "no letter or digit"),
    "marks": ("\u0300" * 2000, "no letter or digit"),
    "null": ("\x00" * 100, "no letter or digit"),
    "date": ("published:>" + "9" * 4000, "no date"),
    "dates": ("published:" + "." * 4000, "no date"),
    "field": ("a" * 4000 + ":x", "There is no field a{60}:"),
    "value": ("is:" + "x" * 4000, "has to be one of lead, report, copy, press-release"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_too_much_is_refused_at_once_with_a_sentence(name):
    query, sentence = REFUSED[name]
    with pytest.raises(UserError, match=sentence) as raised:
        parse(query)
    assert str(raised.value).startswith("The query cannot be read at character ")
    assert len(str(raised.value)) < 400
    assert steps(lambda: refused(query)) < 30 * MAX_BYTES


def refused(query):
    with pytest.raises(UserError):
        parse(query)


def steps(call):
    """Calls that the interpreter made meanwhile: the same on every machine, however busy.

    Loops over a text or a query make one for each turn, what is done at once for a whole field makes one.
    """
    made = 0

    def count(_frame, event, _arg):
        nonlocal made
        made += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(before)
    return made


def a_hostile_document(text):
    """With as many flags and names as an article can have."""
    flags = tuple(a_flag("w", f"a{n}", "text", n, n + 1, text[n : n + 1]) for n in range(500))
    document = a_document(
        title="t",
        text=text,
        flags=flags,
        categories=tuple(f"{'a ' * 98}{n}" for n in range(50)),
    )
    return compose(document, a_grouping("a"), a_story())


@pytest.fixture(scope="module")
def hostile():
    """Documents with the number of tokens in their longest field, and ready to be matched."""
    made = {name: a_hostile_document(text) for name, text in texts(1_000).items()}
    return {name: (one, len(prepare(one).words["text"])) for name, one in made.items()}


@pytest.mark.parametrize("name", COSTLY)
def test_a_query_that_is_taken_is_written_and_translated_in_few_steps(name):
    query = parse(COSTLY[name])
    Percolator([("a", parse("a b"))])  # reads how rare words are, once
    for work in (str, expression, plan, q.narrow, lambda one: Percolator([("a", one)])):
        assert steps(lambda work=work: work(query)) < 20 * MAX_BYTES
    assert steps(lambda: parse(COSTLY[name])) < 20 * MAX_BYTES


def assert_bounded(text, document, length):
    """No step for a token when a query is decided; when it is quoted, the field is cut once for all clauses."""
    query = parse(text)
    ready, asked = prepare(document), Percolator([("a", query)])
    distinct = sum(len(word) for word in set().union(*ready.words.values()))
    each = 100 * MAX_CLAUSES + 10 * len(text)
    assert steps(lambda: asked.match(ready)) < each + 3 * min(distinct, 30 * length)
    assert asked.match(ready) == (["a"] if holds(query, prepare(document)) else [])
    clauses = max(1, len({*q.clauses(query)}))
    found = []
    made = steps(lambda: found.extend(hits(query, document)))
    assert made < each + 20 * length + 12 * len(found)
    assert len(found) <= min(OF_A_QUERY, clauses * OF_A_CLAUSE) + clauses
    matching = Matching([Subscription(id="a", name="a", query=text)])
    assert steps(lambda: matching.fact(document)) < 3 * each + 40 * length + 3 * clauses * QUOTES * 12


@pytest.mark.parametrize("name", COSTLY)
def test_what_is_taken_is_decided_and_quoted_in_few_steps_on_a_hostile_text(name, hostile):
    """A field cut anew for every clause took 93 seconds to quote 99 NEAR in a text of 100,000 words."""
    for document, length in hostile.values():
        assert_bounded(COSTLY[name], document, length)


WORDS = st.sampled_from(["a", "b", "aa", "人", "人人", "x", "a*", "人*", '"a a"', '"a b"*', f'"{"a " * 9}"'])
PARTS = st.one_of(
    WORDS,
    st.tuples(WORDS, st.integers(0, 1000), WORDS).map(lambda part: f"({part[0]} NEAR/{part[1]} {part[2]})"),
    st.tuples(st.sampled_from(["title", "text", "category", "term"]), st.sampled_from(["a", "a*", "b*"])).map(
        ":".join
    ),
    WORDS.map("-{}".format),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=4), st.sampled_from([" ", " OR "]), st.data())
def test_no_mixture_of_clauses_takes_more(parts, joined, data):
    query = filled(parts * MAX_CLAUSES, joined, clauses=2)
    name = data.draw(st.sampled_from(sorted(texts(1))))
    document = a_hostile_document(texts(600)[name])
    assert_bounded(query, document, len(prepare(document).words["text"]))


@pytest.mark.parametrize(
    "name", ["NEAR, one word", "NEAR, two words", "phrases of one word", "phrases that miss"]
)
def test_what_one_step_does_grows_no_faster_than_the_text(name):
    """Eight times the text may cost eight times as much; if it went by the square it would cost 64 times."""
    query = parse(COSTLY[name])

    def spent(length):
        document = a_hostile_document(texts(length)["two words" if "two" in name else "one word"])
        best = float("inf")
        for _ in range(3):
            ready, start = prepare(document), time.process_time()
            holds(query, ready)
            hits(query, document)
            best = min(best, time.process_time() - start)
        return best

    assert spent(40_000) < 24 * spent(5_000) + 0.5
