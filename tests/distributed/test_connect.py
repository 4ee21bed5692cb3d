"""Connectors on a real broker: nothing lost, nothing remembered too early, feeds shared and taken over."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import itertools
import json
import time
import warnings
from dataclasses import replace
from datetime import UTC, datetime

import psutil
import pytest
from feed_server import FeedServer, Request, answer, rss
from kafka import KafkaAdminClient
from servers import Kafka

from connectors.connector import Connector
from connectors.errors import TransientError, UserError
from connectors.feed_editor import add_feeds, feed_editor
from connectors.feed_topics import read_partitions
from connectors.normalize import address, item_from_json
from connectors.publish.kafka import KafkaPublisher
from connectors.publish.messages import BODY_LIMIT
from connectors.records import Feed, Item
from connectors.schedule import FetchState
from connectors.settings import FetchSettings
from connectors.state.kafka import KafkaFeedStateStore
from connectors.topic_writer import TopicWriter
from connectors.topics import connectors_group, partition_of, partition_of_feed
from dashboards.cli import main
from streams.publish_items import publish_items

from .fast_days import hurrying, loopback, quick
from .feed_world import World, connector, published, titles, topics, until

pytestmark = pytest.mark.servers
NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


@pytest.fixture
def broker(kafka, prefix):
    with topics(kafka.bootstrap, prefix) as broker:
        yield broker


@pytest.fixture(scope="module")
def own(servers_home):
    """A broker that may be frozen and killed."""
    with Kafka(servers_home / "connect") as server:
        yield server


LONG = "word " * 4000


@pytest.fixture(autouse=True)
def sockets():
    """kafka-python leaves those of failed attempts to the garbage collector."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def item(number: int, text: str = "word") -> Item:
    url = f"https://h{number % 20}.example/{number}"
    return Item(feed_url="https://f.example/", title=f"Story {number}", link=url, text=text)


# items


async def test_items_of_one_host_lie_in_one_partition_in_their_order(broker):
    publisher = KafkaPublisher(broker, clock=lambda: NOW)
    try:
        await publisher.publish([item(number) for number in range(300)])
    finally:
        await asyncio.to_thread(publisher.close)
    found = published(broker)
    assert sorted(one.key.decode() for _, one in found) == sorted(address(item(n))[0] for n in range(300))
    for place, one in found:
        assert place == partition_of(address(item_from_json(one.value))[1], broker.partitions)
        assert dict(one.headers) == {"received": b"1777897800000000"}
    for host in range(20):
        numbers = [int(json.loads(one.value)["link"].rsplit("/", 1)[1]) for _, one in found]
        assert [n for n in numbers if n % 20 == host] == sorted(n for n in numbers if n % 20 == host)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # kafka-python's, as in `sockets`
async def test_while_the_broker_is_frozen_publishing_waits_in_bounded_memory_and_gives_back(own, prefix):
    """Without a bound of ours these 200 MB would lie in memory."""
    with topics(own.bootstrap, prefix) as broker:
        publisher = KafkaPublisher(broker, delivery=6.0)
        try:
            await publisher.publish([item(0)])
            before, busy = psutil.Process().memory_info().rss, time.process_time()
            own.freeze()
            tries = [
                asyncio.create_task(publisher.publish([item(n * 100 + m, LONG) for m in range(100)]))
                for n in range(100)
            ]
            beats = 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(4):
                    while True:
                        await asyncio.sleep(0.05)
                        beats += 1
            grown = (psutil.Process().memory_info().rss - before) / 1024 / 1024
            assert beats > 50, "the event loop was blocked"
            assert grown < 60, f"{grown:.0f} MB"
            assert not any(one.done() for one in tries), "nothing is confirmed"
            assert time.process_time() - busy < 2.5, "nothing to do, so nothing is done"
            results = await asyncio.gather(*tries, return_exceptions=True)
            assert all(isinstance(one, TransientError) for one in results)
            own.thaw()
            async with asyncio.timeout(60):
                while True:  # what is given back is brought again, as a feed does it
                    with contextlib.suppress(TransientError):
                        await publisher.publish([item(1), item(2)])
                        break
        finally:
            own.thaw()
            await asyncio.to_thread(publisher.close)
        assert {"Story 0", "Story 1", "Story 2"} <= set(titles(broker))


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # kafka-python's, as in `sockets`
async def test_a_feed_moves_on_only_after_its_items_are_confirmed(own, prefix):
    """The broker dies while a document is served; when it is back, all of the document comes again."""
    with topics(own.bootstrap, prefix) as broker:
        async with FeedServer() as server:
            tag, names = '"1"', [f"story-{n}" for n in range(30)]

            async def deadly(_: Request, writer: asyncio.StreamWriter) -> None:
                own.kill()
                writer.write(answer(rss(*names), ETag=tag))

            url = server.answers("/feed", deadly, answer(rss(*names), ETag=tag))
            url = url.replace("127.0.0.1", "h.example")
            add_feeds(broker, [Feed(url=url, full_text="never")])
            settings = FetchSettings(allow=server.allow, host_delay=0.0, pages=False)
            async with (
                Connector(broker, settings, "one", lookup=loopback, clock=quick, delivery=3.0) as connect,
                running(connect),
                hurrying(connect),
            ):
                await until(lambda: len(server.requests) > 1, 30)
                assert all("if-none-match" not in request.headers for request in server.requests)
                known = connect.store.get(url)
                assert known is None or (known.state.etag, connect.store.seen(url)) == ("", b"")
                await asyncio.to_thread(own.start)
                await until(lambda: (known := connect.store.get(url)) and known.state.etag == tag, 60)
        assert set(titles(broker)) == set(names)


