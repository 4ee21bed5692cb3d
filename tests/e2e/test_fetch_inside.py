"""Nothing a stranger writes makes us connect to our own side: a canary on loopback counts who comes."""

import asyncio
import contextlib
import socket

import pytest
from feed_server import FeedServer, answer, rss

from connectors.answers import Failed, Fetched, Kind
from connectors.guard import Guard
from connectors.http import Client
from connectors.settings import FetchSettings

SETTINGS = FetchSettings(connect_timeout=0.5, first_byte_timeout=0.5, total_timeout=1.0)

HOSTS = """
127.0.0.1 127.0.0.2 127.1 127.0.1 127.255.255.254 0 0.0.0.0 2130706433 0x7f000001 0x7F.0.0.1 0177.0.0.1
017700000001 0x7f.1 127.0.0.1. 127.00.00.01 000127.0.0.1 ①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 localhost LOCALHOST
localhost. ip6-localhost [::1] [::] [0:0:0:0:0:0:0:1] [0000::1] [::ffff:127.0.0.1] [::ffff:7f00:1]
[0:0:0:0:0:ffff:127.0.0.1] [::127.0.0.1] [::7f00:1] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1]
[64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:7f00:0001::1] [2001:0:7f00:1::] [fe80::1] [fe80::1%25lo] [fec0::1]
[fc00::1] user@127.0.0.1 user:secret@127.0.0.1 example.org@127.0.0.1 example.org:80@127.0.0.1
example.org%40127.0.0.1@127.0.0.1 127.0.0.1%2eexample.org@127.0.0.1 @127.0.0.1
""".split()  # noqa: SIM905 - a table reads better
TEMPLATES = [
    "http://127.0.0.1:{port}\\@example.invalid/",
    "http://example.invalid\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@example.invalid/",
    "http://127.0.0.1:{port}?@example.invalid/",
    "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "//127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\t/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nX: y",
    "HTTP://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET",
    "ws://127.0.0.1:{port}/",
    "http+unix://127.0.0.1:{port}/",
]
NAMES = [
    *(
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["0.0.0.0"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
    ),
    *(["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["fe80::1"], ["10.0.0.1"], ["169.254.169.254"], ["100.64.0.1"]),
]


def vectors(port: int) -> list[str]:
    return [f"http://{host}:{port}/" for host in HOSTS] + [one.format(port=port) for one in TEMPLATES]


@pytest.fixture
async def canary():
    """Listens on every loopback address; any connection at all is a hit."""
    hits: list[str] = []

    async def hit(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hits.append(str(writer.get_extra_info("peername")))
        writer.close()

    listener = socket.create_server(("0.0.0.0", 0))
    servers = [await asyncio.start_server(hit, sock=listener)]
    port = listener.getsockname()[1]
    if socket.has_ipv6:
        with contextlib.suppress(OSError):  # a machine without IPv6 has no such way in either
            servers.append(await asyncio.start_server(hit, "::1", port))
    yield port, hits
    for server in servers:
        server.close()
        await server.wait_closed()


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
