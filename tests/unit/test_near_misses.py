"""Where nothing is found: what a little less, or something written much the same, would find."""

import pytest
from documents import START, a_document, a_grouping, a_label

from streams.core.query_parse import parse
from streams.near_misses import near_misses
from streams.sinks.memory import MemoryIndex


@pytest.fixture
def index():
    index = MemoryIndex()
    index.put(
        [
            a_document("a", title="police face", labels=(a_label("theme", "privacy"),)),
            a_document("b", title="copied words"),
        ]
    )
    index.put_groupings([a_grouping("b", role="copy", copy_of="a")])
    return index


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("face wombat", [("without", "face", 1)]),
        ("theme:privcy", [("instead", 'theme:"privacy"', 1)]),
        ("copied", [("copies", "copied", 1)]),
        ("wombat", []),
    ],
)
def test_what_is_near_is_offered_with_its_number(index, query, wanted):
    near = near_misses(index, parse(query), None, None, copies=False)
    assert [(one.kind, str(one.query), one.count) for one in near] == wanted


def test_a_period_is_left_out(index):
    near = near_misses(index, parse("face"), START.replace(year=2030), None, copies=False)
    assert [(one.kind, one.count) for one in near] == [("always", 1)]
