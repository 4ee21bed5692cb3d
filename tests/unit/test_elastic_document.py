"""What Elasticsearch is given of a document gives back the same document, and nothing its mapping lacks."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from documents import a_document, a_flag, a_grouping, a_label, a_story
from hypothesis import given
from hypothesis import strategies as st

from streams.core.index import FACETS, compose, facets, strip, terms
from streams.core.records import Evidence, Source
from streams.core.text import fold_text, tokens
from streams.sinks.elasticsearch import mapping
from streams.sinks.elasticsearch.document import (
    FIRST_MONTH,
    document_of,
    encode,
    month_of,
    splice,
    story_body,
    story_of,
)
from streams.sinks.elasticsearch.languages import ANALYZERS, stemmed_field
from streams.sinks.elasticsearch.words import beginning, term, word, words

texts = st.text(st.characters(codec="utf-8"), max_size=40)
times = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))
numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def documents(draw):
    evidence = Evidence(
        term=draw(texts), field="text", start=0, end=3, surface=draw(texts), weight=draw(numbers)
    )
    return a_document(
        "a",
        title=draw(texts),
        summary=draw(texts),
        text=draw(texts),
        source=Source(name=draw(texts), host=draw(texts), country=draw(st.none() | texts)),
        published=draw(st.none() | times),
        updated=draw(st.none() | times),
        first_seen=draw(times),
        language=draw(st.sampled_from(["en", "zh", "ja", "und", ""])),
        authors=tuple(draw(st.lists(texts, max_size=3))),
        relevance_score=draw(numbers),
        relevance_reasons=(evidence,),
        labels=tuple(a_label("domain", id_) for id_ in draw(st.lists(texts, max_size=2))),
        flags=tuple(a_flag("w", id_, "title", 0, 1, "x") for id_ in draw(st.lists(texts, max_size=2))),
        watchlists=tuple(draw(st.lists(texts, max_size=2))),
        revision=draw(st.integers(1, 2)),
    )


def whole(stored, grouping=None, story=None):
    document = compose(stored, grouping, story)
    body = splice(encode(stored), dedup=document.dedup, story_id=document.story_id, story=document.story)
    return document, msgspec.json.decode(body)


def reads(value):
    """The same value once JSON has carried it."""
    return msgspec.json.decode(msgspec.json.encode(value))


@given(documents())
def test_a_document_comes_back_bit_for_bit(stored):
    document, source = whole(stored, a_grouping("a", copy_of="b"), a_story(sources=("x", "y")))
    seen = {name: value for name, value in source.items() if name not in mapping.HIDDEN}
    assert document_of(seen) == document
    assert strip(document_of(seen)) == stored


@given(documents())
def test_facets_and_terms_are_those_of_the_other_engines(stored):
    _, source = whole(stored)
    counted = {(facet, value) for facet in FACETS for value in source["facets"].get(facet, ())}
    assert counted == {(reads(facet), reads(value)) for facet, value in set(facets(stored))}
    assert set(source["terms"]) == {term(field, value) for field, value in terms(stored)}


def names(source, properties, path=""):
    """Paths of a document that its mapping does not know."""
    for name, value in source.items():
        known = properties.get(name)
        if known is None:
            yield f"{path}{name}"
        elif "properties" in known and isinstance(value, dict):
            yield from names(value, known["properties"], f"{path}{name}.")


@pytest.mark.parametrize("language", [*ANALYZERS, "zh", "ja", "ko", "nb", "xx", "und", ""])
def test_the_mapping_knows_every_field(language):
    _, source = whole(a_document(language=language, labels=(a_label("law", "gdpr"),), text="words"))
    properties = mapping.articles(ANALYZERS)["properties"]
    assert list(names(source, properties)) == []
    assert list(source["stemmed"]) == [stemmed_field(language)]
    assert set(properties) - set(source) == set()


def test_a_story_comes_back_as_it_was():
    story = a_story(sources=("b.example", "a.example"))
    assert story_of(msgspec.json.decode(story_body(story))) == story
    assert set(msgspec.json.decode(story_body(story))) == set(mapping.stories()["properties"])


@given(st.text(max_size=300))
def test_words_are_our_tokens_whatever_the_text(text):
    cut = words(text).split(" ")
    assert [one for one in cut if one] == [word(token) for token in tokens(fold_text(text))]
    assert all(len(one.encode("utf-16-le", "surrogatepass")) // 2 <= 255 for one in cut)


@given(st.text("ab", min_size=90, max_size=400), st.text("ab", min_size=90, max_size=400))
def test_long_words_stay_apart_and_keep_their_beginning(one, other):
    assert (word(one) == word(other)) == (one == other)
    assert word(one).startswith(beginning(one[:110]))


def test_a_url_of_any_length_is_one_term_of_its_own():
    long = "https://e.example/" + "a" * 40_000
    assert len(term("url", long).encode()) < 32_766
    assert term("url", long) != term("url", long + "b")
    assert term("url", "https://e.example/a") == "url\x1fhttps://e.example/a"


@pytest.mark.parametrize(
    ("when", "month"),
    [
        (datetime(2023, 8, 1, tzinfo=UTC), "2023-08"),
        (datetime(2023, 7, 31, 23, 59, 59, 999999, tzinfo=UTC), "2023-07"),
        (datetime(2023, 8, 1, 1, tzinfo=UTC) - timedelta(hours=2), "2023-07"),
        (datetime(1, 1, 1, tzinfo=UTC), FIRST_MONTH),
        (datetime(2009, 12, 31, tzinfo=UTC), FIRST_MONTH),
        (datetime(2010, 1, 1, tzinfo=UTC), "2010-01"),
    ],
)
def test_the_month_is_that_of_utc_and_the_old_share_one(when, month):
    assert month_of(when) == month
