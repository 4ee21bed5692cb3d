"""API and pages on a socket: uvicorn in the event loop that is there, bound and ended by us."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvicorn

from connectors.console import Context
from connectors.errors import UserError
from streams.embedded import Instance

from .api.app import create_app
from .api.opening import InstanceWriting, Writing
from .api.tokens import Tokens
from .web.app import create_site

_log = logging.getLogger(__name__)

NEIGHBOURS = 20
"""Ports tried after a taken one, where the next free one will do."""

_GRACE = 3
"""Seconds that requests under way may take when the server ends."""
_CONNECTIONS = 200
_HEAD = 64 * 1024
"""Bytes of a request's head that are waited for; the wall is stricter, and says so."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens."""

    listening: socket.socket
    host: str

    @property
    def port(self) -> int:
        """The port, also when a free one was asked for."""
        return int(self.listening.getsockname()[1])

    @property
    def url(self) -> str:
        """What to open."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def listen(context: Context, host: str, port: int, *, neighbours: bool = False) -> Place:
    """Bind; port 0 takes a free one; `neighbours`: where it is taken, one of the next, or any free one.

    Raises UserError where it cannot be, and where strangers could ask without a token.
    """
    if not _only_here(host) and not Tokens(context.home / "tokens.toml").all():
        raise UserError(
            f"Others than this machine's users could reach {host}, and no token is defined. Make one by "
            "`biowire tokens add NAME`, or serve on 127.0.0.1."
        )
    tried = [port, *range(port + 1, min(port + NEIGHBOURS, 65535)), 0] if port and neighbours else [port]
    for one in tried:
        try:
            return Place(_bound(host, one), host)
        except OSError as cause:
            if cause.errno != errno.EADDRINUSE or one == tried[-1]:
                raise UserError(
                    f"The address {host}:{port} cannot be served on ({cause.strerror}). Choose another with "
                    "--host and --port, or web_host and web_port in the settings."
                ) from cause
    raise AssertionError(tried)  # never empty


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without a protocol, asyncio leaves Nagle's algorithm on: answers to a kept connection wait 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
        listening.setblocking(False)  # noqa: FBT003 - the standard library's
    except OSError:
        listening.close()
        raise
    return listening


def _only_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Server(uvicorn.Server):
    """Signals are the program's, which ends this as it ends everything else."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when it answers."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(context: Context, place: Place, writing: Writing) -> AsyncIterator[None]:
    """Serve while the body runs; requests under way may finish, for some seconds."""
    public = urlsplit(str(context.settings.get("public_url", ""))).netloc.lower()
    app, opening = create_app(context, writing, public, create_site)
    server = _Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=_GRACE,
            h11_max_incomplete_event_size=_HEAD,
        )
    )
    with place.listening:
        task = asyncio.create_task(server.serve(sockets=[place.listening]))
        try:
            ready = asyncio.create_task(server.ready.wait())
            await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            yield
        finally:
            opening.stopping.set()
            server.should_exit = True
            await task


@contextlib.asynccontextmanager
async def answering(
    context: Context, place: Place, instance: Instance, changed: Callable[[], None]
) -> AsyncIterator[None]:
    """Serve what this process itself writes; `changed` is told when the feed list was."""
    writing = InstanceWriting(context, instance, asyncio.get_running_loop(), changed)
    async with serving(context, place, writing):
        _log.info("answering", extra={"url": place.url})
        yield
