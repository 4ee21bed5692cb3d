"""Queries made to cost more than they may: refused with a sentence, or answered in time on any text."""

import time

import pytest
from documents import a_document, a_grouping, a_story

from connectors.errors import UserError
from streams.core.index import compose
from streams.core.query import MAX_BYTES, MAX_CLAUSES, MAX_PHRASE
from streams.core.query_hits import hits
from streams.core.query_match import holds, prepare
from streams.core.query_parse import parse

REFUSED = {
    "long": ("a " * MAX_BYTES, "longer than 4096 bytes"),
    "many words": (" ".join("a" * (MAX_CLAUSES + 1)), "more than 200 words"),
    "many beginnings": (" OR ".join(f"{c}*" for c in "abcdefghij" * 30), "more than 200 words"),
    "deep": ("(" * 2000 + "a" + ")" * 2000, "nest deeper than 50"),
    "far": ("a NEAR/99999999999 b", "NEAR reaches over at most 1000 words"),
    "chained": (" NEAR/1000 ".join("a" * 300), "NEAR joins two words"),
    "long phrase": (f'"{"a " * (MAX_PHRASE + 1)}"', "at most 100 words, this one 101"),
    "long phrase of characters": ("\u4eba" * 1300, "at most 100 words, this one 1300"),
    "open": ('"' + "a " * 2000, "never closed"),
    "parentheses": (")" * 4000, "missing here"),
    "backtracking": ("(a+)+$ " * 300, "no letter or digit"),
    "marks": ("\u0300" * 2000, "no letter or digit"),
    "null": ("\x00" * 100, "no letter or digit"),
    "date": ("published:>" + "9" * 4000, "no date"),
}
NEARS = " AND ".join(f"(a NEAR/{1000 - number} b)" for number in range(5))
PHRASE = f'"{"a " * (MAX_PHRASE - 1)}b"'
COSTLY = {
    "long phrase": PHRASE,
    "long phrase of one word": f'"{"a " * MAX_PHRASE}"',
    "many long phrases": " OR ".join([PHRASE] * 18) + " OR a",
    "phrases near phrases": f'{PHRASE} NEAR/1000 "{"a " * MAX_PHRASE}"',
    "many beginnings": " OR ".join(f"{'a' * number}*" for number in range(1, 30)),
    "near": NEARS,
    "negations": "NOT " * 1000 + "a",
    "not a pattern": "a" * 4000 + "!",
}
TEXTS = {"one word": "a " * 5_000, "two words": "a b " * 2_500, "halves": "a " * 2_500 + "b " * 2_500, "one long word": "a" * 20_000}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_too_much_is_refused_at_once_with_a_sentence(name):
    query, sentence = REFUSED[name]
    started = time.process_time()
    with pytest.raises(UserError, match=sentence) as raised:
        parse(query)
    assert len(str(raised.value)) < 300
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", COSTLY)
def test_what_is_taken_is_answered_in_time_on_a_hostile_text(name, text):
    """Word by word, the first took more than a minute on a text of 200,000 words."""
    document = compose(a_document("a", title="t", text=TEXTS[text]), a_grouping("a"), a_story())
    query = parse(COSTLY[name])
    started = time.process_time()
    found = holds(query, prepare(document))
    spans = hits(query, document) if found else ()
    assert time.process_time() - started < 10
    assert bool(spans) or not found or name == "negations"
    assert len(spans) <= 5_000 * 200
