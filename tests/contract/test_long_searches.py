"""A search newest first over many articles stays quick, and its pages and counts stay right."""

from datetime import timedelta

import pytest
from documents import START, a_document, a_grouping

from connectors.database import Database
from streams.core.query import Everything
from streams.core.query_parse import parse
from streams.sinks import COUNT_TO
from streams.sinks.memory import MemoryIndex
from streams.sinks.sqlite import SCHEMA, SqliteIndex


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    database = Database(tmp_path_factory.mktemp("long") / "biowire.db", [SCHEMA])
    articles = [
        a_document(n, title=f"every third{n % 3} tenth{n % 10}", published=START + timedelta(minutes=n // 2))
        for n in range(3000)
    ]
    copies = [a_grouping(n, role="copy", copy_of="x") for n in range(0, 3000, 7)]
    engines = [MemoryIndex(), SqliteIndex(database)]
    for engine in engines:
        engine.put(articles)
        engine.put_groupings(copies)
    yield engines
    database.close()


@pytest.mark.parametrize("query", ["every", "third1 tenth5", "every -third0", "is:copy third2", "*"])
def test_pages_are_the_same_in_every_engine_whichever_way_they_are_turned(engines, query):
    asked = parse(query)
    wanted = [document.id for document in engines[0].scan(asked, copies=False)][::-1]
    for engine in engines:
        by_offset, by_cursor, after = [], [], None
        for offset in range(0, len(wanted), 900):
            page = engine.search(asked, limit=900, offset=offset)
            by_offset += [hit.document.id for hit in page.hits]
            page = engine.search(asked, limit=900, after=after)
            by_cursor += [hit.document.id for hit in page.hits]
            after = page.next
        assert after is None
        assert by_offset == by_cursor == wanted


def test_a_count_that_stops_says_so(engines):
    _, sqlite = engines
    found = sqlite.search(parse("every"), limit=5)
    assert (found.total, found.exact) == (COUNT_TO, False)
    exact = sqlite.count(parse("every"))
    assert exact == engines[0].count(parse("every")) == 3000 - len(range(0, 3000, 7))
    with_facets = sqlite.search(parse("every"), limit=5, facets=["source"])
    assert (with_facets.total, with_facets.exact) == (exact, True)
    few = sqlite.search(parse("tenth1 third1"), limit=5)
    assert few.exact
    assert few.total == engines[0].count(parse("tenth1 third1"))


def test_histograms_and_facets_agree_over_many_articles(engines):
    first, second = engines
    for bucket in ("hour", "day", "week", "month"):
        assert first.histogram(Everything(), bucket) == second.histogram(Everything(), bucket)
    assert first.facets(Everything()) == second.facets(Everything())
