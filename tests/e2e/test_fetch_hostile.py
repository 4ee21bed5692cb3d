"""Servers that lie, hang, flood and break off: each ends as one sentence, soon, and harms no other feed."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
import time
import zlib

import brotli
import pytest
from feed_server import FeedServer, Request, answer, rss

from connectors.answers import Failed, Fetched, Kind
from connectors.http import Client
from connectors.settings import FetchSettings

MB = 1024 * 1024
FEED = rss("one", "two")


def settings(server, **changes):
    return FetchSettings(
        allow=server.allow,
        connect_timeout=0.5,
        first_byte_timeout=0.5,
        idle_timeout=0.5,
        total_timeout=1.5,
        max_bytes=2 * MB,
        max_decoded=8 * MB,
        **changes,
    )


@pytest.fixture
async def server():
    async with FeedServer() as server:
        yield server


@pytest.fixture
async def client(server):
    async with Client(settings(server)) as client:
        yield client


async def drip(_: Request, writer: asyncio.StreamWriter) -> None:
    """A header a moment, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Slow: yes\r\n")
        await writer.drain()
        await asyncio.sleep(0.1)


async def drip_body(_: Request, writer: asyncio.StreamWriter) -> None:
    """A byte a moment: never idle, never done."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"<")
        await writer.drain()
        await asyncio.sleep(0.1)


async def silence(_: Request, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def half(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(FEED)[:-200])
    await writer.drain()
    await asyncio.sleep(60)


async def endless(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        await writer.drain()


async def reset(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(FEED)[:-200])
    await writer.drain()
    writer.transport.abort()


async def hang_up(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def packed(size: int) -> bytes:
    return gzip.compress(b"\0" * size, 9)


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n"
LONG_HEADER = b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * MB + b"\r\n\r\n"

BAD = {
    "headers a drop at a time": (drip, Kind.TIMEOUT),
    "body a drop at a time": (drip_body, Kind.TIMEOUT),
    "silence": (silence, Kind.TIMEOUT),
    "silence half way": (half, Kind.TIMEOUT),
    "endless chunks": (endless, Kind.TOO_LARGE),
    "reset half way": (reset, Kind.PROTOCOL),
    "reset at once": (hang_up, Kind.CONNECT),
    "10,000 headers": (MANY_HEADERS, Kind.PROTOCOL),
    "a header of a megabyte": (LONG_HEADER, Kind.PROTOCOL),
    "no HTTP at all": (b"220 mail.example.org ESMTP\r\n", Kind.PROTOCOL),
    "nothing": (b"", Kind.CONNECT),
    "too large and says so": (answer(b"x", length=3 * MB), Kind.TOO_LARGE),
    "too large": (answer(b"x" * (3 * MB)), Kind.TOO_LARGE),
    "promises more than it sends": (answer(FEED, length=len(FEED) + 500), Kind.PROTOCOL),
    "gzip bomb": (answer(packed(40 * MB), Content_Encoding="gzip"), Kind.TOO_LARGE),
    "gzip bomb below the size limit": (answer(packed(6 * MB), Content_Encoding="gzip"), Kind.TOO_LARGE),
    "gzip bomb that does not say it is one": (answer(packed(40 * MB)), Kind.TOO_LARGE),
    "gzip in gzip": (
        answer(gzip.compress(packed(60 * MB), 9), Content_Encoding="gzip, gzip"),
        Kind.TOO_LARGE,
    ),
    "gzip around half a million empty ones": (
        answer(gzip.compress(gzip.compress(b"") * 500_000), Content_Encoding="gzip, gzip"),
        Kind.TOO_LARGE,
    ),
    "gzip in gzip in gzip": (answer(b"x", Content_Encoding="gzip, gzip, gzip"), Kind.PROTOCOL),
    "brotli bomb": (answer(brotli.compress(b"\0" * (30 * MB)), Content_Encoding="br"), Kind.TOO_LARGE),
    "deflate bomb": (
        answer(zlib.compress(b"\0" * (30 * MB), 9), Content_Encoding="deflate"),
        Kind.TOO_LARGE,
    ),
    "gzip cut off": (answer(gzip.compress(FEED.encode())[:-20], Content_Encoding="gzip"), Kind.PROTOCOL),
    "brotli cut off": (answer(brotli.compress(FEED.encode())[:-5], Content_Encoding="br"), Kind.PROTOCOL),
    "gzip that is none": (answer(FEED, Content_Encoding="gzip"), Kind.PROTOCOL),
    "brotli that is none": (answer(FEED, Content_Encoding="br"), Kind.PROTOCOL),
    "an encoding nobody asked for": (answer(FEED, Content_Encoding="zstd"), Kind.PROTOCOL),
    "304 to a question never asked": (answer(b"", 304), Kind.STATUS),
    "204": (answer(b"", 204), Kind.STATUS),
    "206": (answer(FEED, 206), Kind.STATUS),
    "300": (answer(b"", 300), Kind.STATUS),
    "404": (answer(b"no", 404), Kind.STATUS),
    "410": (answer(b"", 410), Kind.GONE),
    "500": (answer(b"", 500), Kind.STATUS),
    "999": (answer(b"", 999), Kind.STATUS),
    "redirect without target": (answer(b"", 302), Kind.STATUS),
    "redirect to nowhere": (answer(b"", 302, Location="http://[::1"), Kind.REFUSED),
    "redirect to a file": (answer(b"", 302, Location="file:///etc/passwd"), Kind.REFUSED),
    "redirect to itself": (answer(b"", 301, Location="/feed"), Kind.REDIRECT),
}


@pytest.mark.parametrize(("script", "kind"), BAD.values(), ids=BAD.keys())
async def test_a_bad_answer_is_a_sentence_within_two_seconds(server, client, script, kind):
    server.answers("/feed", script)
    started = time.monotonic()
    got = await client.get(server.url("/feed"))
    assert isinstance(got, Failed), got
    assert (got.kind, got.reason[0].isupper(), got.reason[-1]) == (kind, True, ".")
    assert time.monotonic() - started < 4


GOOD = {
    "gzip": answer(gzip.compress(FEED.encode()), Content_Encoding="gzip"),
    "x-gzip": answer(gzip.compress(FEED.encode()), Content_Encoding="x-gzip"),
    "gzip in two members": answer(
        gzip.compress(FEED[:100].encode()) + gzip.compress(FEED[100:].encode()), Content_Encoding="gzip"
    ),
    "gzip with padding": answer(gzip.compress(FEED.encode()) + b"\0" * 100, Content_Encoding="gzip"),
    "gzip that does not say so": answer(gzip.compress(FEED.encode()), Content_Type="application/xml"),
    "gzip twice": answer(gzip.compress(gzip.compress(FEED.encode())), Content_Encoding="gzip, gzip"),
    "deflate": answer(zlib.compress(FEED.encode()), Content_Encoding="deflate"),
    "deflate without its header": answer(raw_deflate(FEED.encode()), Content_Encoding="deflate"),
    "brotli": answer(brotli.compress(FEED.encode()), Content_Encoding="br"),
    "identity": answer(FEED, Content_Encoding="identity"),
    "without length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FEED.encode(),
    "203": answer(FEED, 203),
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD.keys())
async def test_a_good_answer_is_the_document(server, client, data):
    server.answers("/feed", data)
    got = await client.get(server.url("/feed"))
    assert isinstance(got, Fetched), got
    assert got.body == FEED.encode()


async def test_a_large_feed_that_compresses_well_is_no_bomb(server):
    body = rss(*(f"story-{number}" for number in range(10_000)), words=20)
    server.answers("/feed", answer(gzip.compress(body.encode()), Content_Encoding="gzip"))
    async with Client(settings(server)) as client:
        got = await client.get(server.url("/feed"))
    assert isinstance(got, Fetched), got
    assert len(got.body) == len(body.encode())


@pytest.mark.parametrize(("hops", "arrives"), [(1, True), (5, True), (6, False), (50, False)])
async def test_five_hops_are_followed(server, client, hops, arrives):
    for hop in range(hops):
        server.answers(f"/{hop}", answer(b"", 301, Location=f"/{hop + 1}"))
    server.answers(f"/{hops}", answer(FEED))
    got = await client.get(server.url("/0"))
    assert isinstance(got, Fetched) == arrives
    if arrives:
        assert got.permanent_url == got.final_url == server.url(f"/{hops}")


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [((301, 308), True), ((301, 302), False), ((307, 301), False), ((303,), False)],
)
async def test_only_a_chain_of_permanent_redirects_is_permanent(server, client, statuses, permanent):
    for hop, status in enumerate(statuses):
        server.answers(f"/{hop}", answer(b"", status, Location=f"/{hop + 1}"))
    server.answers(f"/{len(statuses)}", answer(FEED))
    got = await client.get(server.url("/0"))
    assert got.permanent_url == (got.final_url if permanent else "")


async def test_a_loop_of_two_is_found(server, client):
    server.answers("/a", answer(b"", 301, Location="/b"))
    server.answers("/b", answer(b"", 301, Location="/a"))
    got = await client.get(server.url("/a"))
    assert got.kind is Kind.REDIRECT
    assert len(server.requests) == 2


async def test_a_password_in_the_address_stays_with_its_host(server, client):
    async with FeedServer() as other:
        server.answers("/feed", answer(b"", 302, Location="/again"))
        server.answers(
            "/again", answer(b"", 302, Location=other.url("/x").replace("127.0.0.1", "u:p@127.0.0.1"))
        )
        other.answers("/x", answer(FEED))
        async with Client(FetchSettings(allow=(*server.allow, *other.allow))) as both:
            await both.get(server.url("/feed").replace("127.0.0.1", "me:secret@127.0.0.1"))
        assert [("authorization" in request.headers) for request in server.requests] == [True, True]
        assert "authorization" not in other.requests[0].headers


async def test_a_hanging_server_does_not_slow_the_others(server, client):
    server.answers("/hangs", silence)
    server.answers("/feed", answer(FEED))
    hanging = [asyncio.create_task(client.get(server.url("/hangs"))) for _ in range(20)]
    await asyncio.sleep(0.1)
    started = time.monotonic()
    assert isinstance(await client.get(server.url("/feed")), Fetched)
    assert time.monotonic() - started < 0.5
    assert {got.kind for got in await asyncio.gather(*hanging)} == {Kind.TIMEOUT}


async def test_the_environments_proxy_is_not_used(server, client, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    server.answers("/feed", answer(FEED))
    assert isinstance(await client.get(server.url("/feed")), Fetched)


async def test_no_cookie_is_kept(server, client):
    server.answers("/feed", answer(FEED, Set_Cookie="id=1"))
    await client.get(server.url("/feed"))
    await client.get(server.url("/feed"))
    assert "cookie" not in server.requests[1].headers
    assert server.requests[0].headers["user-agent"].startswith("biowire/")


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory):
    """A certificate nobody vouches for, made on the spot."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl command here to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=feeds.example", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "2"]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


async def test_a_certificate_nobody_vouches_for_is_refused_unless_the_feed_says_otherwise(self_signed):
    async with FeedServer(self_signed) as server, Client(settings(server)) as client:
        server.answers("/feed", answer(FEED))
        refused = await client.get(server.url("/feed"))
        taken = await client.get(server.url("/feed"), verify_tls=False)
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.reason) == (Kind.TLS, "The server's certificate is not valid.")
    assert isinstance(taken, Fetched)
