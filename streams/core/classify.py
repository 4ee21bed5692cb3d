"""What is an article about? Relevance to biometrics, and labels on every facet, each with its reasons.

    Hits ─► weighted evidence per term ─► score ─► label

Evidence in the title counts more, repetition saturates, words far down count less. Every number is
in the reasons, so a person can add it up: score = sum / (1 + sum).
"""

from __future__ import annotations

from connectors.records import Article

from .compiled import LATE_FACETS, Vocabulary
from .matcher import Hit, Hits
from .records import FIELDS, Classified, Evidence, Label, Relevance
from .references import Target

TITLE, LEAD, BODY, DEEP = 2.0, 1.5, 1.0, 0.5
"""What a hit counts in the title, in the first sentence, in the body, and further down in a long text."""
LEAD_TO, DEEP_FROM = 150, 1500
"""Code points of summary or text up to which words are of the lead, and from which they are further down."""
MENTION, MAIN = 0.2, 0.55
"""Scores from which an article mentions biometrics, and is about them."""
MOST_REASONS = 6
RELEVANCE = "relevance"
"""Facet whose terms say nothing but that an article is about biometrics: no labels of their own."""
_TITLE, _SUMMARY = 0, 1
"""Numbers of fields."""


_Part = tuple[float, Hit]
"""What one hit adds, and the hit."""


def classify(article: Article, hits: Hits, vocabulary: Vocabulary) -> Classified:
    """Relevance and labels from the hits alone."""
    repeated = _summary_repeated(article)
    found = _counted(hits.found(), repeated=repeated)
    about = _parts([(hit.rule.relevance, hit) for hit in found if hit.rule.relevance])
    score = _score(about)
    relevance = _relevance(score)
    if relevance != "none":
        found = found + _counted(hits.found(late=True), repeated=repeated)
    return Classified(
        relevance=relevance,
        relevance_score=round(score, 4),
        relevance_reasons=_reasons(about),
        labels=_labels(found, vocabulary, relevance),
    )


def _counted(found: list[Hit], *, repeated: bool) -> list[Hit]:
    return [hit for hit in found if hit.number != _SUMMARY] if repeated else found


def _relevance(score: float) -> Relevance:
    return "main" if score >= MAIN else "mention" if score >= MENTION else "none"


def _labels(found: list[Hit], vocabulary: Vocabulary, relevance: Relevance) -> tuple[Label, ...]:
    by_term: dict[Target, list[_Part]] = {}
    for hit in found:
        for target in hit.rule.labels:
            if target[0] != RELEVANCE and (relevance != "none" or target[0] not in LATE_FACETS):
                by_term.setdefault(target, []).append((hit.rule.pattern.weight, hit))
    scored: dict[str, list[tuple[float, str, list[_Part]]]] = {}
    for (facet, term), weighed in by_term.items():
        parts = _parts(weighed)
        score = _score(parts)
        if score >= vocabulary.facets[facet].threshold:
            scored.setdefault(facet, []).append((-score, term, parts))
    return tuple(
        Label(facet=facet, id=term, score=round(-score, 4), reasons=_reasons(parts))
        for facet in sorted(scored)
        for score, term, parts in sorted(scored[facet], key=_rank)[: vocabulary.facets[facet].most or None]
    )


def _rank(one: tuple[float, str, list[_Part]]) -> tuple[float, str]:
    return one[:2]


def _parts(weighed: list[_Part]) -> list[_Part]:
    """What each hit adds to one term, by place; words inside others count once, repetitions less and less."""
    if len(weighed) == 1:
        weight, hit = weighed[0]
        return [(weight * _place(hit), hit)]
    parts: list[_Part] = []
    times: dict[int, int] = {}
    field, end = -1, 0
    for weight, hit in weighed:
        if hit.number == field and hit.start < end:
            continue
        field, end = hit.number, hit.end
        key = id(hit.rule)
        times[key] = nth = times.get(key, 0) + 1
        parts.append((weight * _place(hit) / nth, hit))
    return parts


def _place(hit: Hit) -> float:
    if hit.number == _TITLE:
        return TITLE
    if hit.start < LEAD_TO:
        return LEAD
    return BODY if hit.start < DEEP_FROM else DEEP


def _score(parts: list[_Part]) -> float:
    total = sum([part for part, _ in parts])
    return total / (1 + total) if total > 0 else 0.0


def _reasons(parts: list[_Part]) -> tuple[Evidence, ...]:
    if len(parts) > 1:
        parts = sorted(parts, key=_strength)[:MOST_REASONS]
    return tuple(
        [
            Evidence(
                term=hit.rule.term,
                field=FIELDS[hit.number],
                start=hit.start,
                end=hit.end,
                surface=hit.surface,
                weight=round(part, 4),
            )
            for part, hit in parts
        ]
    )


def _strength(part: _Part) -> float:
    return -abs(part[0])


def _summary_repeated(article: Article) -> bool:
    """True when the text says the summary again: then only the text counts."""
    return bool(article.summary) and bool(article.text) and article.summary[:120] in article.text
