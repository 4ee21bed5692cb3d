"""One suite for every engine behind the ArticleIndex port."""

from datetime import UTC, datetime, timedelta
from secrets import token_hex

import pytest
from documents import START, a_document, a_flag, a_grouping, a_label, a_story, an_id
from elastic_index import WrittenIndex

from connectors.database import Database
from connectors.errors import UserError
from streams.core.index import FACETS, compose
from streams.core.query import Everything
from streams.core.query_parse import parse
from streams.core.records import Source
from streams.sinks.memory import MemoryIndex
from streams.sinks.sqlite import SCHEMA, SqliteIndex


@pytest.fixture(scope="module")
def written(elastic):
    index = WrittenIndex(elastic.url, f"elastic-{token_hex(4)}")
    yield index
    index.close()


@pytest.fixture(params=["memory", "sqlite", pytest.param("elasticsearch", marks=pytest.mark.servers)])
def index(request, tmp_path):
    if request.param == "memory":
        yield MemoryIndex()
        return
    if request.param == "elasticsearch":
        index = request.getfixturevalue("written")
        yield index
        index.clear()
        return
    database = Database(tmp_path / "biowire.db", [SCHEMA])
    yield SqliteIndex(database)
    database.close()


def ids(result):
    return [hit.document.id for hit in result.hits]


def found(index, query, **options):
    return set(ids(index.search(parse(query), limit=1000, **options)))


def named(*names):
    return {an_id(name) for name in names}


def test_an_article_comes_back_as_it_was_put(index):
    document = a_document(
        labels=(a_label("domain", "policing"),),
        flags=(a_flag("surveillance", "camera", "title", 0, 5, "Title"),),
        watchlists=("surveillance",),
        published=datetime(2023, 8, 1, 1, 2, 3, 456789, tzinfo=UTC),
    )
    index.put([document])
    assert index.get(document.id) == compose(document, None, None)


