"""Scan an article once for everything the vocabulary knows, and judge what counts.

    article ─► fold ─► automaton ─► whole words ─► conditions ─► Hits ─► classify, flag, explain

A condition is looked at only when its pattern was seen, so words nobody asks about cost next to
nothing. What was seen but did not count is kept with the reason.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass, field

from connectors.records import Article

from .compiled import Context, Rule, Vocabulary
from .forms import KIND, OPEN_END, OPEN_START, OTHER, ends_word, expand, starts_word, whole_word
from .records import FIELDS, Field
from .text import Folded, fold, tokens

Place = tuple[int, int]
"""Start and end in a shadow."""

Span = tuple[int, int, int]
"""Number of the field, start and end in its shadow."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A pattern that was found and counts. Offsets are those of the original field."""

    rule: Rule
    field: Field
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A pattern that was found and does not count."""

    rule: Rule
    field: Field
    start: int
    end: int
    surface: str
    why: str


@dataclass(slots=True)
class Hits:
    """All that was seen in one article. Fill by `scan`; read only."""

    article: Article
    shadows: list[str]
    folded: list[Folded | None]
    present: dict[int, list[Span]]
    """Slot to where it was seen, in order."""
    found: tuple[Hit, ...] = ()
    refused: tuple[Refusal, ...] = ()
    _places: dict[tuple[int, int], list[Place]] = field(default_factory=dict)

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

    def has(self, context: Context) -> bool:
        """True when any word of the context is anywhere in the article."""
        return not context.slots.isdisjoint(self.present)

    def nearest(self, context: Context, span: Span, near: int) -> Place | None:
        """A word of the context beside the span, at most `near` words between; None when there is none."""
        number, start, end = span
        places = self.places(context, number)
        at = bisect_left(places, (start, end))
        for place in (*reversed(places[max(at - 3, 0) : at]), *places[at : at + 3]):
            if self._between(number, (start, end), place) <= near:
                return place
        return None

    def _between(self, number: int, one: Place, other: Place) -> int:
        first, last = sorted((one, other))
        if last[0] < first[1]:
            return 1 << 30  # they overlap: a word is no context of itself
        return len(tokens(self.shadows[number][first[1] : last[0]]))

    def around(self, context: Context, span: Span) -> Place | None:
        """A longer phrase of the context in which the span lies; None when there is none."""
        number, start, end = span
        for place in self.places(context, number):
            if place[0] <= start and end <= place[1] and place != (start, end):
                return place
        return None

    def quote(self, number: int, place: Place) -> str:
        """The original words at a place of the shadow."""
        start, end = self.span(number, *place)
        return self.original(number)[start:end]

    def original(self, number: int) -> str:
        """A field as it is."""
        folded = self.folded[number]
        return folded.original if folded else ""

    def span(self, number: int, start: int, end: int) -> Place:
        """Offsets in the original field."""
        folded = self.folded[number]
        return folded.span(start, end) if folded else (start, end)


def scan(article: Article, vocabulary: Vocabulary) -> Hits:
    """Find everything once. What comes after looks only at the hits."""
    hits = Hits(article, [], [], {})
    for number, text in enumerate((article.title, article.summary, article.text)):
        folded = fold(text) if text else None
        hits.folded.append(folded)
        hits.shadows.append(folded.text.replace("-", " ") if folded else "")
        if folded:
            _see(number, hits, vocabulary)
    _judge_all(hits, vocabulary)
    return hits


def _see(number: int, hits: Hits, vocabulary: Vocabulary) -> None:
    shadow, present, slots = hits.shadows[number], hits.present, vocabulary.slots
    for index, start, end in vocabulary.automaton.find_matches_as_indexes(shadow, overlapping=True):
        left = start == 0 or KIND[shadow[start - 1]] == OTHER or starts_word(shadow, start)
        right = end == len(shadow) or KIND[shadow[end]] == OTHER or ends_word(shadow, end)
        for slot in slots[index]:
            if not (left or slot.opening & OPEN_START) or not (right or slot.opening & OPEN_END):
                continue
            if slot.exact and not _reads(hits.quote(number, (start, end)), slot.exact):
                continue
            place = whole_word(shadow, start, end, slot.opening) if slot.opening else (start, end)
            present.setdefault(slot.number, []).append((number, *place))


def _reads(quote: str, exact: str) -> bool:
    return quote == exact or unicodedata.normalize("NFKC", quote) == exact


def _judge_all(hits: Hits, vocabulary: Vocabulary) -> None:
    found: list[Hit] = []
    refused: list[Refusal] = []
    for slot, spans in hits.present.items():
        for rule in vocabulary.rules[slot]:
            for span in spans:
                why = "" if rule.free else _objection(rule, span, hits)
                number, start, end = span
                first, last = hits.span(number, start, end)
                quote = hits.original(number)[first:last]
                if why:
                    refused.append(Refusal(rule, FIELDS[number], first, last, quote, why))
                else:
                    found.append(Hit(rule, FIELDS[number], first, last, quote))
    hits.found, hits.refused = tuple(found), tuple(refused)


def _objection(rule: Rule, span: Span, hits: Hits) -> str:
    """Why this hit does not count, in a sentence; empty when it does."""
    pattern = rule.pattern
    if pattern.same_language and hits.article.language != pattern.language[:2]:
        return f"the words are {pattern.language}, the article is {hits.article.language}"
    if not _valid(rule, hits):
        return f"the name holds from {pattern.valid_from or 'the start'} until {pattern.valid_until or 'now'}"
    if rule.excepted and (place := hits.around(rule.excepted, span)):
        return f"it is part of {hits.quote(span[0], place)!r}"
    if rule.requires and not _near(rule.requires, span, pattern.near, hits):
        return f"it needs one of {_some(rule.requires)} {_where(pattern.near)}, and none is there"
    if rule.blocks and (said := _near(rule.blocks, span, pattern.blocks_near, hits)):
        return f"it is blocked by {said!r} {_where(pattern.blocks_near)}"
    return ""


def _valid(rule: Rule, hits: Hits) -> bool:
    first, last = rule.pattern.valid_from, rule.pattern.valid_until
    if first is None and last is None:
        return True
    day = hits.article.when.date()
    return (first is None or first <= day) and (last is None or day <= last)


def _near(context: Context, span: Span, near: int, hits: Hits) -> str:
    """The original words of the context that are near enough; empty when there are none."""
    if near:
        place = hits.nearest(context, span, near)
        return hits.quote(span[0], place) if place else ""
    for slot in sorted(context.slots.intersection(hits.present)):
        for number, start, end in hits.present[slot]:
            if number != span[0] or end <= span[1] or span[2] <= start:
                return hits.quote(number, (start, end))
    return ""


def _some(context: Context, most: int = 5) -> str:
    words = [form for written in context.words[:most] for form in expand(written)[:2]]
    more = len(words) > most or len(context.words) > most
    return ", ".join(words[:most]) + (", …" if more else "")


def _where(near: int) -> str:
    return f"within {near} words" if near else "in the article"
