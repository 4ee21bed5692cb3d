"""What only the index in Elasticsearch does: round trips, sightings, templates, fields for Kibana, old months."""

import asyncio
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import msgspec
import pytest
from documents import START, a_document, a_flag, a_grouping, a_label, a_story, an_id
from elastic_index import WrittenIndex
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.errors import UserError
from streams.core.query import Everything
from streams.core.query_parse import parse
from streams.core.records import Evidence, Source
from streams.sinks.elasticsearch import generations, retention
from streams.sinks.elasticsearch.bulk import BulkSink
from streams.sinks.elasticsearch.mapping import HIDDEN
from streams.sinks.elasticsearch.ready import check
from streams.sinks.elasticsearch.templates import analyzers_of, install, installed, templates
from streams.wire import Operation

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def written(elastic):
    index = WrittenIndex(elastic.url, f"elastic-{token_hex(4)}")
    yield index
    index.close()


@pytest.fixture
def index(written):
    yield written
    written.clear()


texts = st.text(st.characters(codec="utf-8"), max_size=60)
times = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def documents(draw, name):
    evidence = Evidence(
        term=draw(texts), field="text", start=0, end=2**31, surface=draw(texts), weight=draw(numbers)
    )
    return a_document(
        name,
        title=draw(texts),
        text=draw(texts),
        source=Source(name=draw(texts), host=draw(texts), country=draw(st.none() | texts)),
        published=draw(st.just(START) | st.none()),
        updated=draw(st.none() | times),
        language=draw(st.sampled_from(["en", "zh", "ru", "ar", "und", ""])),
        authors=tuple(draw(st.lists(texts, max_size=2))),
        relevance_score=draw(numbers),
        relevance_reasons=(evidence,),
        labels=tuple(a_label("domain", id_) for id_ in draw(st.lists(texts, max_size=2))),
        flags=tuple(a_flag("w", id_, "title", 0, 1, "x") for id_ in draw(st.lists(texts, max_size=2))),
        watchlists=tuple(draw(st.lists(texts, max_size=2))),
    )


