"""Is one article nearly the text of the other? A pure test of two nodes, with the rule that decided it.

Likeness of words is not enough: a column, a table of rates or a puzzle's hints repeat their words every
day. What changes in those are the numbers and dates, and the title comes again on the same site.
"""

from __future__ import annotations

from dataclasses import dataclass

from .days import DAY, Node
from .links import names_differ, shared_words
from .signature import Likeness, likeness
from .traits import IN_TITLE

RECURRING = 16 * DAY // 24
"""The same title on the same site this much later is another issue of a column, not the same news."""


COPY_RULES = frozenset({"same-words", "contained", "same-title"})
"""Rules by which an article is a near-duplicate; every other name is that of a test it failed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of the near-duplicate test, and the test that decided it."""

    rule: str
    like: Likeness

    @property
    def copy(self) -> bool:
        """Whether one is nearly the text of the other."""
        return self.rule in COPY_RULES

    @property
    def thousandths(self) -> int:
        """How much of the shorter text stands in the longer one."""
        return round(self.like.contained * 1000)


def judge(a: Node, b: Node) -> Verdict:
    """Test two articles of one language; symmetric."""
    like = likeness(a.signature, b.signature)
    if like.contained < 0.7:
        return Verdict("other-words", like)
    return Verdict(_kept_apart(a, b, like) or _rule(a, b, like), like)


def another_issue(a: Node, b: Node) -> str:
    """The rule by which two equal titles belong to different issues of a column; empty if none does."""
    if a.frame != b.frame:
        return ""
    later = abs(a.when - b.when) >= RECURRING
    if a.stamp != b.stamp and (later or (a.stamp & b.stamp & 1)):
        return "other-date-in-title"
    if later and a.host == b.host:
        return "recurring-title"
    return ""


def _kept_apart(a: Node, b: Node, like: Likeness) -> str:
    if a.frame == b.frame and a.stamp != b.stamp:
        return "other-date-in-title"
    few = like.size < 60
    if like.numbers < 0.5 and (few or min(len(a.numbers), len(b.numbers)) >= 8):
        return "other-numbers"
    if few and another_issue(a, b):
        return "recurring-title"
    return ""


def _rule(a: Node, b: Node, like: Likeness) -> str:
    return _rule_of_long(a, b, like) if like.size >= 40 else _rule_of_short(a, b, like)


def _rule_of_long(a: Node, b: Node, like: Likeness) -> str:
    if like.ratio < 0.3:
        return "much-longer"
    if a.host == b.host and like.contained < 0.85:
        return "same-site-template"
    if like.size < 60 and not _titles_meet(a, b):
        return "other-title"
    return "same-words" if like.resemblance >= 0.6 else "contained"


def _rule_of_short(a: Node, b: Node, like: Likeness) -> str:
    if like.contained < (0.9 if a.host == b.host else 0.8):
        return "other-words"
    if a.frame != b.frame and names_differ(a.row, b.row):
        return "other-names"
    if not _titles_meet(a, b):
        return "other-title"
    if like.size >= 12 and like.ratio >= 0.4:
        return "same-words"
    near = abs(a.when - b.when) <= 3 * DAY
    return "same-title" if a.frame == b.frame and like.size >= 4 and near else "too-short"


def _titles_meet(a: Node, b: Node) -> bool:
    return a.frame == b.frame or any(marks & IN_TITLE for _, marks in shared_words(a.row, b.row))
