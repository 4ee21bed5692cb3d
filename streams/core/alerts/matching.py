"""Which subscriptions a document meets, and the words that say why: document ─► fact. Pure.

Copies are told apart as in search (`query.narrow`): one raises nothing unless the query speaks of copies.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from .. import query as q
from ..query_hits import Passages, Span, affirmed
from ..query_match import Prepared, holds, prepare
from ..query_parse import parse
from ..records import Document
from .percolate import Percolator
from .quoting import QUOTES, quote
from .records import Fact, Matched, Quote, Subscription

Clauses: TypeAlias = dict[str, q.Query]
"""The affirmed clauses of a query by their canonical form, in reading order."""


class Matching:
    """Subscriptions, ready to be met. A paused one is met by no document."""

    def __init__(self, subscriptions: Iterable[Subscription] = ()) -> None:
        self._kept: dict[str, Subscription] = {}
        self._clauses: dict[str, Clauses] = {}
        self._percolator = Percolator()
        self.unreadable: dict[str, str] = {}
        """Subscriptions whose query cannot be read (any more), with a sentence; nothing meets them."""
        self.replace(subscriptions)

    def replace(self, subscriptions: Iterable[Subscription]) -> None:
        """Have these from now on; only what is new, changed or gone costs more than a look."""
        wanted = {one.id: one for one in subscriptions if not one.paused}
        for id_, subscription in wanted.items():
            if self._kept.get(id_) is not subscription:
                self.put(subscription)
        if len(self._kept) > len(wanted):
            for id_ in self._kept.keys() - wanted.keys():
                self.drop(id_)

    def put(self, subscription: Subscription) -> None:
        """Take up one that is new or changed."""
        id_, known = subscription.id, self._kept.get(subscription.id)
        if subscription.paused:
            self.drop(id_)
            return
        self._kept[id_] = subscription
        if known is not None and known.query == subscription.query:
            return
        self._forget(id_)
        try:
            query = parse(subscription.query)
        except q.QuerySyntaxError as error:
            self.unreadable[id_] = str(error)
            return
        self._clauses[id_] = {str(clause): clause for clause in affirmed(query)}
        self._percolator.add(id_, q.narrow(query))

    def drop(self, id: str) -> None:  # noqa: A002
        """Let one go; an unknown id is ignored."""
        self._kept.pop(id, None)
        self._forget(id)

    def _forget(self, id_: str) -> None:
        self._clauses.pop(id_, None)
        self.unreadable.pop(id_, None)
        self._percolator.remove(id_)

    def fact(self, document: Document) -> Fact:
        """The document with every subscription it meets, by id; often none."""
        prepared = prepare(document)
        found = self._percolator.match(prepared)
        why = _Why(document, prepared)
        matched = [why.matched(self._kept[id_], self._clauses[id_]) for id_ in found]
        return _fact(document, tuple(matched))

    @staticmethod
    def fact_of(document: Document, subscription: Subscription) -> Fact:
        """The document as this subscription alone would have it, paused or not: what a backtest asks.

        Raises QuerySyntaxError.
        """
        return _alone(subscription).fact(document)


@functools.lru_cache(maxsize=4)
def _alone(subscription: Subscription) -> Matching:
    parse(subscription.query)
    return Matching([replace(subscription, paused=False)])


def _fact(document: Document, matched: tuple[Matched, ...]) -> Fact:
    return Fact(
        id=document.id,
        when=document.when,
        first_seen=document.first_seen,
        story_id=document.story_id,
        title=document.title,
        url=document.url,
        source=document.source.name,
        host=document.source.host,
        language=document.language,
        role=document.story.role,
        copy=document.dedup.outcome == "near_duplicate",
        story_size=document.story.size,
        names=names(document),
        matched=matched,
    )


def names(document: Document) -> tuple[str, ...]:
    """Labels as `facet:id`, flags as `watchlist:id` and `term:id`; sorted, without repetition."""
    found = {f"{label.facet}:{label.id}" for label in document.labels}
    for flag in document.flags:
        found |= {f"watchlist:{flag.watchlist}", f"term:{flag.term}"}
    return tuple(sorted(found))


class _Why:
    """The clauses and quotes of one document; subscriptions share most of them."""

    def __init__(self, document: Document, prepared: Prepared) -> None:
        self._document = document
        self._prepared = prepared
        self._passages = Passages(document, prepared)
        self._known: dict[str, tuple[Span, ...] | None] = {}

    def matched(self, subscription: Subscription, clauses: Clauses) -> Matched:
        """Say why the document meets the subscription."""
        holding = {
            said: spans
            for said, clause in clauses.items()
            if (spans := self._spans(said, clause)) is not None
        }
        return Matched(
            subscription=subscription.id,
            version=subscription.version,
            clauses=tuple(holding),
            quotes=self._quotes(list(holding.values())),
        )

    def _spans(self, said: str, clause: q.Query) -> tuple[Span, ...] | None:
        """Where the words of a clause stand; None when it does not hold."""
        if said not in self._known:
            self._known[said] = self._look(clause)
        return self._known[said]

    def _look(self, clause: q.Query) -> tuple[Span, ...] | None:
        if isinstance(clause, q.Phrase | q.Near):  # it holds where its words stand
            return self._passages.hits(clause, QUOTES) or None
        return self._passages.hits(clause, QUOTES) if holds(clause, self._prepared) else None

    def _quotes(self, spans: list[tuple[Span, ...]]) -> tuple[Quote, ...]:
        """The first of each clause first, then the second of each."""
        ranked = [(turn, number) for number, own in enumerate(spans) for turn in range(min(len(own), QUOTES))]
        chosen = [spans[number][turn] for turn, number in sorted(ranked)]
        return tuple(quote(self._document, span) for span in chosen[:QUOTES])
