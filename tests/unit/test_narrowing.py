"""A query narrowed by a value and widened again: it means what it should, and stays as it was typed."""

import pytest
from hypothesis import given
from search_strategies import queries

from streams.core.narrowing import chosen, clause, holds, narrowed, without
from streams.core.query import Everything, Not, Value, both
from streams.core.query_parse import parse


@pytest.mark.parametrize(
    ("text", "field", "value", "wanted"),
    [
        ("", "theme", "privacy", "theme:privacy"),
        ("*", "theme", "privacy", "theme:privacy"),
        ("face  recog*", "theme", "privacy", "face  recog* theme:privacy"),
        ("face", "source", "The Guardian", 'face source:"The Guardian"'),
        ("face", "source", 'The "Daily" Dog', 'face source:"The Daily Dog"'),
        ("face OR iris", "theme", "privacy", '(face OR iris) theme:"privacy"'),
    ],
)
def test_a_value_is_added_to_what_was_typed(text, field, value, wanted):
    assert narrowed(text, field, value) == wanted


@pytest.mark.parametrize(
    ("text", "part", "wanted"),
    [
        ("face theme:privacy", "theme:privacy", "face"),
        ('source:"The Guardian"  "face recog"*', 'source:"The Guardian"', '"face recog"*'),
        ("theme:privacy", "theme:privacy", "*"),
        ("face -country:GB police", "-country:GB", "face police"),
    ],
)
def test_a_part_is_taken_out_of_what_was_typed(text, part, wanted):
    assert without(text, parse(part)) == wanted


def test_only_values_of_facets_that_have_to_hold_are_chosen():
    query = parse("face theme:privacy -country:GB (theme:children OR iris) id:abcd")
    assert chosen(query) == [Value("theme", "privacy"), Not(Value("country", "gb"))]
    assert holds(query, "theme", "privacy")
    assert not holds(query, "theme", "children")
    assert holds(parse("watchlist:detention"), "watchlist", "detention")


@given(queries)
def test_narrowed_and_widened_again_a_query_means_what_it_should(query):
    text = str(query)
    meant = parse(text)
    added = parse(clause("theme", "privacy"))
    assert parse(narrowed(text, "theme", "privacy")) == (
        added if meant == Everything() else both(meant, added)
    )
    for part in chosen(meant):
        rest = parse(without(text, part))
        assert part not in chosen(rest)
