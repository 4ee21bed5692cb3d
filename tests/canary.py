"""A listener on every loopback address that nothing may ever reach, and the ways people try to."""

import asyncio
import contextlib
import socket

INSIDE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.1.2.3 127.255.255.255
169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1
192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255 :: ::1 ::7f00:1 ::a00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 100::1 2001::1 2001:0:7f00:1::
2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1:: 2002:c0a8:101::1 3fff::1 5f00::1 fc00::1 fd00::1
fd12:3456:789a::1 fe80::1 febf::1 fec0::1 feff::1 ff02::1 ff05::2 ff0e::1
""".split()  # noqa: SIM905 - a table reads better
"""An address or two of every network that is not public."""

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


@contextlib.asynccontextmanager
async def listening():
    """Yields its port and who came, which has to stay empty."""
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
    try:
        yield port, hits
    finally:
        for server in servers:
            server.close()
            await server.wait_closed()
