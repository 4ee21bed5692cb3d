"""What an edit of a subscription changed, in words, for its history. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from .condition_defaults import KNOWN
from .editing import masked
from .records import Condition, Rhythm, Subscription
from .written_times import WEEKDAYS, clock_text, length_text, span_text


def changes(old: Subscription | None, new: Subscription) -> str:
    """Say what is different in one line: `query "a" becomes "b"; paused`. Empty when nothing is."""
    if old is None:
        return f"made: {new.query}"
    return "; ".join(
        [*_about(old, new), *_condition(old.condition, new.condition), *_rhythm(old.rhythm, new.rhythm)]
    )


def _about(old: Subscription, new: Subscription) -> Iterator[str]:
    if old.name != new.name:
        yield f'name "{old.name}" becomes "{new.name}"'
    if old.query != new.query:
        yield f"query {old.query} becomes {new.query}"
    yield from _channels(old.to, new.to)
    if old.language != new.language:
        yield f"messages in {new.language}, before {old.language}"
    if old.paused != new.paused:
        yield "paused" if new.paused else "resumed"
    if old.muted != new.muted:
        yield "muted" if new.muted else "no longer muted"
    if old.snoozed_until != new.snoozed_until:
        until = new.snoozed_until
        yield "no longer snoozed" if until is None else f"snoozed until {until:%Y-%m-%d %H:%M} UTC"
    if old.max_age != new.max_age:
        age = new.max_age
        yield "articles of any age" if age is None else f"no articles older than {length_text(age)}"


def _channels(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    for channel in new:
        if channel not in old:
            yield f"also to {masked(channel)}"
    for channel in old:
        if channel not in new:
            yield f"no longer to {masked(channel)}"
    if {*old} == {*new} and old != new:
        yield "channels in another order"


def _condition(old: Condition, new: Condition) -> Iterator[str]:
    if old.kind != new.kind:
        said = ", ".join(f"{name} {_number(new, name)}" for name in KNOWN[new.kind])
        yield f"when {old.kind} becomes {new.kind}{f' ({said})' if said else ''}"
        return
    for field in fields(Condition):
        if getattr(old, field.name) != getattr(new, field.name):
            yield f"{field.name} {_number(old, field.name)} becomes {_number(new, field.name)}"


def _number(condition: Condition, name: str) -> str:
    value = getattr(condition, name)
    if name in {"window", "cooldown"}:
        return length_text(value)
    return " and ".join(value) or "none" if name == "facets" else f"{value:g}"


def _rhythm(old: Rhythm, new: Rhythm) -> Iterator[str]:
    before, after = _when(old), _when(new)
    if before != after:
        yield f"{before} becomes {after}"
    elif old.at != new.at or old.weekday != new.weekday:
        yield f"digests would go out on {WEEKDAYS[new.weekday]}, {clock_text(new.at)}"
    if old.zone != new.zone:
        yield f"time zone {old.zone} becomes {new.zone}"
    if old.quiet != new.quiet:
        yield "no quiet hours" if new.quiet is None else f"quiet {span_text(new.quiet)}"
    if old.cap != new.cap:
        yield f"at most {new.cap} entries, before {old.cap}"


def _when(rhythm: Rhythm) -> str:
    match rhythm.every:
        case "now":
            return "at once"
        case "hourly":
            return f"hourly at minute {rhythm.at.minute}"
        case "daily":
            return f"daily at {clock_text(rhythm.at)}"
        case "weekly":
            return f"weekly on {WEEKDAYS[rhythm.weekday]} at {clock_text(rhythm.at)}"


def rhythm_text(rhythm: Rhythm) -> str:
    """Say when messages go out: `daily at 08:00, Europe/Berlin, quiet 22:00-07:00`."""
    quiet = f", quiet {span_text(rhythm.quiet)}" if rhythm.quiet else ""
    return f"{_when(rhythm)}, {rhythm.zone}{quiet}"


def condition_text(condition: Condition) -> str:
    """Say when an alert is raised: `threshold (count 5, window 1d, sources 2, cooldown 1d)`."""
    said = ", ".join(f"{name} {_number(condition, name)}" for name in KNOWN[condition.kind])
    return f"{condition.kind}{f' ({said})' if said else ''}"
