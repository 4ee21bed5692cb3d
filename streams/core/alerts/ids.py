"""Ids that come out the same whenever the same is decided again: what makes repeats harmless. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime


def alert_id(subscription: str, kind: str, key: str) -> str:
    """Id of an alert: the version of the subscription is not in it, so an edit tells nothing twice."""
    return _digest("alert", subscription, kind, key)


def digest_id(subscription: str, channel: str, until: datetime) -> str:
    """Id of a digest: one for each channel and end of a period."""
    return _digest("digest", subscription, channel, until.isoformat())


def message_id(subscription: str, channel: str, alerts: Iterable[str]) -> str:
    """Id of a message sent at once, by what it holds."""
    return _digest("message", subscription, channel, *sorted(alerts))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]
