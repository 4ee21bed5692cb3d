"""What is kept of an article, and the document it becomes with its place among the others."""

import msgspec
import pytest
from documents import a_document, a_flag, a_grouping, a_label, a_story, an_id

from streams.core.index import Stored, compose, facets, normal, strip, terms
from streams.core.records import Source


def test_an_article_not_grouped_yet_is_a_story_of_its_own():
    document = compose(a_document("a"), None, None)
    assert (document.story_id, document.story.lead, document.story.size) == (an_id("a"), an_id("a"), 1)
    assert (document.story.role, document.dedup.outcome, document.dedup.of) == ("lead", "new", None)


def test_a_copy_names_its_root_with_the_reason():
    document = compose(a_document("b", revision=3), a_grouping("b", copy_of="a"), a_story(size=4))
    assert (document.dedup.outcome, document.dedup.of) == ("near_duplicate", an_id("a"))
    assert document.dedup.reason == "Nine words of ten are the same."
    assert (document.story_id, document.story.size, document.story.reason) == ("s1", 4, "Same event.")


def test_changed_words_are_a_revision():
    dedup = compose(a_document(revision=3), None, None).dedup
    assert (dedup.outcome, dedup.of) == ("revision", None)
    assert "version 3" in dedup.reason


def test_what_is_stored_survives_json_and_a_round_trip_through_the_document():
    stored = a_document(
        "a",
        flags=(a_flag("w", "t", "title", 0, 5, "Title"),),
        labels=(a_label("law", "gdpr"),),
        published=None,
    )
    assert msgspec.json.decode(msgspec.json.encode(stored), type=Stored) == stored
    assert strip(compose(stored, a_grouping("a", copy_of="b"), a_story())) == stored
    assert stored.when == stored.first_seen


@pytest.mark.parametrize(
    ("field", "value", "compared"),
    [
        ("source", "  Die \u201eÜbung\u201c  heute ", "die ubung heute"),
        ("source", "x" * 300, "x" * 200),
        ("category", 'Say "cheese"', "say cheese"),
        ("url", " https://A.example/Path ", "https://A.example/Path"),
        ("country", "DE", "de"),
    ],
)
def test_values_are_compared_folded_and_addresses_as_they_are(field, value, compared):
    assert normal(field, value) == compared
    assert normal(field, normal(field, value)) == normal(field, value)


def test_terms_hold_each_way_to_ask_for_a_value_and_no_empty_one():
    document = a_document(
        source=Source(name="The Example Post", host="post.example"),
        labels=(a_label("domain", "policing"),),
        authors=("Jane Doe", ""),
    )
    found = terms(document)
    assert {("source", "the example post"), ("source", "post"), ("source", "post.example")} <= found
    assert {("label", "policing"), ("domain", "policing"), ("author", "jane doe"), ("author", "doe")} <= found
    assert not {field for field, _ in found} & {"country", "kind", "perspective", "flag", "term"}
    assert all(value for _, value in found)


def test_facets_show_values_as_written():
    counted = set(facets(a_document(watchlists=("detention",), labels=(a_label("law", "gdpr"),))))
    assert {
        ("source", "Daily Example"),
        ("country", "GB"),
        ("watchlist", "detention"),
        ("law", "gdpr"),
    } <= counted
