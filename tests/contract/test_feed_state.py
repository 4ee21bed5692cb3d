"""What every FeedStateStore promises."""

import contextlib
import itertools
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from connectors.broker import Broker
from connectors.database import Database
from connectors.feed_topics import read_partitions
from connectors.records import Feed
from connectors.schedule import FetchState
from connectors.state.kafka import KafkaFeedStateStore
from connectors.state.memory import MemoryFeedStateStore
from connectors.state.sqlite import SCHEMA, SqliteFeedStateStore
from connectors.topic_writer import TopicWriter
from connectors.topics import feed_states, feeds

NOW = datetime(2026, 5, 4, 12, 30, 15, 123456, tzinfo=UTC)
A, B, C = (f"https://{name}.example/feed" for name in "abc")
STATE = FetchState(
    etag='W/"x"',
    last_modified="Mon, 04 May 2026 12:00:00 GMT",
    body_hash="00ff",
    next_fetch=NOW + timedelta(hours=1),
    interval=1234.5,
    failures=1.5,
    failure="Nothing there.",
    failing_since=NOW,
    last_document=NOW,
    entries=12,
    ttl=60,
    moved_from=("https://old.example/",),
)


PARTITIONS = 3
_numbers = itertools.count()


@pytest.fixture(scope="module")
def brokers(kafka):
    """Makes a broker with empty topics of feeds; what was made is deleted in the end."""
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    made = []

    def fresh() -> Broker:
        prefix = f"t{secrets.token_hex(4)}.{next(_numbers)}."
        broker = Broker(hosts=(kafka.bootstrap,), prefix=prefix, partitions=PARTITIONS)
        topics = [feeds(broker), feed_states(broker)]
        settings = {"cleanup.policy": "compact"}
        topic = {"num_partitions": PARTITIONS, "replication_factor": 1, "configs": settings}
        admin.create_topics(dict.fromkeys(topics, topic), wait_for_metadata=True)
        made.extend(topics)
        return broker

    yield fresh
    admin.delete_topics(made)
    admin.close()


@contextlib.contextmanager
def kafka_store(broker, held=range(PARTITIONS), **options):
    writer = TopicWriter(broker)
    store = KafkaFeedStateStore(broker, PARTITIONS, writer, **options)
    store.hold(read_partitions(broker, held))
    try:
        yield store
        writer.flush(10)
    finally:
        writer.close(1)


@pytest.fixture(params=["memory", "sqlite", pytest.param("kafka", marks=pytest.mark.servers)])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryFeedStateStore()
        return
    if request.param == "kafka":
        with kafka_store(request.getfixturevalue("brokers")()) as store:
            yield store
        return
    database = Database(tmp_path / "biowire.db", [SCHEMA])
    yield SqliteFeedStateStore(database)
    database.close()


def urls(feeds):
    return [known.feed.url for known in feeds]


def test_feeds_are_added_once_and_listed_by_url(store):
    assert store.add([Feed(url=B), Feed(url=A, title="first"), Feed(url=A, title="second")]) == 2
    assert store.add([Feed(url=A, title="third"), Feed(url=C)]) == 1
    assert urls(store.all()) == [A, B, C]
    assert store.get(A).feed.title == "first"
    assert store.get("https://unknown.example/") is None


def test_all_fields_of_a_feed_and_its_state_come_back(store):
    feed = Feed(
        url=A,
        title="Zeitung",
        group=("News", "Law"),
        language="de",
        country="DE",
        kind="press",
        perspective="mainstream",
        full_text="always",
        interval=300,
        verify_tls=False,
    )
    store.add([feed])
    store.save(A, STATE, b"\x00\x01")
    assert (store.get(A).feed, store.get(A).state, store.seen(A)) == (feed, STATE, b"\x00\x01")


def test_nothing_becomes_of_a_list_of_which_one_cannot_be_added(store):
    def feeds():
        yield Feed(url=A)
        raise OSError("the file broke off")

    with pytest.raises(OSError, match="broke off"):
        store.add(feeds())
    assert store.all() == []


def test_due_are_those_whose_time_has_come_longest_waiting_first(store):
    store.add([Feed(url=A), Feed(url=B), Feed(url=C)])
    store.save(A, FetchState(next_fetch=NOW))
    store.save(B, FetchState(next_fetch=NOW + timedelta(microseconds=1)))
    assert urls(store.due(NOW, 10)) == [C, A]
    assert urls(store.due(NOW, 1)) == [C]
    assert urls(store.due(NOW + timedelta(seconds=1), 10)) == [C, A, B]


