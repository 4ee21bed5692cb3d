"""The alert stage: changed documents in, alerts raised and withdrawn out, in one transaction of the store.

    documents ─► facts ─► folding of each subscription they touch ─► raise, withdraw

What is known stands in the AlertStore. Foldings are held in memory, and built again from it when they are
first needed after a start or a failure. Which subscriptions there are: `following`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..alerts import AlertStore, Raised
from ..core.alerts.folding import Changes, Folding
from ..core.alerts.matching import Matching
from ..core.alerts.records import Fact, Subscription
from ..core.records import Document
from ..sinks import ArticleSearch
from ..subscriptions import SubscriptionStore
from .following import OURS, Following, unworkable

WITHDRAWN = "It does not hold any more: an article it rests on changed or went, or another one came late."


@dataclass(slots=True)
class _Touched:
    """What a batch of documents changes for one subscription."""

    before: list[Fact] = field(default_factory=list)
    after: list[Fact] = field(default_factory=list)


class Alerting:
    """Decides, remembers, and says what is new. One process at a time works with a store."""

    def __init__(
        self,
        documents: Callable[[Sequence[str]], Sequence[Document]],
        index: ArticleSearch,
        store: AlertStore,
        subscriptions: SubscriptionStore,
    ) -> None:
        """`documents` gives those of the ids that there are; `index` is asked for the past."""
        self._documents = documents
        self._store = store
        self._matching = Matching()
        self._foldings: dict[str, Folding] = {}
        self.following = Following(index, store, subscriptions)
        self._renew()

    @property
    def idle(self) -> bool:
        """Nobody is subscribed to anything."""
        return not self.following.active and not self.following.seeding

    def problems(self) -> Sequence[str]:
        """A sentence for each subscription that is not worked although it should be."""
        return self.following.problems()

    def refresh(self, seconds: float | None = None) -> bool:
        """Take up what was added, edited, paused, resumed or removed; False when nothing was.

        At most for so many `seconds`: what of the archive is not looked at by then is by the next call
        (`following.seeding`). What comes in meanwhile has to be worked again afterwards.
        """
        if not self.following.refresh(seconds):
            return False
        self._renew()
        return True

    def begin_anew(self) -> None:
        """The archive is another than before: `refresh` takes it in as it is, and tells nothing of it."""
        with self.whole():
            self.following.begin_anew()
        self._renew()

    def work(
        self,
        changed: Sequence[str],
        gone: Sequence[str],
        now: datetime,
        *,
        known: Collection[str] = (),
        quiet: bool = False,
    ) -> list[Raised]:
        """Work documents that changed, and those that are no more. See `take`."""
        there = self._documents(changed)
        missing = set(changed) - {one.id for one in there}
        return self.take(self.facts(there), sorted({*gone, *missing}), now, known=known, quiet=quiet)

    def facts(self, documents: Iterable[Document]) -> list[Fact]:
        """Match documents with all subscriptions."""
        return [self._matching.fact(document) for document in documents]

    def take(
        self,
        facts: Iterable[Fact],
        gone: Collection[str],
        now: datetime,
        *,
        known: Collection[str] = (),
        quiet: bool = False,
    ) -> list[Raised]:
        """Take in what is known of documents now, and return the alerts raised by it.

        `known`: documents that the archive had before. `quiet`: nothing of this is ever told.
        """
        facts = [self._of_active(fact) for fact in facts]
        with self.whole():
            touched = self._touched(facts, gone)
            following = self.following
            for id_ in following.by_time | touched.keys():
                self._folding(id_)  # from what is known before this
            horizon = following.move_horizon(max((fact.moment for fact in facts), default=None))
            leads_since = following.leads.put(facts, gone)
            self._store.put_facts(facts)
            self._store.drop_facts(gone)
            raised = []
            for id_ in sorted(following.by_time | touched.keys()):
                own = touched.get(id_, _Touched())
                raised += self._decide(id_, own, horizon, leads_since, now, known=known, quiet=quiet)
        return raised

    def tick(self, now: datetime) -> list[Raised]:
        """Nothing more is expected from before `now`, however little came in."""
        following = self.following
        if not following.silent or not following.horizon_moves(now):
            return []
        with self.whole():
            horizon = following.move_horizon(now)
            return [
                raised
                for id_ in sorted(following.silent)
                for raised in self._decide(id_, _Touched(), horizon, None, now)
            ]

    def forget(self, before: datetime) -> None:
        """Retention removed the documents from before: alerts on them stay as they are."""
        with self.whole():
            self._store.drop_before(before)
        self._foldings.clear()

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """A transaction of the store that takes back what is held in memory when it fails."""
        try:
            with self._store.transaction():
                yield
        except BaseException:
            self._foldings.clear()
            self.following.forget_memory()
            raise

    def _renew(self) -> None:
        active = self.following.active
        self._matching.replace(active.values())
        self._foldings = {
            id_: one for id_, one in self._foldings.items() if one.subscription == active.get(id_)
        }

    def _of_active(self, fact: Fact) -> Fact:
        own = tuple(one for one in fact.matched if one.subscription in self.following.active)
        return fact if own == fact.matched else replace(fact, matched=own)

    def _touched(self, facts: Sequence[Fact], gone: Collection[str]) -> dict[str, _Touched]:
        touched: dict[str, _Touched] = {}
        for id_ in dict.fromkeys([*(fact.id for fact in facts), *gone]):
            if before := self._store.fact(id_):
                for one in before.matched:
                    touched.setdefault(one.subscription, _Touched()).before.append(before)
        for fact in facts:
            for one in fact.matched:
                touched.setdefault(one.subscription, _Touched()).after.append(fact)
        return {id_: own for id_, own in touched.items() if id_ in self.following.active}

    def _folding(self, id_: str) -> Folding | None:
        """The folding of a subscription; None when it cannot be worked."""
        subscription = self.following.active.get(id_)
        if subscription is not None and id_ not in self._foldings:
            try:
                self._foldings[id_] = Folding(
                    subscription,
                    self.following.leads_of(subscription),
                    lambda: self._store.facts(id_),
                    self.following.horizon,
                )
            except OURS:
                raise
            except Exception as cause:  # noqa: BLE001 - the wall between subscriptions
                self._break(subscription, cause)
        return self._foldings.get(id_)

    def _decide(
        self,
        id_: str,
        own: _Touched,
        horizon: datetime | None,
        leads_since: datetime | None,
        now: datetime,
        *,
        known: Collection[str] = (),
        quiet: bool = False,
    ) -> list[Raised]:
        folding = self._folding(id_)
        if folding is None:
            return []
        try:
            changes = folding.take(own.before, own.after, horizon, leads_since)
        except OURS:
            raise
        except Exception as cause:  # noqa: BLE001 - the wall between subscriptions
            self._break(folding.subscription, cause)
            return []
        self._store.revise(changes.revised)
        if not changes.new and not changes.gone:
            return []
        past = self._past(id_, own, known)
        quietly = {one.id for one in changes.new if quiet or (one.shown and one.shown[0].id in past)}
        return self._apply(id_, changes, now, quietly)

    def _past(self, id_: str, own: _Touched, known: Collection[str]) -> set[str]:
        """Documents of the archive from before what the subscription was seeded with."""
        had = {fact.id for fact in own.before}
        since = self.following.since(id_)
        return {one.id for one in own.after if one.id in known and one.id not in had and one.moment < since}

    def _apply(self, id_: str, changes: Changes, now: datetime, quietly: set[str]) -> list[Raised]:
        """Write down what a folding says changed. What takes the place of a hushed alert is hushed too."""
        store, ids = self._store, [one.id for one in changes.new]
        hushed = quietly | store.hushed(id_, [*ids, *changes.moved.values()])
        told = [one for one in changes.new if not {one.id, changes.moved.get(one.id, "")} & hushed]
        store.hush(id_, set(ids) - {one.id for one in told})
        store.withdraw(WITHDRAWN, changes.gone)
        store.withdraw("", ids)  # those that held before, and do again
        store.revise(changes.new)
        return store.raise_(told, now, changes.moved)

    def _break(self, subscription: Subscription, cause: Exception) -> None:
        """Leave a subscription out until it is edited, or the next start."""
        self._foldings.pop(subscription.id, None)
        self.following.leave_out(subscription, unworkable(cause))
        self._matching.replace(self.following.active.values())
