"""Feeds over real HTTP to published items, and what the service remembers of each."""

from datetime import UTC, datetime

import pytest
from feed_server import FeedServer, answer, rss

from connectors.http import Client
from connectors.publish.memory import MemoryPublisher
from connectors.reader import Reader
from connectors.records import Feed
from connectors.schedule import FetchState
from connectors.service import Service
from connectors.settings import FetchSettings
from connectors.state.memory import MemoryFeedStateStore

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ARTICLE = """<html lang="en"><head><title>A</title></head><body><nav>Menu one two</nav><article><h1>A</h1>
<p>{}</p><p>{}</p></article></body></html>""".format(
    "The council voted on Tuesday to stop the trial of face recognition in its stations. " * 4,
    "Campaigners said the decision came late, and that the pictures taken should be deleted. " * 4,
)


class World:
    """One service with everything it needs; `at(now)` runs it once."""

    def __init__(self, server: FeedServer, client: Client, reader: Reader, settings: FetchSettings) -> None:
        self.server, self.store, self.publisher = server, MemoryFeedStateStore(), MemoryPublisher()
        self.client, self.reader, self.settings = client, reader, settings

    def new_service(self) -> Service:
        return Service(
            client=self.client,
            store=self.store,
            publisher=self.publisher,
            reader=self.reader,
            settings=self.settings,
        )

    def feed(self, url: str, **fields: object) -> str:
        self.store.add([Feed(url=url, **fields)])
        return url

    async def at(self, now: datetime):
        async with self.new_service() as service:
            return await service.run_once(now)

    def state(self, url: str) -> FetchState:
        known = self.store.get(url)
        assert known is not None
        return known.state

    @property
    def titles(self) -> list[str]:
        return [item.title for item in self.publisher.items]


@pytest.fixture(scope="module")
def reader():
    with Reader() as reader:
        yield reader


@pytest.fixture
async def world(reader):
    async with FeedServer() as server:
        settings = FetchSettings(
            allow=server.allow,
            host_delay=0.0,
            connect_timeout=1,
            first_byte_timeout=0.5,
            idle_timeout=0.5,
            total_timeout=1.0,
        )
        async with Client(settings) as client:
            yield World(server, client, reader, settings)


async def test_entries_of_a_feed_are_published_once(world):
    url = world.feed(world.server.answers("/feed", answer(rss("one", "two"), ETag='"a"')))
    report = await world.at(NOW)
    assert world.titles == ["one", "two"]
    assert report.feeds["fetched"] == 1
    assert (report.entries, report.items) == (2, 2)
    assert world.state(url).etag == '"a"'
    assert world.state(url).next_fetch > NOW


async def test_pages_of_stubs_are_fetched_once(world):
    stub = rss("one", words=5, link=world.server.url())
    url = world.feed(world.server.answers("/feed", answer(stub), answer(stub + "<!-- -->")))
    world.server.answers("//one", answer(ARTICLE, Content_Type="text/html"))
    await world.at(NOW)
    assert "stop the trial" in world.publisher.items[0].text
    assert "Menu" not in world.publisher.items[0].text
    await world.at(world.state(url).next_fetch)
    assert len(world.server.asked("//one")) == 1
