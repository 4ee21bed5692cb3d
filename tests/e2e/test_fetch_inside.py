"""Nothing a stranger writes makes us connect to our own side: a canary on loopback counts who comes."""

import pytest
from canary import NAMES, listening, vectors
from feed_server import FeedServer, answer, rss

from connectors.answers import Failed, Fetched, Kind
from connectors.guard import Guard
from connectors.http import Client
from connectors.settings import FetchSettings

SETTINGS = FetchSettings(connect_timeout=0.5, first_byte_timeout=0.5, total_timeout=1.0)


@pytest.fixture
async def canary():
    async with listening() as found:
        yield found


async def test_no_spelling_of_our_own_address_is_connected_to(canary):
    port, hits = canary
    urls = vectors(port)
    assert len(urls) >= 60
    async with Client(SETTINGS) as client:
        got = [await client.get(url) for url in urls]
    assert [answer.url for answer in got if not isinstance(answer, Failed)] == []
    assert hits == []


async def test_no_redirect_leads_there(canary):
    port, hits = canary
    async with FeedServer() as server:
        paths = []
        for number, url in enumerate(vectors(port)):
            if "\r" not in url:
                raw = (
                    f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
                server.answers(f"/{number}", raw.encode("utf-8"))
                paths.append(f"/{number}")
        async with Client(FetchSettings(allow=server.allow, total_timeout=1.0)) as client:
            got = [await client.get(server.url(path)) for path in paths]
    assert len(paths) >= 60
    assert [answer.url for answer in got if not isinstance(answer, Failed)] == []
    assert hits == []


@pytest.mark.parametrize("addresses", NAMES, ids=" ".join)
async def test_no_name_leads_there(canary, addresses):
    port, hits = canary

    async def lookup(host: str) -> list[str]:
        return addresses

    async with Client(SETTINGS, lookup=lookup) as client:
        got = await client.get(f"http://feeds.example:{port}/")
    assert isinstance(got, Failed)
    assert got.kind is Kind.REFUSED
    assert hits == []


async def test_a_name_that_changes_between_two_requests_leads_nowhere(canary):
    """Rebinding: public when asked first, ours when asked again."""
    port, hits = canary
    async with FeedServer() as server:
        first = answer(b"", 302, Location=f"http://rebound.example:{port}/")
        server.answers("/feed", first)
        replies = [["127.0.0.1"], ["127.0.0.1"], ["127.0.0.1"]]

        async def lookup(host: str) -> list[str]:
            return replies.pop(0)

        async with Client(FetchSettings(allow=server.allow, total_timeout=1.0), lookup=lookup) as client:
            got = await client.get(server.url("/feed"))
    assert isinstance(got, Failed)
    assert hits == []


async def test_the_socket_itself_is_refused_when_everything_before_was_deceived(canary):
    """The last question is asked of the address a socket is made for."""
    port, hits = canary

    class Credulous(Guard):
        def check_addresses(self, host, port, addresses):
            """Believes every resolver."""

    async with Client(SETTINGS) as client:
        client.guard = Credulous()
        client._resolver._guard = client.guard
        got = await client.get(f"http://localhost:{port}/")
    assert isinstance(got, Failed)
    assert hits == []


async def test_the_public_internet_may_not_redirect_to_what_only_the_user_may_ask():
    async with FeedServer() as server:
        server.answers("/feed", answer(rss("one")))
        guard = Guard(server.allow)
        async with Client(FetchSettings(allow=server.allow)) as client:
            here = guard.check_url("http://8.8.8.8/feed")
            with pytest.raises(Exception, match="from the public internet to one that is not"):
                await client._next(here, server.url("/feed"))
            assert isinstance(await client.get(server.url("/feed")), Fetched)


async def test_https_is_not_left_by_a_redirect():
    guard = Guard()
    async with Client(FetchSettings()) as client:
        with pytest.raises(Exception, match="from https to http"):
            await client._next(guard.check_url("https://8.8.8.8/feed"), "http://8.8.8.8/feed")
