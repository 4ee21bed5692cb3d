"""Scan an article once for everything the vocabulary knows.

    article ─► fold ─► automaton ─► whole words ─► Hits ─► found, refused ─► classify, flag, explain

What was seen is kept as bare numbers; whether a pattern counts is decided only for the
patterns a stage asks for, so words nobody asks about cost next to nothing.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from typing import NamedTuple

from connectors.records import Article

from .compiled import Context, Rule, Slot, Vocabulary
from .conditions import Objection
from .forms import CLINGING, KIND, OPEN_END, OPEN_START, WORD, ends_word, starts_word, whole_word
from .records import FIELDS, Field
from .text import Folded, fold, tokens

Place = tuple[int, int]
"""Start and end in the shadow of a field."""

Span = tuple[int, int, int]
"""Number of the field, start and end in its shadow."""


class Hit(NamedTuple):
    """A pattern that was found. Offsets are those of the original field."""

    number: int
    """Of the field, in the order of `FIELDS`."""
    start: int
    end: int
    surface: str
    rule: Rule

    @property
    def field(self) -> Field:
        """The field it was found in."""
        return FIELDS[self.number]


class Refused(NamedTuple):
    """A pattern that was found and does not count, and why."""

    hit: Hit
    why: Objection


LONGEST_WORD = 64
"""Characters between two words, per word allowed between them, beyond which nothing is counted."""

_EMPTY = Folded("", "", None)


class Hits:
    """All that was seen in one article; what of it counts is decided when it is asked for."""

    __slots__ = ("_found", "_places", "_refused", "article", "folded", "present", "shadows", "vocabulary")

    def __init__(self, article: Article, vocabulary: Vocabulary) -> None:
        self.article = article
        self.vocabulary = vocabulary
        texts = (article.title, article.summary, article.text)
        self.folded = [fold(text) if text else _EMPTY for text in texts]
        # A space at the end is also what stands before the first character: shadow[-1].
        self.shadows = [folded.text.replace("-", " ") + " " for folded in self.folded]
        self.present: dict[int, list[Span]] = {}
        self._found: dict[bool, list[Hit]] = {}
        self._refused: dict[bool, list[Refused]] = {}
        self._places: dict[tuple[int, int], list[Place]] = {}

    def found(self, *, late: bool = False) -> list[Hit]:
        """What counts, by place; `late`: the patterns that only say what kind of biometrics story it is."""
        if late not in self._found:
            self._judge(late=late)
        return self._found[late]

    def refused(self) -> list[Refused]:
        """What was seen and does not count."""
        self.found()
        self.found(late=True)
        return self._refused[False] + self._refused[True]

    def _judge(self, *, late: bool) -> None:
        found: list[Hit] = []
        refused: list[Refused] = []
        rules = self.vocabulary.late if late else self.vocabulary.early
        for slot, spans in self.present.items():
            for rule in rules[slot]:
                for span in spans:
                    why = None if rule.free else _objection(rule, span, self)
                    number, start, end = span
                    folded = self.folded[number]
                    if folded.origins is not None:
                        start, end = folded.span(start, end)
                    hit = Hit(number, start, end, folded.original[start:end], rule)
                    if why is None:
                        found.append(hit)
                    else:
                        refused.append(Refused(hit, why))
        if len(found) > 1:
            found.sort(key=_by_place)
        self._found[late], self._refused[late] = found, refused

    def places(self, context: Context, number: int) -> list[Place]:
        """Where words of a context stand in one field's shadow, in order."""
        key = (context.id, number)
        if key not in self._places:
            self._places[key] = sorted(
                (start, end)
                for slot in context.slots.intersection(self.present)
                for at, start, end in self.present[slot]
                if at == number
            )
        return self._places[key]

    def nearest(self, context: Context, span: Span, near: int) -> Span | None:
        """A word of the context with at most `near` words between (0: anywhere); None when there is none."""
        if context.slots.isdisjoint(self.present):
            return None
        number, start, end = span
        if not near:
            return self._anywhere(context, span)
        places = self.places(context, number)
        at = bisect_left(places, (start, end))
        for place in (*reversed(places[max(at - 3, 0) : at]), *places[at : at + 3]):
            if self._is_near(number, (start, end), place, near):
                return (number, *place)
        return None

    def _anywhere(self, context: Context, span: Span) -> Span | None:
        for slot in sorted(context.slots.intersection(self.present)):
            for other in self.present[slot]:
                if other[0] != span[0] or other[2] <= span[1] or span[2] <= other[1]:
                    return other
        return None

    def _is_near(self, number: int, one: Place, other: Place, near: int) -> bool:
        first, last = (one, other) if one <= other else (other, one)
        if last[0] < first[1] or last[0] - first[1] > (near + 1) * LONGEST_WORD:
            return False  # a word is no context of itself, and far is far without counting
        return len(tokens(self.shadows[number][first[1] : last[0]])) <= near

    def around(self, context: Context, span: Span) -> Span | None:
        """A longer phrase of the context in which the span lies; None when there is none."""
        if context.slots.isdisjoint(self.present):
            return None
        number, start, end = span
        for place in self.places(context, number):
            if place[0] <= start and end <= place[1] and place != (start, end):
                return (number, *place)
        return None

    def quote(self, span: Span) -> str:
        """The original words at a place of the shadow."""
        folded = self.folded[span[0]]
        start, end = folded.span(span[1], span[2])
        return folded.original[start:end]


def _by_place(hit: Hit) -> tuple[int, int, int]:
    return hit.number, hit.start, -hit.end


def scan(article: Article, vocabulary: Vocabulary) -> Hits:
    """Find everything once. What comes after looks only at the hits."""
    hits = Hits(article, vocabulary)
    for number, folded in enumerate(hits.folded):
        if folded.text:
            _see(number, hits)
    return hits


_OTHER_BOUNDARIES = -2
_GOES_ON = frozenset({WORD, CLINGING})


def _see(number: int, hits: Hits) -> None:
    shadow, present, kinds, plain = hits.shadows[number], hits.present, KIND, hits.vocabulary.plain
    for index, start, end in hits.vocabulary.automaton.find_matches_as_indexes(shadow, overlapping=True):
        slot = plain[index]
        if slot != _OTHER_BOUNDARIES and (kinds[shadow[end]] in _GOES_ON or kinds[shadow[start - 1]] == WORD):
            continue
        if slot < 0:
            _see_special(number, start, end, hits, index)
            continue
        spans = present.get(slot)
        if spans is None:
            present[slot] = [(number, start, end)]
        else:
            spans.append((number, start, end))


def _see_special(number: int, start: int, end: int, hits: Hits, index: int) -> None:
    """Forms with an open side, in case-sensitive use, shared, or in scripts with other boundaries."""
    shadow = hits.shadows[number]
    left = right = True
    if hits.vocabulary.plain[index] == _OTHER_BOUNDARIES:
        left, right = starts_word(shadow, start), ends_word(shadow, end)
    for slot in hits.vocabulary.slots[index]:
        if not (left or slot.opening & OPEN_START) or not (right or slot.opening & OPEN_END):
            continue
        if slot.exact and not _reads(slot, hits.quote((number, start, end))):
            continue
        place = whole_word(shadow, start, end, slot.opening) if slot.opening else (start, end)
        hits.present.setdefault(slot.number, []).append((number, *place))


def _reads(slot: Slot, quote: str) -> bool:
    return quote == slot.exact or unicodedata.normalize("NFKC", quote) == slot.exact


def _objection(rule: Rule, span: Span, hits: Hits) -> Objection | None:
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
