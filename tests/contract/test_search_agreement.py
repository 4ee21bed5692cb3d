"""Every engine finds what the reference matcher finds: random documents, random queries, many scripts."""

from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import pytest
from documents import START, a_document, a_flag, a_grouping, a_label, an_id
from elastic_index import WrittenIndex
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.database import Database
from streams.core import query as q
from streams.core.index import compose, normal
from streams.core.query_hits import hits
from streams.core.query_match import matches
from streams.core.query_parse import parse
from streams.core.records import Source
from streams.core.text import fold, fold_text, token_spans, tokens
from streams.sinks.memory import MemoryIndex
from streams.sinks.sqlite import SCHEMA, SqliteIndex

WORDS = [
    *("face", "Faces", "iris", "scan", "İRIS", "straße", "STRASSE", "ı", "人"),
    *(
        "脸",
        "臉",
        "识别",
        "人脸",
        "顔",
        "안면",
        "인식",
        "चेहरा",
        "पहचान",
        "الوجه",
        "ใบหน้า",
        "а́",
        "x_y",
        "12",
        "NEAR",
        "and",
    ),
]
SEPARATORS = [" ", " ", " ", "-", ", ", "", "_", "\u200b", "'", "。", "।", "…", "”"]

texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SEPARATORS)), max_size=9).map(
    lambda pairs: "".join(word + separator for word, separator in pairs)
)
wild = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.sampled_from(["policing", "face", "Iris & Co", "a_b", "über", "人脸", "x" * 250, ""])


@st.composite
def documents(draw, name):
    return a_document(
        name,
        title=draw(texts | wild),
        summary=draw(texts),
        text=draw(texts | wild),
        source=Source(
            name=draw(names | wild), host="h.example", country=draw(st.sampled_from([None, "DE", "GB"]))
        ),
        language=draw(st.sampled_from(["en", "zh"])),
        published=draw(st.none() | st.integers(-4, 4).map(lambda days: START + timedelta(days=days / 2))),
        authors=tuple(draw(st.lists(names, max_size=2))),
        labels=tuple(a_label("domain", id_) for id_ in draw(st.lists(names, max_size=2))),
        flags=tuple(a_flag("w", term, "title", 0, 1, "x") for term in draw(st.lists(names, max_size=2))),
        watchlists=tuple(draw(st.lists(names, max_size=1))),
    )


anywhere = st.sampled_from([None, None, *q.TEXT_FIELDS])


def phrases(field=anywhere):
    cut = (
        (texts | wild | st.sampled_from(WORDS))
        .map(lambda text: tuple(tokens(fold_text(text)))[:3])
        .filter(bool)
    )
    return st.builds(_phrase, cut, st.booleans(), field, st.integers(1, 9))


def _phrase(cut, prefix, field, kept):
    last = cut[-1][:kept] if prefix else cut[-1]
    return q.Phrase((*cut[:-1], last), prefix, field)


@st.composite
def nears(draw):
    field = st.just(draw(st.sampled_from([None, *q.TEXT_FIELDS])))
    return q.Near(draw(phrases(field)), draw(phrases(field)), draw(st.integers(0, 4)))


@st.composite
def values(draw):
    field = draw(st.sampled_from(["source", "author", "domain", "label", "flag", "term", "country", "story"]))
    value = normal(field, draw(names | st.sampled_from(["de", "s1", an_id(1), "p"])))
    prefix = field != "story" and draw(st.booleans())
    return q.Value(field, value[: draw(st.integers(0, 9))] if prefix else value or "none", prefix)


@st.composite
def dates(draw):
    first, last = sorted(draw(st.tuples(st.integers(-3, 3), st.integers(-3, 3))))
    start, end = START + timedelta(days=first), START + timedelta(days=last + 1)
    return q.Dates(*draw(st.sampled_from([(start, end), (start, None), (None, end)])))


leaves = phrases() | nears() | values() | dates() | st.sampled_from([*map(q.Is, q.ROLES), q.Everything()])
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: q.join(q.And, parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: q.join(q.Or, parts)),
        inner.map(q.Not),
    ),
    max_leaves=6,
)
groupings = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["s1", "s2"]), st.sampled_from(q.ROLES), st.booleans()),
    max_size=4,
)


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
        engine.search(query, limit=99, facets=["source", "country", "domain"]) for engine in engines
    )
    assert first.hits == second.hits
    assert first.facets == second.facets


@settings(max_examples=300, deadline=None)
@given(texts | wild, phrases(st.none()))
def test_hits_of_a_phrase_are_the_runs_of_its_tokens(text, phrase):
    cut = list(token_spans(fold(text).text))
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
