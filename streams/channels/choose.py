"""Which channel an address means, and whether it can be used: asked before a subscription is saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

import idna

from connectors.broker import existing_file, secret
from connectors.errors import UserError
from connectors.guard import Guard, Refused
from connectors.http import Lookup

from ..core.alerts.phrasing import one_line
from ..signing import Signing
from . import Channel
from .email import Email, Server
from .webhook import Webhook

_LONGEST = 2048
_LONGEST_TRY = 45
"""Seconds; a claim on a delivery binds for longer."""
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
"""Left of the @, RFC 5321 without quoted strings."""
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def channel_for(
    url: str,
    settings: Mapping[str, Any],
    signing: Signing,
    *,
    clock: Clock = _now,
    lookup: Lookup | None = None,
) -> Channel:
    """The channel that an address of `Subscription.to` means. Raises UserError where `check` does."""
    seconds = _seconds(settings)
    kind = _kind(url)
    if kind == "mailto":
        return Email(receiver(url), server_of(settings), clock=clock, seconds=seconds)
    if kind == "webhook":
        return Webhook(
            _webhook(url, settings),
            signing,
            private=_private(settings),
            ca=existing_file(settings, "webhook_ca"),
            seconds=seconds,
            clock=clock,
            lookup=lookup,
        )
    from .apprise import Service

    return Service(url, private=_private(settings), http=bool(settings.get("webhook_http")), seconds=seconds)


def check(url: str, settings: Mapping[str, Any]) -> None:
    """Raise UserError with one sentence when nothing could ever be sent to this address."""
    channel_for(url, settings, Signing(b"only to look at the address"))


def receiver(url: str) -> str:
    """The address in `mailto:NAME@HOST`, its host in ASCII. Raises UserError for anything else."""
    address = unquote(url[len("mailto:") :])
    if url[len("mailto:") :].startswith("//"):
        raise UserError("Write mailto:NAME@HOST; the mail server is set by smtp_host and its like.")
    return mail_address(address, "mailto:")


def mail_address(address: str, where: str) -> str:
    """A plain address, its host in ASCII. `where` it was found, for the sentence. Raises UserError."""
    local, found, host = address.rpartition("@")
    try:
        plain = idna.encode(host, uts46=True).decode() if not host.isascii() else host
    except idna.IDNAError:
        plain = ""
    if (
        not found
        or len(local) > 64
        or len(plain) > 253
        or not _LOCAL.fullmatch(local)
        or not all(_LABEL.fullmatch(label) for label in plain.split("."))
    ):
        raise UserError(
            f"`{one_line(where + address, 100)}` is no mail address. Write one for each entry, such as "
            "mailto:ann@example.org, without name, subject or other receivers."
        )
    return f"{local}@{plain}"


def server_of(settings: Mapping[str, Any]) -> Server:
    """The mail server of the settings. Raises UserError for what cannot be meant."""
    host = str(settings.get("smtp_host") or "localhost")
    tls = str(settings.get("smtp_tls") or "none").lower()
    if tls not in {"none", "starttls", "tls"}:
        raise UserError(f"The setting smtp_tls is {tls}; it can be none, starttls or tls.")
    port = settings.get("smtp_port", 25)
    if not isinstance(port, int) or not 0 < port < 65536:
        raise UserError(f"The setting smtp_port is {port!r}; it has to be a port such as 25, 465 or 587.")
    user, password = str(settings.get("smtp_user") or ""), secret(settings, "smtp_password_file")
    if not (user + password).isascii():
        raise UserError("The user and password of the mail server can only hold ASCII characters.")
    if user and tls == "none" and host not in {"localhost", "127.0.0.1", "::1"}:
        raise UserError(
            "The password of the mail server would cross the network in the open. "
            "Set smtp_tls to starttls or tls."
        )
    return Server(
        host=host,
        port=port,
        tls=tls,
        user=user,
        password=password,
        sender=mail_address(str(settings.get("smtp_from") or "biowire@localhost"), "smtp_from "),
        ca=existing_file(settings, "smtp_ca"),
    )


def _kind(url: str) -> str:
    """mailto, webhook or service. Raises UserError for what is no address at all."""
    if len(url) > _LONGEST:
        raise UserError(f"The channel is longer than {_LONGEST:,} characters; that is no address.")
    if not url.isprintable() or any(c.isspace() for c in url):
        raise UserError("A channel cannot hold blanks or control characters. Write them as %20 and the like.")
    scheme, found, _ = url.partition(":")
    if not found or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        raise UserError(
            "A channel is an address: mailto:NAME@HOST, https://HOST/PATH, or that of a service such as "
            "slack://… or ntfy://… has."
        )
    return {"mailto": "mailto", "http": "webhook", "https": "webhook"}.get(scheme.lower(), "service")


def _webhook(url: str, settings: Mapping[str, Any]) -> str:
    try:
        guard = Guard(_private(settings), setting="webhook_private")
        parsed = guard.check_url(url)
        if f".{parsed.host}".endswith(".localhost"):
            guard.check_addresses("localhost", parsed.port or 0, [ip_address("127.0.0.1")])
    except Refused as refused:
        raise UserError(f"The webhook cannot be used: {refused}") from refused
    if parsed.scheme != "https" and not settings.get("webhook_http"):
        raise UserError(
            "Webhooks go over https, so that nobody on the way reads or changes them. "
            "To allow http, set webhook_http."
        )
    if parsed.fragment or urlsplit(url).fragment:
        raise UserError("The address of a webhook cannot have a part after #.")
    return url


def _private(settings: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(settings.get("webhook_private") or ())


def _seconds(settings: Mapping[str, Any]) -> float:
    seconds = float(settings.get("message_seconds", 30.0))
    if not 0 < seconds <= _LONGEST_TRY:
        raise UserError(
            f"The setting message_seconds is {seconds:g}; it has to be above 0 and at most {_LONGEST_TRY}."
        )
    return seconds
