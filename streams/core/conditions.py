"""Why a pattern that was seen does not count, as a record and as a sentence for `explain`."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .compiled import Context, Rule
from .forms import expand

Reason = Literal["language", "dates", "part", "requires", "blocks"]


class Objection(NamedTuple):
    """Why a hit does not count: the kind of reason, and the words it rests on."""

    reason: Reason
    words: str = ""


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
