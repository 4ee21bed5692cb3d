"""What the story stage tells of its decisions: matches with reasons, groupings, stories; once per change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from .copies import judge
from .days import DAY, Days, Node
from .grouping import HOUR, Decider
from .links import shared_words
from .rarity import stable_hash
from .records import Grouping, Match, Role, Story
from .traits import NAME, NUMBER

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_json = msgspec.json.Encoder()

_Grounds = tuple[Node, str, Node | None, Node | None, int]
"""What a grouping rests on: article, story, root, whom it joined there, strength of that link."""


class Teller:
    """Turns nodes into the records handed on, and remembers what it told."""

    def __init__(self, days: Days, decider: Decider) -> None:
        self._days = days
        self._decider = decider
        self._rests: dict[str, _Grounds] = {}

    def saved(self) -> None:
        """Forget what only saves time between two saves."""
        self._rests.clear()

    def copies_of(self, node: Node) -> tuple[Match, ...]:
        """Its near-duplicates, best first, then in canonical order."""
        twins = [twin for article_id in node.twins if (twin := self._days.get(article_id))]
        twins.sort(key=lambda twin: (-node.twins[twin.id], twin.key))
        return tuple(copy_match(node, twin) for twin in twins)

    def grouping(self, article_id: str) -> Grouping | None:
        """The grouping of an article; None when it is what was told before."""
        node = self._days.get(article_id)
        if node is None:
            return None
        self._days.ensure(node.language, *self._decider.reach(node))
        grounds = self._grounds(node)
        if self._rests.get(article_id) == grounds:  # nodes are equal to themselves only
            return None
        self._rests[article_id] = grounds
        grouping = self._grouping(*grounds)
        told = _hash(grouping)
        if told == node.told:
            return None
        node.told = told
        self._days.mark(node)
        return grouping

    def _grounds(self, node: Node) -> _Grounds:
        root = self._decider.root(node)
        if node.story == node.id or (root is not None and root.story == node.story):
            return node, node.story, root, None, 0
        return node, node.story, root, *self._joined(node)

    def _grouping(
        self, node: Node, story: str, root: Node | None, other: Node | None, strength: int
    ) -> Grouping:
        copy = copy_match(node, root) if root is not None else None
        joined = link_match(node, other, strength) if other is not None else None
        if root is not None and root.story == story != node.id:
            joined = copy
        return Grouping(
            id=node.id, story_id=f"s{story}", role=self._role(node, root), near_duplicate=copy, joined=joined
        )

    def _role(self, node: Node, root: Node | None) -> Role:
        if node.release or (root is not None and root.release):
            return "press-release"
        if root is not None:
            return "copy"
        return "lead" if node.story == node.id else "report"

    def _joined(self, node: Node) -> tuple[Node | None, int]:
        """Its strongest link to an earlier member of its story, to the first of several."""
        best: Node | None = None
        most, get, story = 0, self._days.get, node.story
        for article_id, strength in node.links.items():
            if best is not None and strength < most:
                continue
            other = get(article_id)
            if other is None or other.story != story or other.key >= node.key:
                continue
            if best is None or strength > most or other.key < best.key:
                best, most = other, strength
        return best, most

    def story(self, article_id: str) -> Story | None:
        """The story an article leads; None when there is none, or it is what was told before."""
        lead = self._days.find(article_id)
        if lead is None or lead.story != article_id:
            return None
        members = self._loaded_members(lead)
        roles = [self._role(node, self._decider.root(node)) for node in members]
        story = Story(
            id=f"s{article_id}",
            lead=article_id,
            size=len(members),
            independent=sum(role in {"lead", "report"} for role in roles),
            sources=tuple(sorted({node.host for node in members})),
            first=time_of(members[0].when),
            last=time_of(members[-1].when),
        )
        told = _hash(story)
        if told == lead.told_story:
            return None
        lead.told_story = told
        self._days.mark(lead)
        return story

    def _loaded_members(self, lead: Node) -> list[Node]:
        """All members of a story; loads the days they are on, and those their roots are on."""
        rules = self._decider.rules
        last = (lead.when + (rules.span + rules.copies) * HOUR) // DAY
        self._days.ensure(lead.language, (lead.when - rules.copies * HOUR) // DAY, last)
        return self._decider.members(lead.id)

    def leads(self, article_id: str) -> bool:
        """Whether an article leads a story."""
        node = self._days.get(article_id)
        return node is not None and node.story == article_id

    def retract(self, article_id: str) -> bool:
        """Whether a story that was told is no more; notes that this is being told."""
        node = self._days.find(article_id)
        if node is None or node.story == article_id or not node.told_story:
            return False
        node.told_story = 0
        self._days.mark(node)
        return True


def copy_match(node: Node, other: Node) -> Match:
    """Why `node` is a near-duplicate of `other`."""
    verdict = judge(node, other)
    like = verdict.like
    longer = "this text" if node.size > other.size else "the other"
    shorter = "the other text" if node.size > other.size else "this text"
    reason = (
        f"{like.contained:.0%} of {shorter} stands in {longer} in the same words"
        f" ({like.size} word groups compared with {max(node.size, other.size)}),"
        f" published {apart(node, other)} on {other.host}."
    )
    return Match(of=other.id, similarity=round(like.contained, 3), rule=verdict.rule, reason=reason)


def link_match(node: Node, other: Node, strength: int) -> Match:
    """Why `node` reports the same event as `other`."""
    return Match(
        of=other.id,
        similarity=strength / 100,
        rule="same-event",
        reason=f"Published {apart(node, other)} on {other.host}; {shared_sentence(node, other)}.",
    )


def shared_sentence(node: Node, other: Node) -> str:
    """The rarest names, words and numbers that two articles share."""
    surfaces = node.surfaces.split(" ")
    names: list[str] = []
    words: list[str] = []
    numbers: list[str] = []
    for at, marks in shared_words(node.row, other.row):
        if at >= len(surfaces):
            break
        kind = numbers if marks & NUMBER else names if marks & NAME else words
        kind.append(surfaces[at])
    parts = [
        f"{label} {', '.join(kind[:5])}"
        for label, kind in (("names", names), ("words", words), ("numbers", numbers))
        if kind
    ]
    return "both have the " + "; the ".join(parts) if parts else "no rare word is shared"


def apart(node: Node, other: Node) -> str:
    """How long after (or before) the other a node was published, for people."""
    minutes = abs(node.when - other.when) // 60_000_000
    if minutes < 1:
        return "at the same time as the one"
    amount = (
        f"{minutes} min"
        if minutes < 120
        else f"{minutes // 60} h"
        if minutes < 2880
        else f"{minutes // 1440} days"
    )
    return f"{amount} {'after' if node.key > other.key else 'before'} the one"


def time_of(when: int) -> datetime:
    """Microseconds since the epoch as an aware time."""
    return _EPOCH + timedelta(microseconds=when)


def _hash(record: Grouping | Story) -> int:
    return stable_hash(_json.encode(record).decode()) >> 1 or 1
