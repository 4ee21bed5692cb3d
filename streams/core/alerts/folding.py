"""Which alerts stand, as a function of the set of facts: what live, replay and backtest share. Pure.

`fold` takes all facts in canonical order. `Folding` keeps that true while facts come, change and go in any
order: what comes in order is added; for anything else it goes back to how things stood before that place
(a mark) and takes the facts from there again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter

from .conditions import evaluator
from .evaluating import Evaluator
from .ids import alert_id
from .leads import Leads
from .records import Alert, Fact, Subscription

Place = tuple[datetime, str]

EVERY = 128
"""Facts from one mark to the next."""
MARKS = 8
"""Marks kept; what changes before the oldest costs a fold of all facts."""

_place = attrgetter("place")


def fold(
    subscription: Subscription, facts: Iterable[Fact], leads: Leads, horizon: datetime | None = None
) -> list[Alert]:
    """Every alert that stands with these facts when nothing more is expected from before `horizon`."""
    return folded(subscription, facts, leads, horizon)[0]


def folded(
    subscription: Subscription, facts: Iterable[Fact], leads: Leads, horizon: datetime | None = None
) -> tuple[list[Alert], Evaluator]:
    """As `fold`, with the evaluator that took the facts."""
    taking = evaluator(subscription, leads)
    alerts = [alert for fact in sorted(facts, key=_place) for alert in taking.add(fact)]
    return (alerts + taking.pass_to(horizon) if horizon is not None else alerts), taking


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a step changed in the alerts that stand."""

    new: tuple[Alert, ...] = ()
    """Stand now and did not before, in canonical order."""
    gone: tuple[str, ...] = ()
    """Ids of those that stood and do not any more."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Id of a new one to the id of the alert that told of the same before: nobody is to be told again."""
    revised: tuple[Alert, ...] = ()
    """Stand as before, and rest on something else or say something else."""


