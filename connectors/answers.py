"""What a fetch comes back with: one of three records, never an exception.

client ─► Fetched | NotModified | Failed ─► schedule
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """Why a fetch failed. The schedule weighs them; people get the sentence that goes with it."""

    REFUSED = "refused"
    """Not a public address, not http, or a redirect we do not follow."""
    DNS = "dns"
    """The name leads nowhere."""
    CONNECT = "connect"
    """Nobody answers, or the connection broke."""
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    """What came back is not proper HTTP: broken headers, too many of them, cut off, undecodable."""
    TOO_LARGE = "too-large"
    REDIRECT = "redirect"
    """A loop, or more hops than we follow."""
    STATUS = "status"
    """An HTTP status that is no success; `status` says which."""
    GONE = "gone"
    """410: the publisher took it away for good."""
    NOT_A_FEED = "not-a-feed"
    """The document came and is no feed: a page, a captcha, something broken beyond reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document. `body` is decompressed; header names are in lower case."""

    url: str
    status: int
    body: bytes
    headers: Mapping[str, str]
    final_url: str
    """Where it was found in the end."""
    permanent_url: str = ""
    """Same, when every hop on the way was permanent (301, 308); empty without redirects or with another."""
    wire_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The document is still the one our validators stand for (304)."""

    url: str
    headers: Mapping[str, str]
    final_url: str
    permanent_url: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No document, and why: a kind for the schedule, a sentence for people."""

    url: str
    kind: Kind
    reason: str
    status: int = 0
    """0 when no answer came."""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What we sent arrived, and this is what was said to it. The body of the answer is not read."""

    url: str
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""


Answer = Fetched | NotModified | Failed
