"""Does a pattern that was seen count here? Language, dates, longer phrases, required and blocking words.

The same answer serves both ways: None lets a hit count, an `Objection` is what `explain` shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from .compiled import Context, Rule
from .forms import expand

if TYPE_CHECKING:
    from .matcher import Hits, Span

Reason = Literal["language", "dates", "part", "requires", "blocks"]


class Objection(NamedTuple):
    """Why a hit does not count: the kind of reason, and the words it rests on."""

    reason: Reason
    words: str = ""


def objection(rule: Rule, span: Span, hits: Hits) -> Objection | None:
    """The first thing that keeps this hit from counting; None when nothing does."""
    pattern = rule.pattern
    if pattern.same_language and hits.article.language != pattern.language[:2]:
        return Objection("language", hits.article.language)
    if not _valid(rule, hits):
        return Objection("dates")
    if rule.excepted and (longer := hits.around(rule.excepted, span)):
        return Objection("part", hits.quote(longer))
    if rule.requires and not hits.nearest(rule.requires, span, pattern.near):
        return Objection("requires")
    if rule.blocks and (other := hits.nearest(rule.blocks, span, pattern.blocks_near)):
        return Objection("blocks", hits.quote(other))
    return None


def _valid(rule: Rule, hits: Hits) -> bool:
    first, last = rule.pattern.valid_from, rule.pattern.valid_until
    if first is None and last is None:
        return True
    day = hits.article.when.date()
    return (first is None or first <= day) and (last is None or day <= last)


def sentence(surface: str, rule: Rule, why: Objection) -> str:
    """An objection in words a person can check."""
    return f"{surface!r} does not count: {_because(rule, why)}"


def _because(rule: Rule, why: Objection) -> str:
    pattern = rule.pattern
    if why.reason == "language":
        return f"it is meant in {pattern.language}, the article is in {why.words}"
    if why.reason == "dates":
        return f"the name holds from {pattern.valid_from or 'the start'} until {pattern.valid_until or 'now'}"
    if why.reason == "part":
        return f"it is part of {why.words!r}"
    if why.reason == "requires":
        some = _some(rule.requires) if rule.requires else ""
        return f"it needs one of {some} {where(pattern.near)}, and none is there"
    return f"it is blocked by {why.words!r} {where(pattern.blocks_near)}"


def _some(context: Context, most: int = 5) -> str:
    words = [form for written in context.words[:most] for form in expand(written)[:2]]
    more = len(words) > most or len(context.words) > most
    return ", ".join(words[:most]) + (", …" if more else "")


def where(near: int) -> str:
    """A distance in words."""
    return f"within {near} words" if near else "in the article"
