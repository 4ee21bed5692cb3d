"""What pages call watchlists, terms and countries."""

import pytest

from connectors.errors import UserError
from dashboards.web.names import naming
from streams.seeds_files import vocabulary


def broken():
    raise UserError("The vocabulary cannot be used.")


@pytest.mark.parametrize(
    ("facet", "value", "name"),
    [
        ("watchlist", "laws", "Laws, cases and sanction lists"),
        ("list", "watchlist.laws", "Laws, cases and sanction lists"),
        ("organisation", "nec", "NEC"),
        ("term", "organisation.nec", "NEC"),
        ("region", "gb", "United Kingdom"),
        ("country", "GB", "United Kingdom"),
        ("country", "XX", "XX"),
        ("theme", "gone-since", "gone since"),
        ("kind", "civil-society", "civil society"),
        ("source", "wp-times", "wp-times"),
        ("language", "zh-Hans", "zh-Hans"),
    ],
)
def test_a_value_goes_by_its_name_and_else_by_its_id(facet, value, name):
    assert naming(lambda: vocabulary({}))(facet, value) == name


def test_pages_open_while_the_files_of_the_vocabulary_cannot_be_used():
    called = naming(broken)
    assert called("watchlist", "facial-recognition") == "facial recognition"
    assert called("country", "GB") == "GB"