@dataclass(frozen=True, slots=True)
class _Stands:
    """An alert that stands, as far as it is kept in memory."""

    alert: Alert
    """Without the documents it shows."""
    shown: int
    """A hash of them."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """How things stood after the fact at `place`."""

    place: Place | None
    state: Evaluator
    raised: int


class Folding:
    """The alerts of one subscription, kept up to date.

    What stands with the facts that are there at first is taken as told: nothing of it is ever new.
    """

    def __init__(
        self,
        subscription: Subscription,
        leads: Leads,
        facts: Callable[[], Iterable[Fact]],
        horizon: datetime | None = None,
    ) -> None:
        """`facts` gives all facts of the subscription as they are when it is called, in any order."""
        self.subscription = subscription
        self._leads = leads
        self._facts = facts
        self._horizon = horizon
        self._each = subscription.condition.kind == "each"
        self._begin()
        if not self._each:
            self._add(sorted(facts(), key=_place))

    def _begin(self) -> None:
        self._state = evaluator(self.subscription, self._leads)
        self._tail: list[Fact] = []
        self._since_mark = 0
        self._marks = [_Mark(None, self._state.copy(), 0)]
        self._raised: list[_Stands] = []
        self._ids: set[str] = set()

    def take(
        self,
        before: Iterable[Fact],
        after: Iterable[Fact],
        horizon: datetime | None = None,
        leads_since: datetime | None = None,
    ) -> Changes:
        """Facts that came, changed or went: as they were (`before`) and as they are (`after`).

        `horizon`: nothing more is expected from before. `leads_since`: time of the oldest document that
        began or ceased to open a story, whoever matches it.
        """
        if horizon is not None:
            self._horizon = max(horizon, self._horizon or horizon)
        old = {fact.id: fact for fact in before}
        new = {fact.id: fact for fact in after}
        same = {id_ for id_, fact in old.items() if id_ in new and self._tells(fact) == self._tells(new[id_])}
        gone = [fact for id_, fact in old.items() if id_ not in same]
        come = sorted((fact for id_, fact in new.items() if id_ not in same), key=_place)
        if self._each:
            undone = [_stands(alert) for alert in self._alone(gone)]
            return self._changes(undone, self._alone(come), {})
        renamed: dict[str, set[str]] = {}
        for fact in gone:
            if fact.id in new:
                renamed.setdefault(new[fact.id].story_id, set()).add(fact.story_id)
        undone, redone = self._redo(gone, come, leads_since)
        return self._changes(undone, redone, renamed)

    def pass_to(self, horizon: datetime) -> Changes:
        """Nothing more is expected from before `horizon`."""
        return self.take((), (), horizon)

    def _tells(self, fact: Fact) -> tuple[object, ...]:
        """What conditions go by and alerts show: a document whose story only grew changes nothing."""
        own = (one for one in fact.matched if one.subscription == self.subscription.id)
        return (
            *(fact.when, fact.first_seen, fact.story_id, fact.host, fact.role, fact.copy, fact.names),
            *(fact.title, fact.url, fact.source, fact.language),
            *((one.clauses, one.quotes) for one in own),
        )

    def _alone(self, facts: Iterable[Fact]) -> list[Alert]:
        return [alert for fact in facts for alert in self._state.add(fact)]

    def _redo(
        self, gone: Sequence[Fact], come: Sequence[Fact], leads_since: datetime | None
    ) -> tuple[list[_Stands], list[Alert]]:
        """Bring the state up to date; alerts taken back on the way, and alerts raised."""
        places = [fact.place for fact in (*gone, *come)]
        if leads_since is not None:
            asked = self._state.asked
            at = bisect_left(asked, leads_since.replace(microsecond=0))
            places += [(moment, "") for moment in asked[at : at + 1]]
        if not places or (self._newest is None or min(places) > self._newest):
            return [], self._add(come)
        return self._go_back(min(places), {fact.place for fact in gone}, come)

    @property
    def _newest(self) -> Place | None:
        """Where things stand: at the last fact, or the last alert, which time alone may have raised later."""
        place = self._tail[-1].place if self._tail else self._marks[-1].place
        if not self._raised:
            return place
        raised = self._raised[-1].alert.when, ""
        return max(place, raised) if place is not None else raised

    def _add(self, facts: Iterable[Fact]) -> list[Alert]:
        """Take facts that come after all others, and let time pass to the horizon."""
        alerts: list[Alert] = []
        for fact in facts:
            raised = self._state.add(fact)
            alerts += raised
            self._keep(raised)
            self._tail.append(fact)
            self._since_mark += 1
            if self._since_mark == EVERY:
                self._mark(fact.place)
        if self._horizon is not None:
            passed = self._state.pass_to(self._horizon)
            alerts += passed
            self._keep(passed)
        return alerts

    def _keep(self, raised: Iterable[Alert]) -> None:
        for alert in raised:
            self._raised.append(_stands(alert))
            self._ids.add(alert.id)

    def _mark(self, place: Place) -> None:
        self._since_mark = 0
        self._marks.append(_Mark(place, self._state.copy(), len(self._raised)))
        if len(self._marks) > MARKS:
            del self._marks[0]
            oldest = self._marks[0].place
            assert oldest is not None  # noqa: S101 - only the first mark ever made has none
            del self._tail[: bisect_right(self._tail, oldest, key=_place)]

    def _go_back(
        self, first: Place, gone: set[Place], come: Iterable[Fact]
    ) -> tuple[list[_Stands], list[Alert]]:
        """Take everything from `first` on again."""
        while self._marks and not _before(self._marks[-1].place, first):
            del self._marks[-1]
        if not self._marks:
            undone = self._raised
            self._begin()
            return undone, self._add(sorted(self._facts(), key=_place))
        mark = self._marks[-1]
        undone = self._raised[mark.raised :]
        del self._raised[mark.raised :]
        self._ids.difference_update(one.alert.id for one in undone)
        at = 0 if mark.place is None else bisect_right(self._tail, mark.place, key=_place)
        again = [fact for fact in self._tail[at:] if fact.place not in gone]
        del self._tail[at:]
        self._state, self._since_mark = mark.state.copy(), 0
        return undone, self._add(sorted([*again, *come], key=_place))

    def _changes(
        self, undone: Sequence[_Stands], redone: Sequence[Alert], renamed: Mapping[str, set[str]]
    ) -> Changes:
        stood, stands = {one.alert.id: one for one in undone}, {alert.id for alert in redone}
        new = sorted((one for one in redone if one.id not in stood), key=lambda one: (one.when, one.key))
        gone = [one.alert for one in undone if one.alert.id not in stands]
        return Changes(
            new=tuple(new),
            gone=tuple(alert.id for alert in gone),
            moved=self._moved(new, gone, renamed),
            revised=tuple(one for one in redone if one.id in stood and stood[one.id] != _stands(one)),
        )

    def _moved(
        self, new: Sequence[Alert], gone: Sequence[Alert], renamed: Mapping[str, set[str]]
    ) -> dict[str, str]:
        left, moved = list(gone), {}
        told = (
            self._ids.difference(alert.id for alert in new).union(alert.id for alert in gone)
            if renamed
            else ()
        )
        for alert in new:
            stories = renamed.get(alert.key, ()) if alert.kind == "story" else ()
            ids = sorted(alert_id(alert.subscription, "story", story) for story in stories)
            if found := next((id_ for id_ in ids if id_ in told), None):
                moved[alert.id] = found
            elif same := next((one for one in left if self._state.moved(one, alert)), None):
                left.remove(same)
                moved[alert.id] = same.id
        return moved


def _before(mark: Place | None, place: Place) -> bool:
    return mark is None or mark < place


def _stands(alert: Alert) -> _Stands:
    return _Stands(replace(alert, shown=()), hash(alert.shown))
