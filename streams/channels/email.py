"""Alerts by mail: one message to one address through one server, text and HTML side by side.

    Message ─► EmailMessage ─► SMTP: MAIL, RCPT, DATA ─► taken | later | never

Mail cannot be sent exactly once: when the connection breaks after the text is handed over, nobody knows
whether the server took it. The next try has the same Message-ID, by which many servers and readers drop the
second; `Later.uncertain` says that it may be one.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

from ..core.alerts.message import Message
from ..core.alerts.phrasing import one_line
from . import Later, Never
from .letter import letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The mail server that takes our messages. The password is not shown."""

    host: str = "localhost"
    port: int = 25
    tls: str = "none"
    """none, starttls or tls."""
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = "biowire@localhost"
    ca: str = ""
    """PEM file of the authority behind its certificate; empty: the system's."""

    @property
    def name(self) -> str:
        """HOST:PORT, for people."""
        return f"{self.host}:{self.port}"


class Email:
    """To one receiver."""

    knows_repeats = False

    def __init__(
        self, receiver: str, server: Server, *, clock: Callable[[], datetime], seconds: float = 30.0
    ) -> None:
        self._receiver, self._server, self._clock, self._seconds = receiver, server, clock, seconds

    async def send(self, message: Message) -> None:
        """See the port. A try ends after `seconds`, whatever the server does."""
        now = self._clock()
        text = await asyncio.to_thread(letter, message, self._receiver, self._server.sender, now)
        attempt = _Attempt(self._server, self._receiver, text, self._seconds)
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.to_thread(attempt.run)
        except TimeoutError as cause:
            raise Later(
                f"The mail server {self._server.name} took longer than {self._seconds:g} s.",
                uncertain=attempt.handed_over,
            ) from cause
        finally:
            attempt.break_off()


class _Attempt:
    """One conversation with the server, in a thread of its own."""

    def __init__(self, server: Server, receiver: str, text: EmailMessage, seconds: float) -> None:
        self._server, self._receiver, self._text, self._seconds = server, receiver, text, seconds
        self._smtp: smtplib.SMTP | None = None
        self._reached = self._stopped = False
        self.handed_over = False
        """Whether the end of the text may have reached the server."""

    def run(self) -> None:
        """Raises Later or Never."""
        try:
            with contextlib.closing(self._new()) as smtp:
                self._smtp = smtp
                self._connect(smtp)
                self._converse(smtp)
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    smtp.quit()
        except ssl.SSLError as cause:
            raise Later(
                f"No secure connection to the mail server {self._server.name}: {_reason(cause)}.",
                uncertain=self.handed_over,
            ) from cause
        except smtplib.SMTPNotSupportedError as cause:
            raise Later(
                f"The mail server {self._server.name} does not offer what smtp_tls or smtp_user ask for: "
                f"{one_line(str(cause), 200)}"
            ) from cause
        except (smtplib.SMTPException, OSError) as cause:
            raise Later(
                f"The mail server {self._server.name} "
                + ("broke off the connection." if self._reached else "cannot be reached; see smtp_host."),
                uncertain=self.handed_over,
            ) from cause

    def break_off(self) -> None:
        """End the conversation from outside; does nothing to one that is over."""
        self._stopped = True
        connection = self._smtp.sock if self._smtp else None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _new(self) -> smtplib.SMTP:
        limit = min(10.0, self._seconds)
        if self._server.tls == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(timeout=limit, context=self._trust())
        else:
            smtp = smtplib.SMTP(timeout=limit)
        smtp._host = self._server.host  # type: ignore[attr-defined]  # noqa: SLF001 - what TLS checks the name by
        return smtp

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca or None)

    def _connect(self, smtp: smtplib.SMTP) -> None:
        code, answer = smtp.connect(self._server.host, self._server.port)
        self._reached = True
        if code != 220:  # the server as a whole, so for no message for good
            raise Later(f"The mail server {self._server.name} said {code}: {_said(answer)}")
        smtp.ehlo_or_helo_if_needed()
        if self._server.tls == "starttls":
            self._expect(*smtp.starttls(context=self._trust()), 220)
            smtp.ehlo_or_helo_if_needed()
        if self._server.user:
            self._log_in(smtp)

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.login(self._server.user, self._server.password)
        except smtplib.SMTPAuthenticationError as cause:
            raise Later(
                f"The mail server {self._server.name} does not accept the user or password (smtp_user, "
                f"smtp_password_file): {cause.smtp_code}."
            ) from None

    def _converse(self, smtp: smtplib.SMTP) -> None:
        self._expect(*smtp.mail(self._server.sender), 250)
        self._expect(*smtp.rcpt(self._receiver), 250, 251)
        self._expect(*smtp.docmd("DATA"), 354)
        text = re.sub(rb"(?m)^\.", b"..", self._text.as_bytes())
        smtp.send(text + b"\r\n" * (not text.endswith(b"\r\n")))
        if self._stopped:
            raise smtplib.SMTPServerDisconnected
        self.handed_over = True
        smtp.send(b".\r\n")
        code, answer = smtp.getreply()
        self.handed_over = not 400 <= code < 600
        self._expect(code, answer, 250)

    def _expect(self, code: int, answer: bytes, *fine: int) -> None:
        """4xx is for now, 5xx for good (RFC 5321 4.2.1)."""
        if code in fine:
            return
        said = f"The mail server {self._server.name} said {code}: {_said(answer)}"
        if 500 <= code < 600:
            raise Never(said)
        raise Later(said, uncertain=self.handed_over)


def _said(answer: bytes) -> str:
    return one_line(answer.decode("utf-8", "replace"), 200)


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({one_line(error.verify_message, 100)}); see smtp_ca"
    return one_line(error.reason or "the handshake failed", 100)
