"""A subscription made and changed: the form, tried on the archive while it is written."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from starlette.responses import Response

from connectors.errors import BiowireError, UserError
from streams.cli.subscription_options import check_channels
from streams.cli.subscription_test import over
from streams.core.alerts.backtest import Backtest, Week
from streams.core.alerts.changes import changes
from streams.core.alerts.condition_defaults import NAMED
from streams.core.alerts.editing import ChangedMeanwhile, id_of
from streams.core.alerts.phrasing import one_line
from streams.core.alerts.records import KINDS, RHYTHMS, Subscription
from streams.core.alerts.written_times import WEEKDAYS
from streams.core.query import Everything
from streams.subscriptions import SubscriptionStore

from ...api.answers import Conflict, status_of
from ...api.opening import LONG_SECONDS, Opening
from ...api.subscriptions import added, check_name, found, unsaid
from ..routing import Pages
from ..subscription_filled import Unmade, Wrong, differs, made, shown, written
from ..visit import Visit, text
from .subscriptions import SAID

pages = Pages()

_T = TypeVar("_T")

TYPING_SECONDS = 15.0
"""That a trial may take which nobody asked for by a button."""
WEEKS = 53
"""Shown as bars, the newest."""

PERIODS: Mapping[str, int] = {"": 0, "1y": 365, "90d": 90, "30d": 30}
"""How far back a trial looks, in days from the newest article; 0: all of it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a subscription, or why nothing did."""

    subscription: Subscription | None = None
    result: Backtest | None = None
    weeks: tuple[Week, ...] = ()
    trouble: str = ""
    status: int = 200
    """Of the page that says it."""


@pages.get("/subscriptions/new")
def new(visit: Visit) -> Response:
    """An empty form, or one with a query from a search."""
    plain = replace(unsaid("new"), name="", query=visit.query.get("query", ""))
    return _form(visit, shown(plain) | {"id": ""})


@pages.get("/subscriptions/{id}/edit")
def edit(visit: Visit) -> Response:
    """A form with what the subscription says now."""
    with visit.ports.subscriptions() as store:
        old = found(store, visit.part("id"))
    return _form(visit, shown(old, secrets=visit.may_write) | {"version": str(old.version)}, old)


@pages.post("/subscriptions/try")
def attempt(visit: Visit) -> Response:
    """The form as it was sent, with what the archive says to it; nothing is saved."""
    values = written(visit.form)
    id_ = text(visit.form, "of")
    old = None
    if id_:
        with visit.ports.subscriptions() as store:
            old = found(store, id_)
    try:
        wanted = made(old or unsaid("trial"), values | {"name": values.get("name") or "-"})
    except Unmade as unmade:
        return _form(
            visit,
            values,
            old,
            unmade.wrong,
            Trial(trouble="Mend what is marked; then it can be tried."),
            status=400,
        )
    typing = "x-biowire-typing" in visit.request.headers
    trial = tried(visit.ports, wanted, old, values.get("period", ""), TYPING_SECONDS if typing else None)
    return _form(visit, values, old, trial=trial, status=trial.status)


def tried(
    ports: Opening,
    wanted: Subscription,
    old: Subscription | None,
    period: str = "",
    seconds: float | None = None,
) -> Trial:
    """Try it on the archive, one trial at a time; what goes wrong is said in the place of the result."""
    previous = old if old is not None and differs(wanted, old) else None
    try:
        with ports.long(), ports.reading(seconds or LONG_SECONDS) as reading:
            days = PERIODS.get(period, 0)
            newest = reading.index.search(Everything(), limit=1, copies=True).hits if days else ()
            since = newest[0].document.when - timedelta(days=days) if newest else None
            result = over(reading.index, wanted, since, None, previous)
    except BiowireError as error:
        return Trial(trouble=str(error), status=status_of(error))
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return Trial(
            trouble="This takes long. Choose a shorter period, or press the button to wait for it.",
            status=503,
        )
    return Trial(wanted, result, recent(result.per_week, datetime.now(UTC)))


def recent(weeks: tuple[Week, ...], now: datetime) -> tuple[Week, ...]:
    """The newest weeks up to now, or to the last hit; from the first hit on."""
    kept = [week for week in weeks if week.hits or week.begins <= now.date()][-WEEKS:]
    first = next((at for at, week in enumerate(kept) if week.hits), 0)
    return tuple(kept[first:])


@pages.post("/subscriptions/new")
def keep(visit: Visit) -> Response:
    """Save a new one; what was in the archive before is never told."""
    values = written(visit.form)
    name = values.get("name", "").strip()
    try:
        one = made(unsaid(values.get("id", "").strip() or id_of(name)), values)
        _check_channels(visit, one)
        with visit.ports.subscriptions() as store:
            kept = _named(lambda: added(store, one, visit.principal.name, datetime.now(UTC)))
    except Unmade as unmade:
        return _form(visit, values, None, unmade.wrong, status=400)
    said = visit.gettext("Saved. From now on, what comes in is asked of “%(name)s”.", name=kept.name)
    return visit.go(f"/subscriptions/{kept.id}", said)


@pages.post("/subscriptions/{id}/edit")
def change(visit: Visit) -> Response:
    """Save a change, if nobody else made one meanwhile."""
    values, id_ = written(visit.form), visit.part("id")
    with visit.ports.subscriptions() as store:
        old = found(store, id_)
        try:
            what = _changed(visit, store, old, values)
        except Unmade as unmade:
            return _form(visit, values | {"version": str(old.version)}, old, unmade.wrong, status=400)
        except ChangedMeanwhile as meanwhile:
            again = values | {"version": str(old.version)}
            return _form(visit, again, old, Wrong({"": str(meanwhile)}), status=409)
    said = visit.gettext("Saved: %(what)s.", what=what) if what else visit.gettext("Nothing was different.")
    return visit.go(f"/subscriptions/{id_}", one_line(said, SAID))


def _changed(visit: Visit, store: SubscriptionStore, old: Subscription, values: Mapping[str, str]) -> str:
    """Keep what the form says; what that changes, in words."""
    new = made(old, values)
    _check_channels(visit, new, old)
    if new.name != old.name:
        _named(lambda: check_name(store, new))
    if values.get("version") != str(old.version):
        raise ChangedMeanwhile(_meanwhile(store, old, values.get("version", "")))
    what = changes(old, new)
    store.save(new, visit.principal.name, datetime.now(UTC))
    return what


def _meanwhile(store: SubscriptionStore, old: Subscription, version: str) -> str:
    """Who changed what since the form was opened."""
    known = int(version) if version.isascii() and version.isdigit() else 0
    since = [f"{what} (by {one.changed_by})" for one, what in store.history(old.id) if one.version > known]
    return (
        f"It was changed meanwhile: {'; '.join(since)}. Below is what you wrote; saving it now puts it in the"
        " place of that."
    )


def _check_channels(visit: Visit, new: Subscription, old: Subscription | None = None) -> None:
    try:
        check_channels(visit.ports.context, new, old)
    except UserError as error:
        raise Unmade(Wrong({"to": str(error)})) from None


def _named(work: Callable[[], _T]) -> _T:
    """Do what is refused for a name that is taken."""
    try:
        return work()
    except Conflict as error:
        raise Unmade(Wrong({"name": str(error)})) from None


def _form(
    visit: Visit,
    values: Mapping[str, str],
    old: Subscription | None = None,
    wrong: Wrong | None = None,
    trial: Trial | None = None,
    status: int = 200,
) -> Response:
    plain = shown(unsaid("new")) | {"name": "", "id": "", "version": "", "period": ""}
    return visit.render(
        "subscription_form.html",
        status,
        values={**plain, **values},
        old=old,
        wrong=defaultdict(str, wrong.sentences if wrong else {}),
        position=wrong.position if wrong else None,
        trial=trial or Trial(),
        kinds=KINDS,
        rhythms=RHYTHMS,
        weekdays=WEEKDAYS,
        facets=NAMED,
        periods=PERIODS,
    )
