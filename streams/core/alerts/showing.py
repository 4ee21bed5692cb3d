"""A subscription, and what came of trying it, as it is printed: plain values, in people's words. Pure."""

from __future__ import annotations

from typing import Any

from .backtest import Backtest
from .condition_defaults import KNOWN
from .editing import masked
from .records import Condition, Rhythm, Subscription
from .written_times import WEEKDAYS, clock_text, length_text, span_text


def as_fields(subscription: Subscription, *, secrets: bool = False) -> dict[str, Any]:
    """Every field by name; lengths and times as in its file. Channels are `masked` unless `secrets`."""
    one = subscription
    return {
        "id": one.id,
        "name": one.name,
        "query": one.query,
        "condition": _condition(one.condition),
        "to": list(one.to) if secrets else [masked(channel) for channel in one.to],
        "rhythm": _rhythm(one.rhythm),
        "language": one.language,
        "paused": one.paused,
        "muted": one.muted,
        "snoozed_until": one.snoozed_until,
        "max_age": None if one.max_age is None else length_text(one.max_age),
        "version": one.version,
        "changed_at": one.changed_at,
        "changed_by": one.changed_by,
    }


def _condition(one: Condition) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": one.kind}
    for name in KNOWN[one.kind]:
        value = getattr(one, name)
        said[name] = length_text(value) if name in {"window", "cooldown"} else value
    return said


def _rhythm(one: Rhythm) -> dict[str, Any]:
    return {
        "every": one.every,
        "at": clock_text(one.at),
        "on": WEEKDAYS[one.weekday],
        "zone": one.zone,
        "quiet": None if one.quiet is None else span_text(one.quiet),
        "cap": one.cap,
    }


def as_result(subscription: Subscription, result: Backtest) -> dict[str, Any]:
    """What a backtest found; `gained` and `lost` only for an edit."""
    edit = result.edit
    return {
        "query": subscription.query,
        "condition": _condition(subscription.condition),
        "since": result.since,
        "until": result.until,
        "hits": result.hits,
        "stories": result.stories,
        "weeks": result.weeks,
        "per_week": result.per_week,
        "sources": dict(result.sources),
        "names": dict(result.names),
        "samples": result.samples,
        "alerts": result.alerts,
        "sent": result.sent,
        "messages": result.messages,
        "notes": result.notes,
        **({} if edit is None else {"gained": edit.gained, "lost": edit.lost, "edit": edit}),
    }
