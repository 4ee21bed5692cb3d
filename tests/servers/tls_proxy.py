"""Puts TLS in front of a server on loopback that speaks none, so that certificates can be tested."""

import asyncio
import contextlib
import threading
from typing import Any, Self

from .certificates import Certificates
from .process import free_port


class TlsProxy:
    """`with TlsProxy("127.0.0.1:9200", certificates) as proxy: … proxy.address`; runs in a thread of its own."""

    def __init__(self, target: str, certificates: Certificates, port: int | None = None) -> None:
        self.port = port or free_port()
        host, _, target_port = target.rpartition(":")
        self._target = (host, int(target_port))
        self._certificates = certificates
        self._listening = threading.Event()
        self._over = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listening.wait(10):
            raise RuntimeError(f"the TLS proxy does not listen at {self.address}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_keep_quiet)
        server = await asyncio.start_server(
            self._connect, "127.0.0.1", self.port, ssl=self._certificates.context()
        )
        self._listening.set()
        await self._over.wait()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0.05)  # for the pumps to see it

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back_reader, back_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()  # the client sees what it would see of a proxy whose server is away
            return
        ends = {writer, back_writer}
        self._writers |= ends
        pumps = [
            asyncio.create_task(_pump(reader, back_writer)),
            asyncio.create_task(_pump(back_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for end in ends:
                end.close()
            self._writers -= ends


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.CancelledError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def _keep_quiet(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A client that refuses our certificate is what is tested, not a fault of the proxy."""
    error = context.get("exception")
    if error is not None and not isinstance(error, OSError):
        raise error