def test_next_due_is_the_earliest_time(store):
    assert store.next_due() is None
    store.add([Feed(url=A), Feed(url=B)])
    assert store.next_due() <= NOW
    store.save(A, FetchState(next_fetch=NOW + timedelta(hours=2)))
    store.save(B, FetchState(next_fetch=NOW + timedelta(hours=1)))
    assert store.next_due() == NOW + timedelta(hours=1)


def test_a_retired_feed_stays_listed_and_is_never_due(store):
    store.add([Feed(url=A)])
    store.save(A, FetchState(retired="Gone for good."))
    assert store.due(NOW + timedelta(days=9999), 10) == []
    assert store.next_due() is None
    assert store.get(A).state.retired


def test_saving_without_seen_keeps_what_was_seen(store):
    store.add([Feed(url=A)])
    store.save(A, STATE, b"seen")
    store.save(A, FetchState())
    assert store.seen(A) == b"seen"
    store.save(A, FetchState(), b"")
    assert store.seen(A) == b""


def test_a_feed_that_moves_takes_everything_along(store):
    store.add([Feed(url=A, title="Paper", country="GB")])
    store.save(A, STATE, b"seen", moved_to=B)
    assert urls(store.all()) == [B]
    assert (store.get(B).feed.title, store.get(B).feed.country) == ("Paper", "GB")
    assert store.get(B).state.moved_from == ("https://old.example/", A)
    assert store.get(B).state.next_fetch == STATE.next_fetch
    assert store.seen(B) == b"seen"


def test_a_feed_that_moves_onto_another_leaves_that_one_as_it_is(store):
    store.add([Feed(url=A, title="old"), Feed(url=B, title="new")])
    store.save(A, STATE, b"seen", moved_to=B)
    assert urls(store.all()) == [B]
    assert store.get(B).feed.title == "new"
    assert store.seen(B) == b""


def test_update_changes_the_feed_and_not_its_state(store):
    store.add([Feed(url=A)])
    store.save(A, STATE, b"seen")
    store.update(Feed(url=A, title="named"))
    assert (store.get(A).feed.title, store.get(A).state, store.seen(A)) == ("named", STATE, b"seen")


def test_a_feed_removed_while_it_was_fetched_stays_removed(store):
    store.add([Feed(url=A)])
    assert store.remove(A)
    assert not store.remove(A)
    store.save(A, STATE, b"seen", moved_to=B)
    store.update(Feed(url=A))
    assert store.all() == []
    assert store.seen(A) == b""


def test_everything_survives_a_restart(tmp_path):
    path = tmp_path / "biowire.db"
    database = Database(path, [SCHEMA])
    store = SqliteFeedStateStore(database)
    store.add([Feed(url=A)])
    store.save(A, STATE, b"seen")
    database.close()
    again = Database(path, [SCHEMA])
    try:
        assert SqliteFeedStateStore(again).get(A).state == STATE
        assert SqliteFeedStateStore(again).seen(A) == b"seen"
    finally:
        again.close()


def test_saving_joins_the_transaction_around_it(tmp_path):
    database = Database(tmp_path / "biowire.db", [SCHEMA])
    try:
        store = SqliteFeedStateStore(database)
        store.add([Feed(url=A)])
        with contextlib.suppress(RuntimeError), database.transaction():
            store.save(A, STATE, b"seen")
            raise RuntimeError
        assert store.get(A).state == FetchState()
    finally:
        database.close()


@pytest.mark.servers
def test_everything_survives_in_the_topics(brokers):
    broker = brokers()
    with kafka_store(broker) as store:
        store.add([Feed(url=A, title="kept"), Feed(url=B), Feed(url=C)])
        store.save(A, STATE, b"seen")
        store.save(B, STATE, b"seen", moved_to="https://d.example/feed")
        store.remove(C)
    with kafka_store(broker) as again:
        assert urls(again.all()) == [A, "https://d.example/feed"]
        assert (again.get(A).feed.title, again.get(A).state, again.seen(A)) == ("kept", STATE, b"seen")
        assert again.seen("https://d.example/feed") == b"seen"
        assert again.get("https://d.example/feed").state.moved_from == ("https://old.example/", B)
        again.add([Feed(url=B), Feed(url=C)])
        assert again.get(B).state == again.get(C).state == FetchState()
