"""The port where messages leave: one module per kind of channel.

    mailto:PERSON@HOST   `email`: SMTP
    https://HOST/PATH    `webhook`: signed JSON
    anything else        `apprise`: Slack, Teams, Telegram, Matrix, ntfy, … by its URL

A channel tries once and says how that went; when to try again is the deliverer's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from connectors.errors import BiowireError

from ..core.alerts.message import Message


class Later(BiowireError):  # noqa: N818 - says what to do
    """It did not work now. `after`: how long the receiver asks us to wait; `uncertain`: it may have come."""

    def __init__(self, sentence: str, *, after: timedelta | None = None, uncertain: bool = False) -> None:
        super().__init__(sentence)
        self.after = after
        self.uncertain = uncertain


class Never(BiowireError):  # noqa: N818
    """It will not work however often it is tried: no such address, refused for good."""


class Channel(Protocol):
    """One way out, to one receiver."""

    knows_repeats: bool
    """The receiver can tell by the delivery's id that it has a message already."""

    async def send(self, message: Message) -> None:
        """Return when the receiver has taken the message. Raises Later or Never, within `seconds` at most."""
