"""What only the SQLite index promises: its row numbers, its upkeep, its share in a transaction."""

import contextlib
import random
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from documents import START, a_document, a_grouping, a_label, an_id

from connectors.database import Database, Schema
from connectors.errors import UserError
from streams.core.index import FACETS, facets
from streams.core.query import Everything, Is, Not
from streams.core.query_parse import parse
from streams.core.records import Source
from streams.sinks.order import second
from streams.sinks.sqlite import SCHEMA, SqliteIndex
from streams.sinks.sqlite_schema import bounds, docid, id_bits, moment
from streams.sinks.sqlite_tokens import columns, value_token


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "biowire.db", [SCHEMA])
    yield opened
    opened.close()


@pytest.fixture
def index(database):
    return SqliteIndex(database)


def found(index, query):
    return {document.id for document in index.scan(parse(query))}


def test_row_numbers_sort_as_time_and_id_do():
    moments = [
        datetime(1, 1, 1, tzinfo=UTC),
        START,
        START + timedelta(seconds=1),
        datetime.max.replace(tzinfo=UTC),
    ]
    documents = [a_document(id=id_, published=at) for at in moments for id_ in ("00", "0fffff", "f" * 20)]
    rows = [docid(document) for document in documents]
    assert rows == sorted(set(rows))
    assert all(0 <= row < 2**63 for row in rows)
    assert moment(second(START)) == START
    low, high = bounds(START, START + timedelta(seconds=1))
    assert [low <= row <= high for row in rows] == [number // 3 == 1 for number in range(12)]
    assert id_bits("zebra") > id_bits("yak")


def test_tokens_of_values_keep_values_apart_and_prefixes_together():
    values = ["", "a", "a b", "a-b", "a_b", "_", "__", "ab", "人", "A", "5f", "_5f_"]
    assert len({value_token("term", value) for value in values}) == len(values)
    assert value_token("term", "a b").startswith(value_token("term", "a"))
    assert all(character.isalnum() or character == "_" for character in value_token("source", "人 & 脸"))
    assert value_token("url", "https://a.example/x") != value_token("url", "https://a.example/y")


def test_an_index_cut_by_other_rules_is_built_anew_when_next_written_to(database, index):
    index.put(a_document(n, title=f"word{n}") for n in range(1001))
    database.connection.execute("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')")
    database.connection.execute("UPDATE articles_meta SET value = 'older rules'")
    assert found(index, "word7") == set()
    SqliteIndex(database).put([a_document("new")])
    assert found(index, "word7 OR word1000") == {an_id(7), an_id(1000)}
    SqliteIndex(database).delete([an_id(7)])
    assert found(index, "word7") == set()


def test_many_rows_are_counted_as_few_are_and_after_every_write(tmp_path, database, index):
    documents = [
        a_document(n, labels=(a_label("domain", f"d{n % 7}"),), language=("en", "de")[n % 2])
        for n in range(2600)
    ]
    index.put(documents)
    index.put_groupings(a_grouping(n, copy_of="x") for n in range(100))
    reading = Database(tmp_path / "biowire.db", [SCHEMA], writer=False)
    reader = SqliteIndex(reading)
    for changed in (0, 10):
        index.put(a_document(n, language="fr") for n in range(100, 100 + changed))
        counts = reader.facets(Everything(), FACETS)
        language = Counter(document.language for document in reader.scan(Not(Is("copy"))))
        assert dict(counts["language"]) == language
        assert sum(count for _, count in counts["domain"]) == 2500 - changed
        assert reader.count() == 2500
    assert reader.counts() == {"documents": 2600, "stories": 0, "flagged": {}}
    reading.close()


def test_putting_the_same_words_again_leaves_the_inverted_index_alone(database, index):
    index.put([a_document("a", sightings=1)])
    before = database.connection.execute("SELECT id, block FROM articles_fts_data ORDER BY id").fetchall()
    index.put([a_document("a", sightings=2)])
    assert (
        database.connection.execute("SELECT id, block FROM articles_fts_data ORDER BY id").fetchall()
        == before
    )
    assert index.get(an_id("a")).sightings == 2


def test_ids_that_begin_alike_in_one_second_get_rows_of_their_own(index):
    index.put(
        [
            a_document(id="abcdef" + "0" * 14, title="first"),
            a_document(id="abcdef" + "1" * 14, title="second"),
        ]
    )
    index.put([a_document(id="abcdef" + "2" * 14, title="third")])
    index.put([a_document(id="abcdef" + "1" * 14, title="changed")])
    titles = [document.title for document in index.scan()]
    assert titles == ["first", "changed", "third"]
    assert found(index, "second") == set()


def test_what_a_failed_transaction_put_is_gone(database, index):
    index.put([a_document("kept", language="en")])

    def fail():
        with database.transaction():
            index.put([a_document("lost", language="xx", title="vanished")])
            index.put_groupings([a_grouping("kept", copy_of="lost")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert index.get(an_id("lost")) is None
    assert found(index, "vanished OR lang:xx OR is:copy") == set()
    index.put([a_document("again", language="xx")])
    assert index.facets(Everything(), ["language"])["language"] == (("en", 1), ("xx", 1))


def test_words_with_nul_and_underscores_are_cut_as_everywhere(index):
    index.put([a_document("a", title="one\0two three_four five\x1fsix")])
    for word in ("one", "two", "three", "four", "five", "six"):
        assert found(index, word) == {an_id("a")}, word
    assert columns(a_document(title="a_b\0c"))[0] == "a b c"


@pytest.mark.parametrize("after", ["x", "12", "-abc", "99999999999999-ab"])
def test_a_cursor_that_is_none_is_refused(index, after):
    with pytest.raises(UserError, match="is no place in a search"):
        index.search(Everything(), after=after)


def test_reading_never_waits_for_the_writer(tmp_path, database, index):
    index.put([a_document("a")])
    reading = sqlite3.connect(f"file:{tmp_path / 'biowire.db'}?mode=ro", uri=True, timeout=0)
    with database.transaction():
        index.put([a_document("b")])
        assert reading.execute("SELECT count(*) FROM articles").fetchone() == (1,)
    assert reading.execute("SELECT count(*) FROM articles").fetchone() == (2,)
    reading.close()


def test_what_is_kept_of_an_index_is_never_older_than_it(database, index):
    """Facet values are read once for all connections; each kind of write is seen by the next search."""
    reader = Database(database.path, [SCHEMA], writer=False)
    looking = SqliteIndex(reader)

    def counted():
        return looking.search(Everything(), facets=["source"], bars="day").total, looking.facets(
            Everything(), ["domain"]
        )["domain"]

    index.put(a_document(n) for n in range(3))
    assert counted() == (3, ())
    index.put([a_document(0, labels=(a_label("domain", "border"),))])
    assert counted() == (3, (("border", 1),))
    index.put_groupings([a_grouping(0, role="copy", copy_of=1)])
    assert counted() == (2, ())
    index.delete([an_id(1)])
    assert counted() == (1, ())
    with contextlib.suppress(InterruptedError), database.transaction():
        index.put([a_document(9)])
        assert index.search(Everything(), facets=["source"]).total == 2
        raise InterruptedError
    assert counted() == (1, ())
    assert index.search(Everything(), facets=["source"]).total == 1
    reader.close()


def test_only_the_rows_written_since_are_read_again_and_counts_are_those_of_all(database, index):
    """Whatever was written in whatever order; one reader has looked before, the other never has."""
    dice = random.Random(35)
    index.put(a_document(n, source=_source(n % 7)) for n in range(60))
    reader = Database(database.path, [SCHEMA], writer=False)
    looking, asked = SqliteIndex(reader), []
    reader.connection.set_trace_callback(asked.append)
    looking.facets(Everything())
    assert ALL_ROWS in asked
    asked.clear()
    for _ in range(40):
        one, other = dice.sample(range(80), 2)
        write = dice.choice([index.put, index.put, index.delete, index.put_groupings])
        if write == index.put:
            moved = START + timedelta(days=dice.randrange(4))  # and the row with it
            labels = (a_label("domain", dice.choice(["border", "police", f"domain {one}"])),)
            write([a_document(one, published=moved, labels=labels, source=_source(one)), a_document(other)])
        elif write == index.delete:
            write([an_id(one), an_id(other)])
        else:
            write([a_grouping(one, role="copy", copy_of=other), a_grouping(other)])
        if dice.random() < 0.7:
            assert looking.facets(Everything()) == _counted_one_by_one(index)
    assert ALL_ROWS not in asked
    reader.close()


def test_all_rows_are_read_where_much_was_written_or_the_store_is_from_before(tmp_path):
    old = Database(tmp_path / "old.db", [Schema(SCHEMA.name, SCHEMA.steps[:1])])
    old.connection.execute("INSERT INTO articles_meta VALUES ('counted', 'a mark of the old version')")
    old.close()
    reader = Database(tmp_path / "old.db", [SCHEMA], writer=False)
    looking = SqliteIndex(reader)
    assert looking.facets(Everything(), ["source"])["source"] == ()
    writer = Database(tmp_path / "old.db", [SCHEMA])
    for many in (range(40), range(20, 70), range(5)):
        SqliteIndex(writer).put(a_document(n, source=_source(n % 7)) for n in many)
        assert looking.facets(Everything()) == _counted_one_by_one(SqliteIndex(writer))
    reader.close()
    writer.close()


def _source(number):
    return Source(name=f"Source {number}", host=f"{number}.example", country="GB", kind="press")


ALL_ROWS = "SELECT docid, facets FROM counted ORDER BY docid"


def _counted_one_by_one(index):
    """By the documents themselves."""
    counts = {field: Counter() for field in FACETS}
    for document in index.scan(Everything(), copies=False):
        for field, value in dict.fromkeys(facets(document)):
            counts[field][value] += 1
    return {
        field: tuple(sorted(own.items(), key=lambda pair: (-pair[1], pair[0])))
        for field, own in counts.items()
    }


@pytest.mark.parametrize("copies", [True, False])
@pytest.mark.parametrize("period", [(None, None), (1, None), (None, 3), (1, 3)])
def test_all_of_a_period_are_as_many_whether_somebody_has_read_the_values_or_not(
    database, index, period, copies
):
    index.put(a_document(n, published=START + timedelta(days=n % 5)) for n in range(30))
    index.put_groupings(a_grouping(n, role="copy", copy_of=n + 1) for n in range(0, 30, 4))
    index.delete([an_id(4), an_id(5)])
    since, until = (None if one is None else START + timedelta(days=one) for one in period)
    asked = {"since": since, "until": until, "copies": copies}
    found = sum(1 for _ in index.scan(**asked))
    assert index.count(**asked) == found
    index.facets(Everything())  # reads them
    assert index.count(**asked) == found


def test_an_index_without_a_mark_is_counted_too(database, index):
    index.put(a_document(n) for n in range(3))
    database.connection.execute("DELETE FROM articles_meta WHERE key = 'counted'")
    assert index.search(Everything(), facets=["source"]).total == 3
    index.delete([an_id(1)])
    assert index.facets(Everything(), ["source"])["source"][0][1] == 2
