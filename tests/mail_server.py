"""Real mail servers on loopback for tests: aiosmtpd, and one that says what a script tells it to."""

import asyncio
import contextlib
import ssl
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class MailServer:
    """`async with MailServer() as server`: takes mail as aiosmtpd does, and keeps it in `mails`."""

    tls: ssl.SSLContext | None = None
    """For STARTTLS; with `wrapped`, from the first byte."""
    wrapped: bool = False
    login: tuple[str, str] | None = None
    rcpt: str = ""
    """Answer to RCPT instead of 250."""
    data: str = ""
    """Answer to the text instead of 250."""
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    port: int = 0

    async def __aenter__(self):
        self._sessions: set[SMTP] = set()
        self._server = await asyncio.get_running_loop().create_server(
            self._session, "127.0.0.1", 0, ssl=self.tls if self.wrapped else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for one in self._sessions:
            if one.transport is not None:
                one.transport.abort()
        await self._server.wait_closed()
        tasks = [one._handler_coroutine for one in self._sessions if one._handler_coroutine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _session(self):
        starttls = self.tls if not self.wrapped else None
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message=".*auth", category=UserWarning
            )  # it advises TLS with a login
            one = SMTP(
                self,
                hostname="mail.test",
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=self._knows if self.login else None,
                auth_required=self.login is not None,
                auth_require_tls=False,
                loop=asyncio.get_running_loop(),
            )
        self._sessions.add(one)
        return one

    def _knows(self, server, session, envelope, mechanism, data):
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login.decode(), data.password.decode()) == self.login, handled=False)

    async def handle_RCPT(self, server, session: Session, envelope: Envelope, address: str, options):  # noqa: N802
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session: Session, envelope: Envelope):  # noqa: N802
        if self.data:
            return self.data
        self.envelopes.append(envelope)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


SCRIPT = ("220 test", "250 test", "250 sender", "250 receiver", "354 go on", "250 taken")
"""What a server says from greeting to the end of the text."""


@contextlib.asynccontextmanager
async def scripted(*script: str, then: str = "close", hanging: asyncio.Event | None = None):
    """A server that says these lines, one for each command; then it closes, or hangs. Yields the port.

    The sixth answers the text. `hanging` is set when the script is over.
    """
    connections: set[asyncio.Task] = set()

    async def converse(reader, writer):
        connections.add(asyncio.current_task())
        try:
            for number, line in enumerate(script):
                if number == 5:
                    await reader.readuntil(b"\r\n.\r\n")
                elif number:
                    await reader.readline()
                writer.write(line.encode() + b"\r\n")
                await writer.drain()
            if len(script) == 5:
                await reader.readuntil(b"\r\n.\r\n")
            if hanging is not None:
                hanging.set()
            if then == "hang":
                await asyncio.sleep(600)
            while then == "drip":
                writer.write(b"2")
                await writer.drain()
                await asyncio.sleep(0.05)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await server.wait_closed()
