"""What a subscription would have raised on an archive, told before it is saved. Pure.

    documents ─► Matching.fact_of ─► fold ─► alerts ─► forecast
                       └─► hits by week, sources, names, samples; gained and lost by an edit

Matching and fold are those of live processing, so the answer cannot differ from what it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from ..query import Dates, Everything, narrow
from ..records import Document
from .evaluating import shown
from .folding import folded
from .forecast import forecast, in_weeks, monitored
from .leads import Leads
from .matching import Matching
from .records import Alert, Every, Fact, Shown, Subscription
from .wording import some

SAMPLES = 10
EDIT_SAMPLES = 5
TOP = 10
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week from Monday, UTC, as far as it lies in the period."""

    begins: date
    hits: int
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an edit changes, the version before as it would have been over the same period."""

    gained: int
    lost: int
    """Documents."""
    gained_samples: tuple[Shown, ...]
    lost_samples: tuple[Shown, ...]
    hits_before: int
    alerts_before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An alert that would have been in a message."""

    alert: Alert
    withdrawn: bool
    """It does not hold any more, or another one took its place: see docs/alerts.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What came of it, over documents published from `since` on and before `until`."""

    since: datetime
    until: datetime
    hits: int
    """Documents that match: as many as a search for the query finds in the period."""
    stories: int
    weeks: float
    """How many weeks of the period the archive was filled in: what rates go by."""
    per_week: tuple[Week, ...]
    """Every week of the period, those without any too."""
    sources: tuple[tuple[str, int], ...]
    """Publishers with most hits."""
    names: tuple[tuple[str, int], ...]
    """Labels, watchlists and terms (as in `Fact.names`) that most hits have."""
    samples: tuple[Shown, ...]
    """The newest hit, and others spread over the period, each of another story; newest first."""
    alerts: tuple[Alert, ...]
    """Everything that stands, with all that is known today, in canonical order."""
    messages: Mapping[Every, float]
    """To each channel per week, for every rhythm."""
    sent: tuple[Sent, ...] | None = None
    """What would have been sent as the articles came in; None where that was not asked or is not known."""
    edit: Edit | None = None
    notes: tuple[str, ...] = ()
    """What has to be known to read the figures, in sentences."""


def backtest(
    subscription: Subscription,
    documents: Iterable[Document],
    leads: Leads,
    since: datetime,
    until: datetime,
    previous: Subscription | None = None,
    counts: Iterable[tuple[datetime, int]] = (),
) -> Backtest:
    """Run a subscription over documents, in any order, from `conditions.history_start(…, since)` on.

    `previous`: the version an edit is compared with. `counts`: see `forecast.monitored`.
    Raises QuerySyntaxError.
    """
    facts, facts_before = _facts([subscription, *([previous] if previous else [])], documents)
    run = _Run(subscription, facts, leads, since, until)
    alerts = run.alerts
    spans = monitored(counts, since, until)
    return Backtest(
        since=since,
        until=until,
        hits=len(run.hits),
        stories=len({fact.story_id for fact in run.hits}),
        weeks=in_weeks(spans),
        per_week=_per_week(run.hits, alerts, since, until),
        sources=_top(fact.source or fact.host for fact in run.hits),
        names=_top(name for fact in run.hits for name in fact.names),
        samples=tuple(shown(fact, subscription.id) for fact in spread(run.hits)),
        alerts=tuple(alerts),
        messages=forecast(subscription.rhythm, [alert.when for alert in alerts], spans),
        edit=_edit(run, _Run(previous, facts_before, leads, since, until)) if previous else None,
        notes=run.notes,
    )


def _facts(
    subscriptions: Sequence[Subscription], documents: Iterable[Document]
) -> tuple[list[Fact], list[Fact]]:
    """Facts of the documents that each subscription matches."""
    found: tuple[list[Fact], list[Fact]] = [], []
    for document in documents:
        for subscription, own in zip(subscriptions, found, strict=False):
            fact = Matching.fact_of(document, subscription)
            if fact.matched:
                own.append(fact)
    return found


class _Run:
    """One subscription over its facts, as if it had been there from `since` on."""

    def __init__(
        self,
        subscription: Subscription,
        facts: Sequence[Fact],
        leads: Leads,
        since: datetime,
        until: datetime,
    ) -> None:
        self.subscription = subscription
        period = narrow(Everything(), since=since, until=until, copies=True)
        assert isinstance(period, Dates)  # noqa: S101 - both ends are given
        self.hits = sorted((fact for fact in facts if period.holds(fact.when)), key=_newest_last)
        known = [fact for fact in facts if fact.when < until]
        alerts, taking = folded(replace(subscription, changed_at=since), known, leads, until)
        self.alerts = [alert for alert in alerts if since <= alert.when < until]
        self.undecided = sum(1 for moment in taking.unknown if since <= moment < until)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not decided."""
        if not self.undecided:
            return ()
        times = some(self.undecided, "article", "articles")
        said = (
            f"At {times} nothing was raised because the archive does not reach back far enough to say what is"
            " usual or new."
        )
        return (said,)


def _newest_last(fact: Fact) -> tuple[datetime, str]:
    return fact.when, fact.id


def _per_week(
    hits: Sequence[Fact], alerts: Sequence[Alert], since: datetime, until: datetime
) -> tuple[Week, ...]:
    counted = Counter(_monday(fact.when) for fact in hits)
    raised = Counter(_monday(alert.when) for alert in alerts)
    weeks, begins = [], _monday(since)
    while datetime(begins.year, begins.month, begins.day, tzinfo=UTC) < until:
        weeks.append(Week(begins=begins, hits=counted[begins], alerts=raised[begins]))
        begins += _WEEK
    return tuple(weeks)


def _monday(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def _top(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))[:TOP])


def spread(hits: Sequence[Fact], most: int = SAMPLES) -> list[Fact]:
    """The newest of each story; where these are too many, so many of them evenly spread. Newest first."""
    newest = list({fact.story_id: fact for fact in hits}.values())
    newest.sort(key=_newest_last, reverse=True)
    if len(newest) <= most:
        return newest
    return [newest[round(at * (len(newest) - 1) / (most - 1))] for at in range(most)]


def _edit(now: _Run, before: _Run) -> Edit:
    ids, ids_before = ({fact.id for fact in run.hits} for run in (now, before))
    gained = [fact for fact in now.hits if fact.id not in ids_before]
    lost = [fact for fact in before.hits if fact.id not in ids]
    return Edit(
        gained=len(gained),
        lost=len(lost),
        gained_samples=_samples(gained, now.subscription),
        lost_samples=_samples(lost, before.subscription),
        hits_before=len(before.hits),
        alerts_before=len(before.alerts),
    )


def _samples(facts: Sequence[Fact], subscription: Subscription) -> tuple[Shown, ...]:
    return tuple(shown(fact, subscription.id) for fact in spread(facts, EDIT_SAMPLES))
