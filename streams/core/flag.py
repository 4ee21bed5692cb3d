"""Which watchlist words does an article contain, and where? Pure; after scan, beside classify.

Hits ─► conditions of the watchlists ─► Flag with the quoted words
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.records import Article

from .compiled import Vocabulary
from .conditions import sentence, where
from .matcher import Hit, Hits
from .records import FIELDS, Blocked, Flag
from .text import fold_text, tokens
from .vocabulary import Watchlist

MOST_PER_TERM = 500
"""Flags of one term in one field; a text that says a word more often says nothing new by it."""

MOST_BLOCKED = 500
"""Answers to "why not?" for one article."""


def flag(article: Article, hits: Hits, vocabulary: Vocabulary) -> tuple[Flag, ...]:
    """All flags of an article, sorted by field, start, end, watchlist, term."""
    counted = [
        (hit.number, hit.start, -hit.end, watchlist, term, hit.rule.pattern.language != article.language, hit)
        for hit in hits.found()
        for watchlist, term in hit.rule.flags
        if not objection(vocabulary.watchlists[watchlist], hit, hits, vocabulary)
    ]
    if not counted:
        return ()
    return tuple(sorted(_outermost(sorted(counted, key=_place)), key=_order))


def _place(one: tuple[int, int, int, str, str, bool, Hit]) -> tuple[int, int, int, str, str, bool]:
    return one[:6]


def _outermost(counted: list[tuple[int, int, int, str, str, bool, Hit]]) -> Iterator[Flag]:
    """Leave out a hit inside a longer one of the same term; those of other terms stay.

    Where patterns of several languages say the same, the one of the article's language comes first.
    """
    longest: dict[tuple[str, str, int], int] = {}
    count: dict[tuple[str, str, int], int] = {}
    for number, _, end, watchlist, term, _, hit in counted:
        key = (watchlist, term, number)
        if -end > longest.get(key, -1):
            longest[key] = -end
            count[key] = count.get(key, 0) + 1
            if count[key] <= MOST_PER_TERM:
                yield _flag(watchlist, term, hit)


def _flag(watchlist: str, term: str, hit: Hit) -> Flag:
    return Flag(
        watchlist=watchlist,
        term=term,
        field=FIELDS[hit.number],
        start=hit.start,
        end=hit.end,
        surface=hit.surface,
        language=hit.rule.pattern.language,
    )


def _order(made: Flag | Blocked) -> tuple[int, int, int, str, str]:
    listed = made.watchlist if isinstance(made, Flag) else made.list
    return FIELDS.index(made.field), made.start, made.end, listed, made.term


def objection(watchlist: Watchlist, hit: Hit, hits: Hits, vocabulary: Vocabulary) -> str:
    """Why the condition of the list keeps this hit from counting, in a sentence; empty when it counts."""
    condition = watchlist.condition
    if not (condition.all or condition.any or condition.none):
        return ""
    within = where(condition.near)
    for member in condition.all:
        if not _there(member, hit, condition.near, hits, vocabulary):
            return f"{watchlist.id} asks for {member} {within}, and it is not there"
    if condition.any and not any(
        _there(member, hit, condition.near, hits, vocabulary) for member in condition.any
    ):
        return f"{watchlist.id} asks for one of {', '.join(condition.any)} {within}, and none is there"
    for member in condition.none:
        if _there(member, hit, 0, hits, vocabulary):
            return f"{watchlist.id} does not count where {member} is in the article"
    return ""


def _there(member: str, hit: Hit, near: int, hits: Hits, vocabulary: Vocabulary) -> bool:
    return any(
        not near or _words_between(hit, place, hits) <= near for place in _places(member, hits, vocabulary)
    )


def _places(member: str, hits: Hits, vocabulary: Vocabulary) -> Iterator[tuple[str, int, int]]:
    """Where a term, a watchlist or a context was found: field, start and end in the original."""
    if member.startswith("@"):
        for slot in vocabulary.contexts[member[1:]].slots.intersection(hits.present):
            for number, start, end in hits.present[slot]:
                yield (FIELDS[number], *hits.folded[number].span(start, end))
        return
    for found in (*hits.found(), *hits.found(late=True)):
        if _is_of(found, member):
            yield found.field, found.start, found.end


def _is_of(hit: Hit, member: str) -> bool:
    listed, _, name = member.partition(".")
    if listed == "watchlist":
        return any(watchlist == name for watchlist, _ in hit.rule.flags)
    return (listed, name) in hit.rule.labels


def _words_between(hit: Hit, place: tuple[str, int, int], hits: Hits) -> int:
    if place[0] != hit.field:
        return 1 << 30
    first, last = sorted(((hit.start, hit.end), place[1:]))
    text = getattr(hits.article, hit.field)
    return len(tokens(fold_text(text[first[1] : last[0]])))


def explain_hits(hits: Hits, vocabulary: Vocabulary) -> tuple[Blocked, ...]:
    """Terms that are in the article and do not count, each with the reason.

    A place where another pattern of the same term does count is no answer to "why not?": left out.
    """
    counted = {
        (target, hit.field, place)
        for hit in (*hits.found(), *hits.found(late=True))
        for target in (*hit.rule.labels, *hit.rule.flags)
        for place in range(hit.start, hit.end)
    }
    made = {
        _blocked(listed, term, hit, sentence(hit.surface, hit.rule, why))
        for hit, why in hits.refused()
        for listed, term in (*hit.rule.labels, *hit.rule.flags)
        if ((listed, term), hit.field, hit.start) not in counted
    }
    for hit in hits.found():
        for watchlist, term in hit.rule.flags:
            if why := objection(vocabulary.watchlists[watchlist], hit, hits, vocabulary):
                made.add(_blocked(watchlist, term, hit, f"{hit.surface!r} does not count: {why}"))
    return tuple(sorted(made, key=lambda one: (*_order(one), one.why))[:MOST_BLOCKED])


def _blocked(listed: str, term: str, hit: Hit, why: str) -> Blocked:
    return Blocked(
        list=listed,
        term=term,
        field=hit.field,
        start=hit.start,
        end=hit.end,
        surface=hit.surface,
        why=why,
    )
