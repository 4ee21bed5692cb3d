"""What is an article about? Relevance to biometrics, and labels on every facet, each with its reasons.

    Hits ─► weighted evidence per term ─► score ─► label

Evidence in the title counts more, repetition saturates, words far down count less. Every number is
in the reasons, so a person can add it up: score = sum / (1 + sum).
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.records import Article

from .compiled import LATE_FACETS, Vocabulary
from .matcher import Hit, Hits
from .records import Classified, Evidence, Label, Relevance
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


@dataclass(slots=True)
class _Sum:
    total: float
    parts: list[tuple[float, Hit]]

    @property
    def score(self) -> float:
        return self.total / (1 + self.total) if self.total > 0 else 0.0

    def reasons(self, term: str = "") -> tuple[Evidence, ...]:
        strongest = sorted(self.parts, key=lambda part: -abs(part[0]))[:MOST_REASONS]
        return tuple(
            Evidence(
                term=term or hit.rule.term,
                field=hit.field,
                start=hit.start,
                end=hit.end,
                surface=hit.surface,
                weight=round(weight, 4),
            )
            for weight, hit in strongest
        )


def classify(article: Article, hits: Hits, vocabulary: Vocabulary) -> Classified:
    """Relevance and labels from the hits alone."""
    repeated = _summary_repeated(article)
    found = _counted(hits.found(), repeated=repeated)
    about = _add_up([(hit, hit.rule.relevance) for hit in found if hit.rule.relevance])
    relevance = _relevance(about.score)
    if relevance != "none":
        found = found + _counted(hits.found(late=True), repeated=repeated)
    return Classified(
        relevance=relevance,
        relevance_score=round(about.score, 4),
        relevance_reasons=about.reasons(),
        labels=_labels(found, vocabulary, relevance),
    )


def _counted(found: list[Hit], *, repeated: bool) -> list[Hit]:
    return [hit for hit in found if hit.number != _SUMMARY] if repeated else found


def _relevance(score: float) -> Relevance:
    return "main" if score >= MAIN else "mention" if score >= MENTION else "none"


def _labels(found: list[Hit], vocabulary: Vocabulary, relevance: Relevance) -> tuple[Label, ...]:
    about = relevance != "none"
    by_term: dict[Target, list[tuple[Hit, float]]] = {}
    for hit in found:
        for target in hit.rule.labels:
            if target[0] != RELEVANCE and (about or target[0] not in LATE_FACETS):
                by_term.setdefault(target, []).append((hit, hit.rule.pattern.weight))
    scored: dict[str, list[tuple[float, str, _Sum]]] = {}
    for (facet, term), weighed in by_term.items():
        added = _add_up(weighed)
        score = added.score
        if score >= vocabulary.facets[facet].threshold:
            scored.setdefault(facet, []).append((-score, term, added))
    return tuple(
        Label(facet=facet, id=term, score=round(-score, 4), reasons=added.reasons())
        for facet in sorted(scored)
        for score, term, added in sorted(scored[facet], key=_rank)[: vocabulary.facets[facet].most or None]
    )


def _rank(one: tuple[float, str, _Sum]) -> tuple[float, str]:
    return one[:2]


def _add_up(weighed: list[tuple[Hit, float]]) -> _Sum:
    """Sum up evidence for one term, by place; words inside others count once, repetitions less and less."""
    added = _Sum(0.0, [])
    times: dict[int, int] = {}
    field, end = -1, 0
    for hit, weight in weighed:
        if hit.number == field and hit.start < end:
            continue
        field, end = hit.number, hit.end
        key = id(hit.rule)
        times[key] = nth = times.get(key, 0) + 1
        part = weight * _place(hit) / nth
        added.total += part
        added.parts.append((part, hit))
    return added


def _place(hit: Hit) -> float:
    if hit.number == _TITLE:
        return TITLE
    if hit.start < LEAD_TO:
        return LEAD
    return BODY if hit.start < DEEP_FROM else DEEP


def _summary_repeated(article: Article) -> bool:
    """True when the text says the summary again: then only the text counts."""
    return bool(article.summary) and bool(article.text) and article.summary[:120] in article.text
