"""Facts, alerts and subscriptions for tests: only what a test cares about has to be said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from builders import at
from documents import an_id

from streams.core.alerts.ids import alert_id
from streams.core.alerts.records import Alert, Fact, Matched, Quote, Subscription


def a_match(subscription: str = "cameras") -> Matched:
    quote = Quote(clause="camera", field="title", start=4, end=10, before="The ", surface="camera", after="")
    return Matched(subscription=subscription, version=1, clauses=("camera",), quotes=(quote,))


def a_fact(name: object = "a", *subscriptions: str, hours: float = 0.0, **given: Any) -> Fact:
    """What is known of a document, published some hours after noon, that meets the subscriptions."""
    fields: dict[str, Any] = {
        "id": an_id(name),
        "when": at(hours),
        "first_seen": at(hours) + timedelta(minutes=5),
        "story_id": f"s{an_id(name)}",
        "title": f"Title of {name}",
        "url": f"https://daily.example/{name}",
        "source": "Daily Example",
        "host": "daily.example",
        "language": "en",
        "role": "lead",
        "copy": False,
        "story_size": 1,
        "names": ("organisation:example",),
        "matched": tuple(a_match(one) for one in sorted(subscriptions)),
    }
    return Fact(**{**fields, **given})


def an_alert(key: str = "a", subscription: str = "cameras", hours: float = 0.0, **given: Any) -> Alert:
    """An alert for each document."""
    fields: dict[str, Any] = {
        "id": alert_id(subscription, "each", key),
        "subscription": subscription,
        "version": 1,
        "kind": "each",
        "key": key,
        "when": at(hours),
        "sentence": f"{key} is new.",
    }
    return Alert(**{**fields, **given})


def a_subscription(id_: str = "cameras", query: str = "camera", **given: Any) -> Subscription:
    """A subscription that tells nobody."""
    return Subscription(**{"id": id_, "name": id_.title(), "query": query, "changed_at": at(), **given})
