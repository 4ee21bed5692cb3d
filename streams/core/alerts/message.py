"""What one delivery says, before it takes the form of its channel. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .records import Alert, Shown, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Alerts on one story, under its newest document; digests list these."""

    alerts: tuple[Alert, ...]
    """Newest first."""
    explain: str = ""
    """Address of the trace of its newest document."""

    @property
    def documents(self) -> tuple[Shown, ...]:
        """All that its alerts show, each once, newest first."""
        found = {shown.id: shown for alert in reversed(self.alerts) for shown in alert.shown}
        return tuple(sorted(found.values(), key=lambda shown: (shown.when, shown.id), reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Everything a channel needs. Nothing in it is escaped yet: each channel does it its way."""

    id: str
    """The delivery's: idempotency key, `webhook-id`, and left part of the `Message-ID`."""
    subscription: Subscription
    """As it was when the message was made up."""
    channel: str
    subject: str
    """One line, at most 150 characters."""
    lead: str
    """One or two sentences: how many alerts in what period, compared with the last."""
    entries: tuple[Entry, ...]
    """At most `rhythm.cap`, newest first."""
    more: int = 0
    """Entries left out: "and N more"."""
    period: tuple[datetime, datetime] | None = None
    notices: tuple[str, ...] = ()
    """What the reader has to know of the coverage, such as sources that could not be reached."""
    counts: tuple[tuple[datetime, int], ...] = ()
    """For the chart of a digest: documents matched by day, the last periods included."""
    urls: tuple[tuple[str, str], ...] = ()
    """`archive` (these results in the UI), `subscription`, `unsubscribe`, `feed`, each with its address."""
    thread: str = ""
    """The story, when it is about one only: messages on it are threaded."""