@settings(
    max_examples=15,
    deadline=None,
    phases=[phase for phase in Phase if phase != Phase.shrink],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(st.tuples(*(documents(name) for name in range(8))))
def test_the_server_gives_back_every_bit_of_a_document(written, articles):
    try:
        written.put(articles)
        written.put_groupings([a_grouping(0, copy_of="b")])
        assert list(written.scan()) == list(written.kept.scan())
    finally:
        written.clear()


def test_long_strings_are_kept_and_what_is_only_searched_is_not_given_back(index):
    long = "x" * 40_000
    index.put([a_document("a", title=long, authors=(long,), url=f"https://daily.example/{long}", text=long)])
    assert index.get(an_id("a")) == index.kept.get(an_id("a"))
    assert index.count(parse(f"url:https://daily.example/{'x' * 500}")) == 0
    source = index._articles.search(query={"match_all": {}})["hits"]["hits"][0]["_source"]
    assert not set(HIDDEN) & set(source)


@pytest.mark.parametrize(
    ("language", "text", "field", "asked"),
    [
        ("en", "Cameras were recognising faces", "stemmed.en", "recognised camera"),
        ("de", "Die Kameras erkannten Gesichter", "stemmed.de", "Gesicht"),
        ("zh", "警方使用人脸识别技术", "stemmed.cjk", "人脸识别"),
        ("xx", "plain words", "stemmed.other", "plain"),
    ],
)
def test_people_in_kibana_find_other_forms_of_a_word_in_its_language_only(
    index, language, text, field, asked
):
    index.put([a_document("a", language=language, text=text, title="", summary="")])
    match = {"match": {field: {"query": asked, "operator": "and"}}}
    assert index._articles.count(match) == 1
    assert index._articles.count({"exists": {"field": field}}) == 1
    assert index._articles.count({"query_string": {"query": asked, "default_operator": "and"}}) == 1
    others = [{"exists": {"field": f"stemmed.{code}"}} for code in ("en", "de", "cjk", "other")]
    assert index._articles.count({"bool": {"should": others}}) == 1


def a_sighting(name, outcome="new", of=None, seconds=0):
    return {
        "item": an_id(f"item {name}"),
        "id": an_id(name),
        "document": of or an_id(name),
        "url": f"https://daily.example/{name}",
        "outcome": outcome,
        "of": of,
        "similarity": 1.0 if of else None,
        "reason": "x" * 40_000,
        "received": START + timedelta(seconds=seconds),
        "words": 3,
        "place": "articles.raw/0/1",
    }


def test_sightings_come_in_order_and_are_counted_by_outcome(index):
    sightings = [
        a_sighting("c", seconds=5),
        a_sighting("a"),
        a_sighting("b", "duplicate", of=an_id("a"), seconds=1),
    ]

    async def write():
        async with index._index.async_client() as client:
            operations = [
                Operation("sighting", one["item"], 1, "", msgspec.json.encode(one)) for one in sightings
            ]
            assert await BulkSink(client, index._index, 1).write(operations * 2) == []

    asyncio.run(write())
    index.refresh()
    assert [one["id"] for one in index.sightings()] == [an_id("a"), an_id("b"), an_id("c")]
    assert index.outcomes() == {"duplicate": 1, "new": 2}
    assert [one["item"] for one in index.sightings_of([an_id("a")])] == [an_id("item a"), an_id("item b")]


def test_stories_are_found_by_id_and_counted(index):
    index.put_stories([a_story("s1"), a_story("s2", lead="b")])
    assert index.story("s2") == a_story("s2", lead="b")
    assert index.story("s3") is None
    assert index.counts() == {"documents": 0, "stories": 2, "flagged": {}}


def test_old_articles_are_named_oldest_first_with_and_without_text(index):
    index.put(a_document(n, published=START + timedelta(days=n), text="x" * (n % 2)) for n in range(6))
    before = START + timedelta(days=4)
    assert index.older(before, 9) == index.kept.older(before, 9)
    assert index.older(before, 2) == index.kept.older(before, 2)
    assert index.with_text(before, 9) == index.kept.with_text(before, 9)
    assert index.story_ids() == index.kept.story_ids()


@pytest.mark.parametrize("limit", [5, 10_000], ids=["a page", "more than one request may reach"])
def test_pages_of_any_size_go_on_where_the_last_one_ended(index, limit):
    index.put(a_document(n, published=START + timedelta(seconds=n // 7)) for n in range(40))
    after = index.search(Everything(), limit=11).next
    for options in ({}, {"offset": 13}, {"after": after}, {"offset": 3, "after": after}):
        found = index.search(Everything(), limit=limit, **options)
        wanted = index.kept.search(Everything(), limit=limit, **options)
        assert (found.hits, found.next, found.total) == (wanted.hits, wanted.next, wanted.total)
    best = index.search(parse("title"), limit=limit, offset=10, sort="relevance")
    assert len(best.hits) == min(limit, 30)


def test_a_prefix_in_a_phrase_stands_for_any_number_of_words(index):
    index.put([a_document("a", title=" ".join(f"w{n} end" for n in range(5000)))])
    assert index.count(parse('text:x OR "end w4"*')) == 1
    assert index.count(parse("w* NEAR/0 end")) == 1


def test_whole_months_leave_by_age_and_the_rest_stays(index):
    index.put(a_document(n, published=START - timedelta(days=30 * n)) for n in range(4))
    before = datetime(2023, 7, 1, tzinfo=UTC)
    kept = [document.id for document in index.scan(since=before)]
    dropped = retention.drop_months(index._client, index._index, before)
    assert [name[-7:] for name in dropped] == ["2023.05", "2023.06"]
    assert [document.id for document in index.scan()] == kept
    assert retention.drop_months(index._client, index._index, before) == []
    index.months = {id_: month for id_, month in index.months.items() if id_ in kept}


def test_a_server_without_lifecycle_is_told_of_and_months_leave_all_the_same(index):
    index.put(a_document(n, published=START - timedelta(days=100 * n)) for n in range(2))
    said = retention.arrange(index._client, index._index, timedelta(days=90), START)
    assert "has no index lifecycle management" in said
    assert said.endswith(
        "articles older than 90 days by itself: whole months leave each time this is run, 1 of them now."
    )
    assert [document.id for document in index.scan()] == [an_id(0)]
    index.months.pop(an_id(1))


def test_templates_are_the_same_once_installed(index):
    client, names = index._client, index._index
    install(client, names)
    there = installed(client, names)
    wanted = templates(names, analyzers_of(client))
    assert there.keys() == wanted.keys()
    for name, body in wanted.items():
        assert there[name]["template"]["mappings"] == body["template"]["mappings"]
        assert there[name]["template"]["settings"] == body["template"]["settings"]
        assert there[name]["allow_auto_create"] is False


def test_an_index_is_never_made_by_writing_to_it(index):
    name = index._index.articles_of(1, "1999-01")
    answer = index._client.bulk(operations=[{"index": {"_index": name, "_id": "1"}}, {"id": "1"}])
    assert answer["items"][0]["index"]["error"]["type"] == "index_not_found_exception"


def test_facets_with_more_values_than_one_answer_holds_are_exact(index):
    index.put(
        a_document(n, source=Source(name=f"Daily {n % 1200}", host="daily.example")) for n in range(1250)
    )
    assert index.facets(Everything(), ["source"]) == index.kept.facets(Everything(), ["source"])


def test_indices_of_an_older_version_are_in_the_way_of_their_own_generation_only(index):
    client, names = index._client, index._index
    old = names.articles_of(7, "2023-08")
    client.indices.create(index=old, mappings={"_meta": {"biowire": 0}})
    try:
        check(client, names)
        check(client, names, 1)
        with pytest.raises(UserError, match="has mappings of version 0"):
            check(client, names, 7)
    finally:
        client.indices.delete(index=old)


def test_a_foreign_index_with_a_name_of_ours_is_told(index):
    client, names = index._client, index._index
    foreign = names.articles_of(7, "2023-08")
    client.indices.create(index=foreign)
    client.indices.put_mapping(index=foreign, meta={})
    try:
        with pytest.raises(UserError, match="was not made by biowire"):
            check(client, names)
    finally:
        client.indices.delete(index=foreign)


def test_a_foreign_alias_is_told(index):
    client, names = index._client, index._index
    foreign = f"{names.prefix}foreign"
    client.indices.create(index=foreign, aliases={names.stories: {}})
    try:
        with pytest.raises(UserError, match="which biowire did not make"):
            generations.live_generation(client, names)
    finally:
        client.indices.delete(index=foreign)
