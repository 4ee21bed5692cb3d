"""A message as JSON: the body of a webhook, described in docs/alerts-webhook.md."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec

from ..core.alerts.message import Entry, Message
from ..core.alerts.records import Alert


def render(message: Message) -> bytes:
    """UTF-8; the same bytes for the same message, so that a repeat can be told by its content too."""
    return msgspec.json.encode(
        {
            "type": "digest" if message.period else "alert",
            "timestamp": _newest(message),
            "data": {
                "id": message.id,
                "subscription": {
                    "id": message.subscription.id,
                    "name": message.subscription.name,
                    "version": message.subscription.version,
                    "query": message.subscription.query,
                    "when": message.subscription.condition.kind,
                },
                "subject": message.subject,
                "lead": message.lead,
                "period": {"from": message.period[0], "until": message.period[1]} if message.period else None,
                "entries": [_entry(entry) for entry in message.entries],
                "more": message.more,
                "notices": message.notices,
                "counts": [{"from": at, "documents": number} for at, number in message.counts],
                "urls": dict(message.urls),
            },
        }
    )


def _entry(entry: Entry) -> dict[str, Any]:
    return {"explain": entry.explain, "alerts": [_alert(alert) for alert in entry.alerts]}


def _alert(alert: Alert) -> dict[str, Any]:
    fields = asdict(alert)
    return {
        "id": alert.id,
        "kind": alert.kind,
        "key": alert.key,
        "when": alert.when,
        "subscription_version": alert.version,
        "sentence": alert.sentence,
        "numbers": alert.numbers,
        "count": alert.count,
        "documents": fields["shown"],
    }


def _newest(message: Message) -> datetime | None:
    """The end of the period, or the moment of the newest alert."""
    if message.period:
        return message.period[1]
    return max((alert.when for entry in message.entries for alert in entry.alerts), default=None)
