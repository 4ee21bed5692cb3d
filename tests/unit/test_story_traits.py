"""What the story stage keeps of an article: words, names, numbers, frames, signatures, press-release marks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from story_articles import flagged

from streams.core.links import ROW_BYTES, shared_words
from streams.core.nodes import node_of
from streams.core.rarity import words_of
from streams.core.releases import is_release
from streams.core.signature import likeness
from streams.core.story import Stories
from streams.state.memory import MemoryStoryState

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@settings(max_examples=150, deadline=None)
@given(anything, anything, st.sampled_from(["en", "zh", "und", "th", "xx", "ko"]))
def test_any_text_has_a_node_that_is_like_itself(title, text, language) -> None:
    node = node_of(flagged("a", title, text, language=language))
    assert len(node.row) == ROW_BYTES
    assert likeness(node.signature, node.signature).contained == (1.0 if node.size else 0.0)
    stories = Stories(MemoryStoryState())
    stories.put(flagged("a", title, text, language=language))
    stories.put(flagged("b", title, text, language=language, hours=3, host="two.example"))
    assert {grouping.id for grouping in stories.settle().groupings} == {"a", "b"}
    assert stories.explain("b") is not None


def test_rare_words_weigh_more_and_common_ones_nothing() -> None:
    known = words_of("en")
    assert known.weight("the") == known.weight("7") == known.weight("a") == 0
    assert 0 < known.weight("police") < known.weight("wildfire") <= known.weight("villavicencio")


def test_words_of_a_language_without_a_table_weigh_by_length() -> None:
    known = words_of("yo")
    assert 0 < known.weight("ile") < known.weight("ijoba")


@pytest.mark.parametrize(
    ("one", "two", "same_frame", "same_stamp"),
    [
        ("Rates for May 3", "Rates for May 4", True, False),
        ("Rates for May 3", "rates, for May 3", True, True),
        ("Rates", "Rates for Monday", False, False),
        ("Woordzoeker vrijdag", "Woordzoeker zaterdag", True, False),
        ("36 dead in fire", "53 dead in fire", True, False),
    ],
)
def test_the_frame_of_a_title_leaves_out_numbers_and_dates(one, two, same_frame, same_stamp) -> None:
    a, b = node_of(flagged("a", one)), node_of(flagged("b", two))
    assert (a.frame == b.frame, a.stamp == b.stamp) == (same_frame, same_stamp)


def test_inflected_words_and_numbers_written_apart_are_shared() -> None:
    a = node_of(flagged("a", "Wildfires kill 1,500 in Lahaina", "The wildfires spread."))
    b = node_of(flagged("b", "Wildfire in Lahaina killed 1500"))
    surfaces = a.surfaces.split()
    assert {"wildfires", "lahaina", "1,500"} <= {surfaces[at] for at, _ in shared_words(a.row, b.row)}


@pytest.mark.parametrize(
    ("host", "text", "release"),
    [
        ("prnewswire.com", "Anything.", True),
        ("www2.businesswire.com", "Anything.", True),
        ("one.example", "AUSTIN, Texas, May 1, 2024 (GLOBE NEWSWIRE) -- Examplix said", True),
        ("one.example", "LONDON--(BUSINESS WIRE)--Examplix said", True),
        (
            "one.example",
            "Words. " * 90 + "\nAbout Examplix\nExamplix makes readers.\nMedia Contact: Jo Doe",
            True,
        ),
        ("one.example", "Words. " * 90 + "© 2023 GlobeNewswire, Inc., via GlobeNewswire", True),
        ("one.example", "A press release by Examplix annoyed critics, who wrote about it.", False),
        ("one.example", "Business Wire was bought by an investor.", False),
        ("wire.example", "About ten people came. Contact the newsroom.", False),
    ],
)
def test_press_releases_are_told_by_the_marks_of_the_wires(host, text, release) -> None:
    assert is_release(flagged("a", "Title", text, host=host).article) is release