def test_newest_comes_first_and_scan_is_the_reverse(index):
    index.put(a_document(n, published=START + timedelta(seconds=n // 2)) for n in range(20))
    newest_first = ids(index.search(Everything(), limit=100))
    assert len(newest_first) == 20
    assert [document.id for document in index.scan(Everything())] == newest_first[::-1]
    whens = [index.get(id_).when for id_ in newest_first]
    assert whens == sorted(whens, reverse=True)


def test_within_one_second_the_id_decides_whatever_the_fraction(index):
    index.put(
        a_document(n, id=f"{n:020x}", published=START + timedelta(microseconds=900_000 - n * 100_000))
        for n in range(6)
    )
    wanted = [f"{n:020x}" for n in range(6)]
    assert [document.id for document in index.scan()] == wanted
    assert ids(index.search(Everything(), limit=3)) == wanted[:2:-1]


def test_pages_after_a_cursor_hold_every_article_once(index):
    index.put(a_document(n, published=START + timedelta(seconds=n // 3)) for n in range(25))
    seen, after = [], None
    while True:
        page = index.search(Everything(), limit=4, after=after)
        seen += ids(page)
        after = page.next
        if after is None:
            break
    assert seen == ids(index.search(Everything(), limit=100))


def test_putting_again_replaces_words_date_and_values(index):
    index.put([a_document("a", title="old words", published=START, language="en")])
    index.put([a_document("a", title="new words", published=START - timedelta(days=9), language="de")])
    assert found(index, "old") == set()
    assert found(index, "new lang:de published:<2023-08-01") == named("a")
    assert found(index, "lang:en") == set()
    assert index.count(Everything()) == 1


def test_deleted_articles_are_gone_from_every_answer(index):
    index.put([a_document("a", title="one word"), a_document("b", title="two words")])
    index.delete([an_id("a"), "unknown"])
    assert found(index, "one") == set()
    assert index.get(an_id("a")) is None
    assert index.facets(Everything(), ["source"]) == {"source": (("Daily Example", 1),)}


def test_copies_are_left_out_unless_asked_for(index):
    index.put([a_document("a"), a_document("b"), a_document("c")])
    index.put_groupings([a_grouping("a", role="lead"), a_grouping("b", role="copy", copy_of="a")])
    assert found(index, "title") == named("a", "c")
    assert found(index, "title", copies=True) == named("a", "b", "c")
    assert found(index, "is:copy") == named("b")
    assert found(index, "title -is:copy") == named("a", "c")
    assert found(index, "is:copy OR story:s1") == named("a", "b")
    assert index.count(parse("title")) == 2
    assert index.facets(parse("title"), ["source"]) == {"source": (("Daily Example", 2),)}


def test_groupings_and_stories_may_come_before_the_article(index):
    index.put_stories([a_story("s1", lead="a", size=7, sources=("x.example", "y.example"))])
    index.put_groupings([a_grouping("b", story="s1", role="press-release")])
    index.put([a_document("b")])
    document = index.get(an_id("b"))
    assert (document.story_id, document.story.size, document.story.role) == ("s1", 7, "press-release")
    assert document.story.sources == ("x.example", "y.example")
    assert found(index, "is:press-release story:s1") == named("b")
    index.delete_stories(["s1"])
    assert index.story("s1") is None
    assert index.get(an_id("b")).story.size == 1


def test_a_growing_story_shows_at_once_in_its_members(index):
    index.put([a_document("a")])
    index.put_groupings([a_grouping("a", role="lead")])
    index.put_stories([a_story(size=1)])
    index.put_stories([a_story(size=2)])
    assert index.get(an_id("a")).story.size == 2


def test_an_article_is_found_by_id_beginning_of_id_and_both_urls(index):
    document = a_document("a")
    index.put([document, a_document("b")])
    for key in (document.id, document.id[:6], document.url, document.canonical_url):
        assert index.find(key).id == document.id
    assert index.find("https://daily.example/none") is None
    assert index.find("abc") is None


def test_an_ambiguous_beginning_of_an_id_is_refused(index):
    index.put([a_document("a", id="abcd" + "0" * 16), a_document("b", id="abcd" + "1" * 16)])
    with pytest.raises(UserError, match="Several articles"):
        index.find("abcd")


DOCUMENTS = [
    a_document(
        "face",
        title="Police test face recognition at the station",
        summary="Cameras compare faces with a watch list.",
        text="The pilot began on Monday. Critics of facial-recognition object.",
        labels=(a_label("domain", "policing"), a_label("modality", "face")),
        watchlists=("facial-recognition", "surveillance"),
        flags=(a_flag("facial-recognition", "face-recognition", "title", 12, 28, "face recognition"),),
        relevance="main",
        authors=("Jane Doe",),
        categories=("AI & Law",),
    ),
    a_document(
        "iris",
        title="Iris scanners: a recognition of the face is not needed",
        language="de",
        source=Source(
            name="Die Übung", host="uebung.example", country="DE", kind="ngo", perspective="civil-society"
        ),
        published=START + timedelta(days=3),
        labels=(a_label("modality", "iris"),),
        relevance="mention",
    ),
    a_document(
        "hanzi",
        title="警方使用人脸识别技术",
        text="地鐵站的人臉識別閘機",
        language="zh",
        published=datetime(2022, 12, 31, 23, 59, 59, tzinfo=UTC),
    ),
    a_document("kana", title="顔認証システムが空港に", language="ja"),
    a_document("hangul", title="안면인식 기술을 도입", language="ko", published=None),
    a_document("hindi", title="पुलिस ने चेहरा पहचान तकनीक", language="hi"),
    a_document("arabic", title="تقنية التعرف على الوجه", language="ar"),
    a_document("thai", title="ระบบจดจำใบหน้า", language="th"),
    a_document("turkish", title="Yüz tanıma İSTANBUL'da", language="tr"),
]

QUERIES = [
    ("face recognition", {"face", "iris"}),
    ('"face recognition"', {"face"}),
    ('"recognition face"', set()),
    ("facial-recognition", {"face"}),
    ("FACE Recognition", {"face", "iris"}),
    ("title:critics", set()),
    ("text:critics", {"face"}),
    ("title:(face pilot)", set()),
    ("face pilot", {"face"}),
    ("face -pilot", {"iris"}),
    ("face AND NOT title:police", {"iris"}),
    ("pilot OR scanners", {"face", "iris"}),
    ("recog*", {"face", "iris"}),
    ('"face recog"*', {"face"}),
    ("face NEAR/0 recognition", {"face"}),
    ("face NEAR/2 recognition", {"face", "iris"}),
    ("recognition NEAR/1 face", {"face"}),
    ("station NEAR/50 cameras", set()),
    ("人脸", {"hanzi"}),
    ("脸", {"hanzi"}),
    ("人臉識別閘機", {"hanzi"}),
    ("脸人", set()),
    ("顔認証", {"kana"}),
    ("안면인식", {"hangul"}),
    ("चेहरा", {"hindi"}),
    ("चेह*", {"hindi"}),
    ("الوجه", {"arabic"}),
    ("ใบหน้า", {"thai"}),
    ("yuz tanima istanbul", {"turkish"}),
    ("flag:facial-recognition", {"face"}),
    ("watchlist:surveillance term:face-recognition", {"face"}),
    ("label:policing", {"face"}),
    ("modality:iris", {"iris"}),
    ("domain:iris", set()),
    ("modality:*", {"face", "iris"}),
    ('source:"die übung"', {"iris"}),
    ("source:ubung", {"iris"}),
    ("source:uebung.example", {"iris"}),
    ("host:ueb*", {"iris"}),
    ("country:de", {"iris"}),
    ("kind:ngo perspective:civil-society", {"iris"}),
    ("lang:zh OR lang:ja", {"hanzi", "kana"}),
    ("relevance:main", {"face"}),
    ("author:doe", {"face"}),
    ('author:"jane doe"', {"face"}),
    ('category:"AI & Law"', {"face"}),
    ("published:2022", {"hanzi"}),
    ("published:<2023", {"hanzi"}),
    ("published:2023-08-04..", {"iris"}),
    ("published:>2023-08-01", {"iris"}),
    ("published:2023-08-01T13:00Z", {"hangul"}),
    ("face OR published:2022", {"face", "iris", "hanzi"}),
    ("-published:2023", {"hanzi"}),
    ("is:lead lang:tr", {"turkish"}),
    ("-is:lead", set()),
    ('url:"https://daily.example/face"', {"face"}),
    ("https://www.daily.example/face?from=feed", {"face"}),
    (f"id:{an_id('kana')}", {"kana"}),
    (f"id:{an_id('kana')[:5]}*", {"kana"}),
    (f"story:{an_id('kana')}", {"kana"}),
    ("-(face OR lang:en OR lang:zh OR lang:ja)", {"hangul", "hindi", "arabic", "thai", "turkish"}),
    ('feed:"https://uebung.example/feed.xml"', {"iris"}),
]


@pytest.mark.parametrize(("query", "names"), QUERIES, ids=[query for query, _ in QUERIES])
def test_a_query_finds_exactly_what_it_means(index, query, names):
    index.put(DOCUMENTS)
    assert found(index, query) == named(*names)


def test_a_period_is_inclusive_at_its_start_and_exclusive_at_its_end(index):
    index.put(a_document(n, published=START + timedelta(hours=n)) for n in range(4))
    kept = found(index, "*", since=START + timedelta(hours=1), until=START + timedelta(hours=3))
    assert kept == named(1, 2)


def test_facets_count_every_value_most_frequent_first(index):
    index.put(DOCUMENTS)
    counts = index.facets(Everything(), FACETS)
    assert counts["modality"] == (("face", 1), ("iris", 1))
    assert counts["watchlist"] == (("facial-recognition", 1), ("surveillance", 1))
    assert counts["source"] == (("Daily Example", 8), ("Die Übung", 1))
    assert counts["relevance"] == (("none", 7), ("main", 1), ("mention", 1))
    assert counts["country"] == (("GB", 8), ("DE", 1))
    result = index.search(parse("face"), facets=["language"])
    assert (result.total, result.exact) == (2, True)
    assert result.facets == {"language": (("de", 1), ("en", 1))}


@pytest.mark.parametrize(
    ("bucket", "starts"),
    [
        ("hour", ["2022-12-31T23", "2023-08-01T12", "2023-08-01T13", "2023-08-04T12"]),
        ("day", ["2022-12-31T00", "2023-08-01T00", "2023-08-04T00"]),
        ("week", ["2022-12-26T00", "2023-07-31T00"]),
        ("month", ["2022-12-01T00", "2023-08-01T00"]),
    ],
)
def test_histogram_counts_by_calendar_in_utc(index, bucket, starts):
    index.put(DOCUMENTS)
    counted = index.histogram(Everything(), bucket)
    assert [f"{at:%Y-%m-%dT%H}" for at, _ in counted] == starts
    assert sum(count for _, count in counted) == len(DOCUMENTS)


def test_a_search_counts_over_time_on_whichever_page(index):
    index.put(DOCUMENTS)
    first = index.search(Everything(), limit=2, bars="day")
    later = index.search(Everything(), limit=2, bars="day", after=first.next)
    assert (first.total, first.exact) == (later.total, later.exact) == (len(DOCUMENTS), True)
    assert first.bars == later.bars == index.histogram(Everything(), "day")
    assert [ids(first), ids(later)] == [
        ids(index.search(Everything(), limit=4))[:2],
        ids(index.search(Everything(), limit=4))[2:],
    ]


def test_trends_are_the_histogram_of_each_value(index):
    index.put(DOCUMENTS)
    trends = index.trends(Everything(), ["modality", "country"], "day")
    assert set(trends) == {"modality", "country"}
    assert set(trends["modality"]) == {"face", "iris"}
    for value, bars in trends["country"].items():
        assert bars == index.histogram(parse(f"country:{value}"), "day"), value
    assert index.trends(parse("nowhere"), ["modality"], "week") == {"modality": {}}


def test_pairs_count_articles_that_have_both_values(index):
    index.put(
        [
            a_document(
                "a",
                labels=(a_label("organisation", "x"), a_label("organisation", "y"), a_label("theme", "t")),
            ),
            a_document(
                "b", labels=(a_label("organisation", "x"), a_label("theme", "t"), a_label("theme", "u"))
            ),
            a_document("c", labels=(a_label("organisation", "z"),)),
            a_document("d", labels=(a_label("organisation", "x"), a_label("theme", "t"))),
        ]
    )
    index.put_groupings([a_grouping("d", role="copy", copy_of="a")])
    assert index.together(Everything(), "organisation", "theme") == (
        ("x", "t", 2),
        ("x", "u", 1),
        ("y", "t", 1),
    )
    assert index.together(Everything(), "organisation", "theme", copies=True)[0] == ("x", "t", 3)
    assert index.together(parse("nowhere"), "organisation", "theme") == ()


def test_relevance_puts_a_title_before_a_passing_mention(index):
    filler = "word " * 40
    index.put(
        [
            a_document("text", title="Other news", text=filler + "iris " + filler),
            a_document("title", title="Iris iris", published=START - timedelta(days=1)),
            *(a_document(n, text=filler) for n in range(10)),
        ]
    )
    assert ids(index.search(parse("iris"), sort="relevance")) == [an_id("title"), an_id("text")]


def test_a_second_shared_by_many_articles_keeps_them_all(index):
    index.put(a_document(n, id=f"00000{n:015x}") for n in range(30))
    index.put(a_document(n, id=f"00000{n:015x}", title="again") for n in range(30))
    assert index.count(parse("again")) == 30
    scanned = [document.id for document in index.scan(Everything())]
    assert scanned == sorted(scanned)


def test_deep_and_wide_queries_are_answered(index):
    index.put(DOCUMENTS)
    deep = "face"
    for _ in range(24):
        deep = f"(zzz OR (face {deep}))"
    assert found(index, deep) == named("face", "iris")
    assert found(index, " OR ".join(["face"] * 200)) == named("face", "iris")
    assert found(index, " ".join(["-zzz"] * 199) + " face") == named("face", "iris")


def test_leads_are_told_by_their_second_copies_included_and_within_the_period(index):
    times = {"a": 0.0, "b": 2.0, "c": 1.25, "d": 4.0, "lone": 3.0}
    index.put(a_document(name, published=START + timedelta(hours=hours)) for name, hours in times.items())
    index.put(
        [
            a_document("undated", published=None),
            a_document("fraction", published=START.replace(microsecond=9)),
        ]
    )
    index.put_groupings(
        [
            a_grouping("a", role="lead"),
            a_grouping("b", role="report"),
            a_grouping("c", story="s2", role="lead", copy_of="a"),
            a_grouping("d", story="s3", role="lead"),
        ]
    )
    hours = timedelta(hours=1)
    assert list(index.leads(START, START + 4 * hours)) == [
        START,
        START,
        START + hours,  # "undated" counts from when it was seen first
        START + 1.25 * hours,
        START + 3 * hours,
    ]
