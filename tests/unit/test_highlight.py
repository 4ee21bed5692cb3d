"""Fragments around marked words, always cut from the original text."""

import pytest
from documents import a_document
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.highlight import fragments, highlight, merged
from streams.core.index import compose
from streams.core.query_parse import parse


def marked(fragment):
    return [fragment.text[start:end] for start, end in fragment.marks]


def test_the_title_is_whole_and_the_text_is_cut_around_its_words():
    text = "word " * 100 + "the iris scanner " + "word " * 100 + "and one iris more"
    document = compose(a_document(title="An iris " + "long " * 60, text=text), None, None)
    title, body = highlight(parse("iris"), document, width=20)
    assert title.fragments[0].text == document.title
    assert [fragment.text for fragment in body.fragments] == [
        "word word word word the iris scanner word word word",
        "word word word and one iris more",
    ]
    assert [marked(fragment) for fragment in body.fragments] == [["iris"], ["iris"]]
    assert (body.fragments[1].cut_before, body.fragments[1].cut_after) == (True, False)


def test_windows_that_meet_become_one_fragment():
    text = "face of a face " + "x " * 300
    (fragment,) = fragments(text, [(0, 4), (10, 14)], width=10)
    assert marked(fragment) == ["face", "face"]


def test_the_fullest_fragments_are_kept_in_the_order_of_the_text():
    text = ("a" + " " * 99) * 10
    spans = [(0, 1), (300, 301), (500, 501), (502, 503), (900, 901)]
    assert [fragment.start for fragment in fragments(text, spans, width=10, limit=2)] == [0, 490]


def test_characters_without_spaces_are_marked_as_written():
    document = compose(a_document(title="x", text="地鐵站的人臉識別閘機"), None, None)
    (body,) = highlight(parse("人脸识别"), document)
    assert marked(body.fragments[0]) == ["人臉識別"]


@pytest.mark.parametrize(
    ("spans", "joined"),
    [
        ([(0, 3), (2, 5)], [(0, 5)]),
        ([(4, 5), (0, 2), (2, 3)], [(0, 3), (4, 5)]),
        ([(0, 9), (1, 2)], [(0, 9)]),
    ],
    ids=["overlapping", "touching", "inside"],
)
def test_spans_that_overlap_or_touch_are_one(spans, joined):
    assert merged(spans) == joined


@settings(deadline=None)
@given(
    st.text("ab 人e\u0301", min_size=1, max_size=200),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=6),
    st.integers(0, 40),
)
def test_every_fragment_is_a_piece_of_the_text_with_marks_inside(text, spans, width):
    cut = fragments(text, [(min(span), max(span)) for span in spans], width=width, limit=99)
    wanted = {at for start, end in map(sorted, spans) if start < end <= len(text) for at in range(start, end)}
    shown = set()
    for fragment in cut:
        assert text[fragment.start : fragment.start + len(fragment.text)] == fragment.text
        for start, end in fragment.marks:
            assert 0 <= start < end <= len(fragment.text)
            shown.update(range(fragment.start + start, fragment.start + end))
    assert wanted <= shown
