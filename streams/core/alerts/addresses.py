"""Where links of messages lead: the one place that knows how our own addresses are built. Pure.

Those a stranger may open without signing in carry a token (see `streams/signing.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from urllib.parse import quote, urlencode, urlsplit

from connectors.errors import UserError

Form = Literal["rss", "atom", "json"]
FORMS: tuple[Form, ...] = ("rss", "atom", "json")


class Sign(Protocol):
    """`Signing.token`."""

    def __call__(self, purpose: Literal["unsubscribe", "feed"], /, *about: str) -> str:
        """See there."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of one instance. `base`: the setting public_url."""

    base: str
    sign: Sign

    def unsubscribe(self, subscription: str, channel: str) -> str:
        """Takes a POST (RFC 8058). The channel is in the token only: it may hold a password."""
        return f"{self._of('unsubscribe', subscription)}/{self.sign('unsubscribe', subscription, channel)}"

    def feed(self, subscription: str, form: Form = "atom") -> str:
        """The subscription as a feed, for whoever has the address."""
        return f"{self._of('feeds', subscription)}/{self.sign('feed', subscription)}.{form}"

    def explain(self, document: str) -> str:
        """The trace of a document: what each stage decided, and why."""
        return self._of("documents", document) + "/explain"

    def subscription(self, subscription: str) -> str:
        """Where it is shown and changed."""
        return self._of("subscriptions", subscription)

    def archive(self, query: str, period: tuple[datetime, datetime] | None = None) -> str:
        """What the query finds, in the period if one is given."""
        asked = {"q": query}
        if period:
            asked |= {"since": period[0].isoformat(), "until": period[1].isoformat()}
        return f"{self.base.rstrip('/')}/search?{urlencode(asked)}"

    def _of(self, *parts: str) -> str:
        return "/".join((self.base.rstrip("/"), *(quote(part, safe="") for part in parts)))


def checked_base(url: str) -> str:
    """The setting public_url, if links can begin with it. Raises UserError."""
    parts = urlsplit(url)
    plain = url.isascii() and url.isprintable() and not set(' "<>\\') & set(url)
    if (
        not plain
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.query
        or parts.fragment
    ):
        raise UserError(
            f"The setting public_url is `{url}`; it has to be an address like https://news.example.org."
        )
    return url.rstrip("/")
