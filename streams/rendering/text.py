"""A message as plain text: for mail clients that show no HTML, and for chat services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from ..core.alerts.message import Entry, Message
from ..core.alerts.phrasing import around, headline, link, moment, one_line, telling
from ..core.alerts.records import Shown
from ..core.alerts.wording import some

_WORD = re.compile(r"\S+")
_LINK = re.compile(r"https?://")
_MENTION = re.compile(r"@|<(?=[!@#])")

_OTHERS = 4
"""Further documents listed below the first of an entry."""


def render(message: Message) -> str:
    """Lines without markup. What comes from outside never begins a line of ours by itself."""
    zone = ZoneInfo(message.subscription.rhythm.zone)
    lines = [message.lead, ""]
    for notice in message.notices:
        lines += [f"Note: {notice}", ""]
    for number, entry in enumerate(message.entries, 1):
        lines += [*_entry(number, entry, message.subscription.version, zone), ""]
    if message.more:
        lines += [f"And {message.more:,} more.", ""]
    return "\n".join([*lines, *_footer(message)]) + "\n"


def _entry(number: int, entry: Entry, version: int, zone: ZoneInfo) -> Iterator[str]:
    documents = entry.documents
    alert = entry.alerts[0]
    yield f"{number}. {headline(entry)}"
    for shown in documents[:1]:
        if alert.kind not in {"each", "story"}:
            yield f"   {one_line(shown.title) or '(without title)'}"
        yield from (f"   {line}" for line in _document(shown, zone))
    if alert.version != version:
        yield f"   Raised by version {alert.version} of the subscription"
    if entry.explain:
        yield f"   Explained: {entry.explain}"
    for shown in documents[1 : 1 + _OTHERS]:
        yield f"   - {one_line(shown.title)} ({_origin(shown, zone)}) {link(shown.url)}".rstrip()
    if len(documents) > 1 + _OTHERS:
        yield f"   - and {some(len(documents) - 1 - _OTHERS, 'more article', 'more articles')}"


def _document(shown: Shown, zone: ZoneInfo) -> Iterator[str]:
    yield f"{_origin(shown, zone)}; story of {some(shown.story_size, 'article', 'articles')}"
    if address := link(shown.url):
        yield address
    quoted = set()
    for quote in telling(shown.quotes):
        before, surface, after = around(quote)
        quoted.add(quote.clause)
        yield f"Why: {one_line(quote.clause, 200)} in {quote.field}: {before}«{surface}»{after}"
    for clause in shown.clauses:
        if clause not in quoted:
            yield f"Why: {one_line(clause, 200)}"


def _origin(shown: Shown, zone: ZoneInfo) -> str:
    return f"{one_line(shown.source, 100)}, {moment(shown.when, zone)}"


def _footer(message: Message) -> Iterator[str]:
    urls, subscription = dict(message.urls), message.subscription
    yield "-- "
    yield f"Subscription: {one_line(subscription.name)}, version {subscription.version}"
    yield f"Query: {one_line(subscription.query, 1000)}"
    yield f"Times: {subscription.rhythm.zone}"
    for name, label in (
        ("archive", "All results"),
        ("subscription", "Change"),
        ("feed", "As a feed"),
        ("unsubscribe", "Unsubscribe"),
    ):
        if name in urls:
            yield f"{label}: {urls[name]}"


def brief(message: Message, room: int) -> str:
    """The same for a chat service that takes `room` characters: as many entries as fit, no mentions."""
    for count in range(len(message.entries), 0, -1):
        left = len(message.entries) - count
        fits = without_mentions(
            render(replace(message, entries=message.entries[:count], more=message.more + left))
        )
        if len(fits) <= room:
            return fits
    return without_mentions(message.lead)[:room]


def without_mentions(text: str) -> str:
    """Break `@everyone`, `<!here>` and the like by a mark that is not seen; addresses stay as they are."""
    return _WORD.sub(
        lambda found: found[0] if _LINK.match(found[0]) else _MENTION.sub("\\g<0>\u2060", found[0]), text
    )
