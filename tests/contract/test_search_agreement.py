"""Every engine finds what the reference matcher finds: random documents, random queries, many scripts."""

from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import pytest
from documents import a_document, a_grouping, an_id
from elastic_index import WrittenIndex
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from search_strategies import documents, groupings, phrases, queries, texts, wild

from connectors.database import Database
from streams.core.index import compose
from streams.core.query_hits import hits
from streams.core.query_match import matches
from streams.core.query_parse import parse
from streams.core.text import TOKEN, fold
from streams.sinks.memory import MemoryIndex
from streams.sinks.sqlite import SCHEMA, SqliteIndex


def fill(index, articles, places):
    index.put(articles)
    index.put_groupings(
        a_grouping(name, story=story, role=role, copy_of="other" if copy else None)
        for name, story, role, copy in places
    )


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*(documents(name) for name in range(6))),
    st.lists(documents(2) | documents(3), max_size=2),
    groupings,
    st.lists(queries, min_size=1, max_size=12),
)
def test_sqlite_and_memory_find_what_the_query_means(articles, changed, places, asked):
    with TemporaryDirectory() as folder:
        database = Database(Path(folder) / "biowire.db", [SCHEMA])
        engines = [MemoryIndex(), SqliteIndex(database)]
        for engine in engines:
            fill(engine, articles, places)
            engine.put(changed)
            engine.delete([an_id(5)])
        for query in asked:
            compare(engines, query)
        database.connection.execute("INSERT INTO articles_fts (articles_fts) VALUES ('integrity-check')")
        database.close()


@pytest.fixture(scope="module")
def written(elastic):
    index = WrittenIndex(elastic.url, f"elastic-{token_hex(4)}")
    yield index
    index.close()


@pytest.mark.servers
@settings(
    max_examples=20,
    deadline=None,
    phases=[phase for phase in Phase if phase != Phase.shrink],  # each try asks a server
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    articles=st.tuples(*(documents(name) for name in range(6))),
    changed=st.lists(documents(2) | documents(3), max_size=2),
    places=groupings,
    asked=st.lists(queries, min_size=16, max_size=24),
)
def test_elasticsearch_and_memory_find_what_the_query_means(written, articles, changed, places, asked):
    engines = [MemoryIndex(), written]
    for engine in engines:
        fill(engine, articles, places)
        engine.put(changed)
        engine.delete([an_id(5)])
    try:
        for query in asked:
            compare(engines, query)
    finally:
        written.clear()


def compare(engines, query):
    wanted = [document.id for document in engines[0].scan() if matches(query, document)]
    for engine in engines:
        assert [document.id for document in engine.scan(query)] == wanted, str(query)
        found = engine.search(query, limit=99, copies=True)
        assert [hit.document.id for hit in found.hits] == wanted[::-1], str(query)
        assert engine.count(query, copies=True) == found.total == len(wanted)
        best = engine.search(query, limit=99, copies=True, sort="relevance")
        assert sorted(hit.document.id for hit in best.hits) == sorted(wanted), str(query)
    first, second = (
        engine.search(query, limit=99, facets=["source", "country", "domain"], bars="day")
        for engine in engines
    )
    assert first.hits == second.hits
    assert (first.facets, first.bars) == (second.facets, second.bars)
    first, second = (engine.together(query, "source", "language") for engine in engines)
    assert first == second
    first, second = (engine.trends(query, ["country", "domain"], "month") for engine in engines)
    assert first == second


@settings(max_examples=300, deadline=None)
@given(texts | wild, phrases(st.none()))
def test_hits_of_a_phrase_are_the_runs_of_its_tokens(text, phrase):
    cut = [(found[0], *found.span()) for found in TOKEN.finditer(fold(text).text)]
    wanted = []
    for at in range(len(cut) - len(phrase.tokens) + 1):
        run = [token for token, _, _ in cut[at : at + len(phrase.tokens)]]
        last = run[-1].startswith(phrase.tokens[-1]) if phrase.prefix else run[-1] == phrase.tokens[-1]
        if last and tuple(run[:-1]) == phrase.tokens[:-1]:
            wanted.append(fold(text).span(cut[at][1], cut[at + len(run) - 1][2]))
    document = compose(a_document(title=text), None, None)
    assert [(hit.start, hit.end) for hit in hits(phrase, document)] == sorted(set(wanted))


@settings(max_examples=200, deadline=None)
@given(queries)
def test_the_canonical_form_reads_back_as_the_same_query(query):
    again = parse(str(query))
    assert parse(str(again)) == again
