"""What is an article about? Relevance to biometrics, and labels on every facet, each with its reasons.

    Hits ─► weighted evidence per term ─► score ─► label

Evidence in the title counts more, repetition saturates, words far down count less. Every number is
in the reasons, so a person can add it up: score = sum / (1 + sum).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.records import Article

from .compiled import Vocabulary
from .matcher import Hit, Hits
from .records import FIELDS, Classified, Evidence, Label, Relevance
from .references import Target

TITLE, LEAD, BODY, DEEP = 2.0, 1.5, 1.0, 0.5
"""What a hit counts in the title, in the first sentence, in the body, and further down in a long text."""
LEAD_TO, DEEP_FROM = 150, 1500
"""Code points of summary or text up to which words are of the lead, and from which they are further down."""
MENTION, MAIN = 0.25, 0.55
"""Scores from which an article mentions biometrics, and is about them."""
MOST_REASONS = 8
RELEVANCE = "relevance"
"""Facet whose terms say nothing but that an article is about biometrics: no labels of their own."""
_NEED_RELEVANCE = frozenset({"domain", "theme"})


@dataclass(slots=True)
class _Sum:
    total: float
    parts: list[tuple[float, Hit]]

    @property
    def score(self) -> float:
        return round(self.total / (1 + self.total), 4) if self.total > 0 else 0.0

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
    about = _add_up(
        ((hit, hit.rule.relevance) for hit in hits.found if hit.rule.relevance), repeated=repeated
    )
    relevance = _relevance(about.score)
    return Classified(
        relevance=relevance,
        relevance_score=about.score,
        relevance_reasons=about.reasons(),
        labels=_labels(hits, vocabulary, relevance, repeated=repeated),
    )


def _relevance(score: float) -> Relevance:
    return "main" if score >= MAIN else "mention" if score >= MENTION else "none"


def _labels(hits: Hits, vocabulary: Vocabulary, relevance: Relevance, *, repeated: bool) -> tuple[Label, ...]:
    by_term: dict[Target, list[tuple[Hit, float]]] = {}
    for hit in hits.found:
        for target in hit.rule.labels:
            if target[0] != RELEVANCE and (relevance != "none" or target[0] not in _NEED_RELEVANCE):
                by_term.setdefault(target, []).append((hit, hit.rule.pattern.weight))
    labels: dict[str, list[Label]] = {}
    for (facet, term), weighed in by_term.items():
        added = _add_up(weighed, repeated=repeated)
        if added.score >= vocabulary.facets[facet].threshold:
            made = Label(facet=facet, id=term, score=added.score, reasons=added.reasons())
            labels.setdefault(facet, []).append(made)
    result: list[Label] = []
    for facet in sorted(labels):
        ranked = sorted(labels[facet], key=lambda label: (-label.score, label.id))
        result.extend(ranked[: vocabulary.facets[facet].most or None])
    return tuple(result)


def _add_up(weighed: Iterable[tuple[Hit, float]], *, repeated: bool) -> _Sum:
    """Sum up evidence for one term; words inside other words count once, repetitions less and less."""
    ordered = sorted(
        weighed, key=lambda one: (FIELDS.index(one[0].field), one[0].start, -one[0].end, -one[1])
    )
    added = _Sum(0.0, [])
    times: dict[int, int] = {}
    last: Hit | None = None
    for hit, weight in ordered:
        if repeated and hit.field == "summary":
            continue
        if last and last.field == hit.field and hit.start < last.end:
            continue
        last = hit
        times[id(hit.rule)] = nth = times.get(id(hit.rule), 0) + 1
        part = weight * _place(hit) / nth
        added.total += part
        added.parts.append((part, hit))
    return added


def _place(hit: Hit) -> float:
    if hit.field == "title":
        return TITLE
    if hit.start < LEAD_TO:
        return LEAD
    return BODY if hit.start < DEEP_FROM else DEEP


def _summary_repeated(article: Article) -> bool:
    """True when the text says the summary again: then only the text counts."""
    return bool(article.summary) and article.summary[:120] in article.text
