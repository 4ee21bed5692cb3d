"""What changed between two versions: nothing lost, words whole, in every script, at a bounded cost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.word_diff import MOST, word_diff

TEXTS = st.text(alphabet="ab Ü警察ไ\u0915\u093e\n,.1", max_size=60)


def sides(found):
    """Both texts as the pieces have them."""
    before = "".join(one.text for one in found if one.kind != "added")
    after = "".join(one.text for one in found if one.kind != "gone")
    return before, after


@given(TEXTS, TEXTS)
def test_the_pieces_are_both_texts(before, after):
    assert sides(word_diff(before, after)) == (before, after)


@given(TEXTS)
def test_equal_texts_have_no_change(text):
    assert {one.kind for one in word_diff(text, text)} <= {"same"}


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("They held 3 men.", "They held 13 men.", [("gone", "3"), ("added", "13")]),
        ("on Monday", "on monday", [("gone", "Monday"), ("added", "monday")]),
        ("警察は使う", "警察も使う", [("gone", "は"), ("added", "も")]),
        ("", "new", [("added", "new")]),
        ("one two", "one", [("gone", " two")]),
    ],
    ids=["number", "capital", "script without spaces", "begun", "cut"],
)
def test_words_are_changed_whole(before, after, changed):
    found = word_diff(before, after)
    assert [(one.kind, one.text) for one in found if one.kind != "same"] == changed


def test_a_change_behind_the_bound_is_told_as_one():
    before = " ".join(f"a{number}" for number in range(MOST))
    after = " ".join(f"b{number}" for number in range(MOST))
    begun = time.process_time()
    found = word_diff(before, after)
    assert time.process_time() - begun < 5
    assert sides(found) == (before, after)