@contextlib.asynccontextmanager
async def running(connect):
    stop = asyncio.Event()
    task = asyncio.create_task(connect.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await task


# several connectors


async def test_connectors_share_feeds_and_take_over_those_of_one_that_is_killed(broker):
    async with FeedServer() as server:
        world = World(server, hosts=16)
        world.follow(broker)
        async with connector(broker, "a", server.port, delay=0.3) as first:
            await until(lambda: len(world.offered) == 16, 20)
            async with connector(broker, "b", server.port, delay=0.3) as second:
                await until(lambda: _members(broker) == 2, 30)
                await asyncio.sleep(4)
                second.kill()
                mark = len(server.requests)
                took = await until(lambda: len({one.path for one in server.requests[mark:]}) == 16, 40)
                assert took < 10 + 5, "session timeout and reload"
                async with connector(broker, "b", server.port, delay=0.3) as again:
                    await until(lambda: _members(broker) == 2, 30)
                    await asyncio.sleep(3)
                    first.kill()
                    await asyncio.sleep(1)
                    async with connector(broker, "a", server.port, delay=0.3) as restarted:
                        await world.settled(40)
                        items = [await one.terminate() for one in (again, restarted)]
        assert all(one["feeds"]["fetched"] + one["feeds"]["not_modified"] > 0 for one in items), "both worked"
    assert set(titles(broker)) == world.stories
    assert _shortest_pause(server) > 0.3 * 0.9, "no host was asked by two at once"


def _members(broker) -> int:
    """Members of the group that have partitions."""
    admin = KafkaAdminClient(bootstrap_servers=list(broker.hosts))
    try:
        group = admin.describe_groups([connectors_group(broker)])
    finally:
        admin.close()
    return str(group).count("group_instance_id") if "Stable" in str(group) else 0


def _shortest_pause(server) -> float:
    times: dict[str, list[float]] = {}
    for one in server.requests:
        times.setdefault(one.host, []).append(one.at)
    return min(after - before for row in times.values() for before, after in itertools.pairwise(row))


async def test_two_connectors_of_one_name_are_told_apart(broker, tmp_path):
    settings = FetchSettings(pages=False)
    async with Connector(broker, settings, "same") as first, Connector(broker, settings, "same") as second:
        stop = asyncio.Event()
        older = asyncio.create_task(first.run(stop))
        await until(lambda: first.store.held, 20)
        async with running(second):
            with pytest.raises(UserError, match="Another connector runs as `same`"):
                async with asyncio.timeout(30):
                    await older


async def test_changes_of_the_list_are_followed_while_running(broker):
    async with FeedServer() as server:
        urls = [
            server.answers(f"/{name}", answer(rss(f"story-{name}"))).replace("127.0.0.1", f"{name}.example")
            for name in "abc"
        ]
        gone = server.answers("/gone", answer("", 410), answer(rss("story-back")))
        gone = gone.replace("127.0.0.1", "gone.example")
        settings = FetchSettings(allow=server.allow, host_delay=0.0, pages=False)
        add_feeds(broker, [Feed(url=urls[0]), Feed(url=gone)])
        async with (
            Connector(broker, settings, "one", lookup=loopback) as connect,
            running(connect),
        ):
            await until(lambda: connect.report.feeds["fetched"] + connect.report.feeds["retired"] == 2, 20)
            assert connect.store.get(gone).state.retired
            await asyncio.to_thread(add_feeds, broker, [Feed(url=urls[1])])
            await until(lambda: connect.report.feeds["fetched"] == 2, 10)

            def edit() -> None:
                with feed_editor(broker) as feeds:
                    feeds.remove(urls[0])
                    feeds.update(Feed(url=urls[1], title="named"))
                    retired = feeds.get(gone).state
                    feeds.save(gone, replace(retired, retired="", failures=0.0, next_fetch=None))

            await asyncio.to_thread(edit)
            await until(lambda: connect.report.feeds["fetched"] == 3, 10)
            assert [known.feed.url for known in connect.store.all()] == sorted([urls[1], gone])
            assert connect.store.get(urls[1]).feed.title == "named"
            assert connect.store.get(urls[1]).state.last_document is not None, "its state stays"
        with feed_editor(broker) as feeds:
            assert feeds.get(gone).state.retired == ""
            assert feeds.get(urls[0]) is None
    assert set(titles(broker)) == {"story-a", "story-b", "story-back"}


@pytest.mark.parametrize("listed", [False, True], ids=["to a new place", "onto a feed of the list"])
async def test_a_feed_moves_to_a_partition_that_another_holds(broker, listed):
    old, new = "https://old.example/feed", "https://new.example/feed"
    here, there = (partition_of_feed(url, broker.partitions) for url in (old, new))
    assert here != there
    add_feeds(broker, [Feed(url=old, title="old"), *([Feed(url=new, title="new")] if listed else [])])
    writer = TopicWriter(broker)
    try:
        mine = KafkaFeedStateStore(broker, broker.partitions, writer)
        mine.hold(read_partitions(broker, [here]))
        mine.save(old, FetchState(etag="x"), b"seen", moved_to=new)
        assert mine.all() == []
        writer.flush(10)
    finally:
        writer.close(1)
    with feed_editor(broker) as feeds:
        assert [one.feed.url for one in feeds.all()] == [new]
        assert feeds.get(new).feed.title == ("new" if listed else "old")
        assert (feeds.get(new).state.etag, feeds.seen(new)) == (("", b"") if listed else ("x", b"seen"))


# files


def lines(number: int) -> list[bytes]:
    good = [
        json.dumps({"feed_url": "f", "title": f"T{n}", "link": f"https://h{n % 9}.example/{n}"}).encode()
        for n in range(number)
    ]
    long = json.dumps(
        {
            "feed_url": "f",
            "title": "long",
            "link": "https://l.example/",
            "content_html": "x" * (BODY_LIMIT + 1),
        }
    ).encode()
    return [*good, b"no item", b'{"title": {}}', long, b"y" * (BODY_LIMIT + 1)]


def test_a_file_arrives_whole_and_once(broker, tmp_path, capsys):
    file = tmp_path / "items.jsonl.gz"
    file.write_bytes(gzip.compress(b"\n".join(lines(3000))))
    command = [
        "ingest",
        str(file),
        "--broker",
        f"kafka://{broker.hosts[0]}",
        "--home",
        str(tmp_path),
        "--json",
    ]
    environment = pytest.MonkeyPatch()
    environment.setenv("BIOWIRE_TOPIC_PREFIX", broker.prefix)
    try:
        assert main(command) == 0
        first = json.loads(capsys.readouterr().out)
        assert main(command) == 0
        second = json.loads(capsys.readouterr().out)
    finally:
        environment.undo()
    assert (first["entries"], first["published"]) == (3004, 3004)
    assert (second["entries"], second["published"], second["published_before"]) == (3004, 0, 3004)
    found = [one for _, one in published(broker)]
    assert len(found) == 3004
    assert len({one.value for one in found} & set(lines(3000))) == 3002, "what fits comes as it is"
    assert all(len(one.value) <= BODY_LIMIT for one in found)
    assert len({dict(one.headers)["received"] for one in found}) == 1


def test_an_import_goes_on_where_it_was_with_the_time_of_its_start(broker, tmp_path):
    file = tmp_path / "items.jsonl"
    file.write_bytes(b"\n".join(lines(2500)[:2500]) + b"\n" + b"z" * (16 * 1024 * 1024 + 2))
    with pytest.raises(UserError, match="2500 lines before it are kept"):
        publish_items(broker, tmp_path, str(file), NOW)
    with pytest.raises(UserError, match="2500 lines before it are kept"):
        publish_items(broker, tmp_path, str(file), datetime(2027, 1, 1, tzinfo=UTC))
    found = [one for _, one in published(broker)]
    assert len(found) == 2500
    assert {dict(one.headers)["received"] for one in found} == {b"1777897800000000"}
