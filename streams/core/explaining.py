"""Why an article is where it is, and why not elsewhere: the nearest others, and how each was judged."""

from __future__ import annotations

from dataclasses import dataclass

from .candidates import SHARED, THRESHOLD, scores_of, strength_of
from .copies import another_issue, judge
from .days import DAY, Days, Node
from .grouping import HOUR, Decider
from .telling import apart, copy_match, link_match, shared_sentence

NEAREST = 5


@dataclass(frozen=True, slots=True)
class Considered:
    """Another article that was compared with this one, and what came of it."""

    of: str
    story_id: str
    similarity: float
    """Near-duplicates: share of the shorter text in the longer one. Stories: strength of the link."""
    passed: bool
    rule: str
    """The test that decided it."""
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The nearest articles by text, and by event; best first."""

    id: str
    story_id: str
    near_duplicates: tuple[Considered, ...]
    same_event: tuple[Considered, ...]


_WHY_NOT_A_COPY = {
    "other-words": "too few of the words are the same",
    "other-date-in-title": "the title differs in its numbers or date, as issues of a column do",
    "other-numbers": "the words are alike, the numbers in them are not",
    "recurring-title": "the same site used this title before: another issue of a column",
    "much-longer": "one is more than three times as long as the other",
    "same-site-template": "one site, and not quite the same words: a template",
    "other-title": "too short to judge by the text alone, and the titles share nothing",
    "other-names": "too short to judge by the text alone, and the titles name others",
    "too-short": "too short to judge",
}


def explain(days: Days, decider: Decider, node: Node) -> Explanation:
    """The nearest articles that were, or could have been, taken for copies or for the same event."""
    reach = decider.rules.copies * HOUR
    days.ensure(node.language, (node.when - reach) // DAY, (node.when + reach) // DAY)
    near = days.sharing_any_key(node, reach)
    window = decider.rules.window * HOUR
    linked = days.sharing_words(node, window, SHARED)
    return Explanation(
        id=node.id,
        story_id=f"s{node.story}",
        near_duplicates=_copies(node, near),
        same_event=_events(decider, node, linked),
    )


def _copies(node: Node, others: list[Node]) -> tuple[Considered, ...]:
    considered = []
    for other in others:
        verdict = judge(node, other)
        match = copy_match(node, other)
        why = "" if verdict.copy else f" Not a copy: {_WHY_NOT_A_COPY[verdict.rule]}."
        considered.append(
            Considered(
                other.id, f"s{other.story}", match.similarity, verdict.copy, verdict.rule, match.reason + why
            )
        )
    considered.sort(key=lambda one: (-one.passed, -one.similarity, one.of))
    return tuple(considered[:NEAREST])


def _events(decider: Decider, node: Node, others: list[Node]) -> tuple[Considered, ...]:
    pairs = [(node, other) if node.key < other.key else (other, node) for other in others]
    scored = list(zip(scores_of(pairs) if pairs else [], pairs, others, strict=True))
    scored.sort(key=lambda one: (-one[0], one[2].key))
    return tuple(
        _event(decider, node, other, score, strength_of(*pair, score))
        for score, pair, other in scored[:NEAREST]
    )


def _event(decider: Decider, node: Node, other: Node, score: float, strength: int) -> Considered:
    together = other.story == node.story
    story = f"s{other.story}"
    if strength <= 0:
        rule = another_issue(node, other) or "too-little-shared"
        why = _WHY_NOT_A_COPY.get(rule, f"score {score:.2f}, {THRESHOLD} is needed")
        reason = f"Published {apart(node, other)} on {other.host}; {shared_sentence(node, other)}."
        reason += f" Not linked: {why}."
        return Considered(other.id, story, 0.0, together, rule, reason)
    match = link_match(node, other, strength)
    if together:
        return Considered(other.id, story, match.similarity, together, match.rule, match.reason)
    fit, least = decider.fit(node, other.story), decider.rules.fit
    why = f" Not in its story: links to it add up to a fit of {fit:.2f}, {least} is needed."
    if fit >= least:
        why = (
            f" Not in its story: a fit of {fit:.2f}, and another story fits better or it began too long ago."
        )
    if other.key > node.key:
        why = " It came later, and found another story that fits it better."
    return Considered(other.id, story, match.similarity, together, "little-fit", match.reason + why)
