"""A real HTTPS endpoint on loopback for tests: keeps what it is sent and answers as it is told."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class WebhookServer:
    """`async with WebhookServer(tls) as server`: answers 204, or what `answers` holds, one after the other.

    An answer is a status, a response, or `hang`, `drop`.
    """

    tls: ssl.SSLContext | None = None
    answers: list[object] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}/hook"

    async def __aenter__(self):
        server = web.Server(self._answer)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.received.append(Received(request.path, dict(request.headers), await request.read()))
        answer = self.answers.pop(0) if self.answers else 204
        if answer == "hang":
            await asyncio.sleep(600)
        if answer == "drop":
            request.transport.abort()
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.Response(status=answer if isinstance(answer, int) else 200)
