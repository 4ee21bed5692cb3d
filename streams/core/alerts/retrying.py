"""When a message that did not go through is tried again, and when it is given up. Pure.

Waits double from half a minute to four hours, about three days in all: longer than a weekend's outage.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to go on; tests are less patient."""

    first: timedelta = timedelta(seconds=30)
    """Wait after the first try; it doubles with each."""
    longest: timedelta = timedelta(hours=4)
    tries: int = 27
    """After so many it is given up: 26 waits, 3 days and 10 minutes before they are spread."""
    asked: timedelta = timedelta(days=1)
    """At most so long is waited because a receiver asks for it."""


def wait(delivery: str, tries: int, asked: timedelta | None, patience: Patience) -> timedelta | None:
    """How long to wait after that many tries; None: no more.

    Never shorter than the receiver asks, nor than our own back-off: one that keeps asking for a second would
    use up all tries in a minute. Lengthened by up to a quarter, the same each time for one delivery and try,
    so that those which failed together do not come back together.
    """
    if tries >= patience.tries:
        return None
    doubled = min(max(tries, 1) - 1, 40)
    wanted = min(patience.first * float(1 << doubled), patience.longest)
    if asked is not None:
        wanted = max(wanted, min(asked, patience.asked))
    return wanted * (1 + _spread(delivery, tries) / 4)


def _spread(delivery: str, tries: int) -> float:
    digest = blake2b(f"{delivery} {tries}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32
