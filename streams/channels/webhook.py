"""Alerts to a program: signed JSON over HTTPS, as Standard Webhooks says (docs/alerts-webhook.md).

The address comes from a user and may name a machine behind our own wall, so it goes through the guarded
client: every address its name leads to is looked at, also at the moment of connecting. Redirects are not
followed: the signature was made for the receiver named in the subscription.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache

from connectors.answers import Failed, Kind, Posted
from connectors.guard import Guard
from connectors.http import Client, Lookup
from connectors.http_dates import retry_after
from connectors.settings import FetchSettings

from ..core.alerts.message import Message
from ..rendering import payload
from ..signing import Signing
from . import Later, Never

GONE = 410
"""The receiver wants no more of it."""


class Webhook:
    """To one address."""

    knows_repeats = True

    def __init__(
        self,
        url: str,
        signing: Signing,
        *,
        private: tuple[str, ...] = (),
        ca: str = "",
        seconds: float = 30.0,
        clock: Callable[[], datetime],
        lookup: Lookup | None = None,
    ) -> None:
        """`private`: the setting webhook_private; `ca`: webhook_ca. `lookup`: see `connectors.http`."""
        self._url, self._signing, self._clock = url, signing, clock
        self._private, self._ca, self._seconds, self._lookup = private, ca, seconds, lookup

    async def send(self, message: Message) -> None:
        """See the port. Taken is what is answered with 2xx."""
        body = payload.render(message)
        headers = self._headers(message, body)
        settings = FetchSettings(
            connect_timeout=min(10.0, self._seconds), idle_timeout=self._seconds, total_timeout=self._seconds
        )
        guard = Guard(self._private, setting="webhook_private")
        async with Client(settings, lookup=self._lookup, guard=guard) as client:
            answer = await client.post(self._url, body, headers, tls=_trust(self._ca))
        self._judge(answer)

    def _headers(self, message: Message, body: bytes) -> Mapping[str, str]:
        at = str(int(self._clock().timestamp()))
        key = self._signing.webhook_key(message.subscription.id, self._url)
        return {
            "Content-Type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{signature(key, message.id, at, body)}",
        }

    def _judge(self, answer: Posted | Failed) -> None:
        if isinstance(answer, Failed):
            if answer.kind == Kind.REFUSED:
                raise Never(answer.reason)
            unsent = answer.kind in {Kind.DNS, Kind.TLS}
            raise Later(f"The webhook was not taken: {answer.reason}", uncertain=not unsent)
        status = answer.status
        if 200 <= status < 300:
            return
        if status == GONE:
            raise Never("The receiver of the webhook wants no more of it (410).")
        if 300 <= status < 400:
            raise Never(
                f"The address of the webhook redirects ({status}), which is not followed. "
                "Give the address it leads to."
            )
        wait = retry_after(answer.headers, self._clock())
        raise Later(
            f"The receiver of the webhook answered {status}.",
            after=None if wait is None else timedelta(seconds=min(wait, 86_400.0 * 30)),
        )


def signature(key: bytes, delivery: str, timestamp: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over `id.timestamp.body`."""
    said = b".".join((delivery.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()


@cache
def _trust(ca: str) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=ca) if ca else None
