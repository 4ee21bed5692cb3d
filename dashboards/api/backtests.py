"""A subscription tried on the past before it is saved: the live evaluator over the archive."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, NotRequired

from fastapi import APIRouter, Body
from starlette.responses import Response
from typing_extensions import TypedDict

from connectors.errors import UserError
from streams.cli.subscription_test import over
from streams.core.alerts.backtest import Edit, Sent, Week
from streams.core.alerts.records import Alert, Every, Shown, Subscription
from streams.core.alerts.showing import as_result

from .answers import answer
from .asked import Ports, period
from .opening import LONG_SECONDS
from .subscription_fields import Id, Said, changed
from .subscriptions import ConditionTold, found, unsaid

router = APIRouter(prefix="/subscriptions", tags=["subscriptions"])

ALERTS = 100
"""Alerts told, and alerts sent; the newest."""


_NOT_SAID = {"id", "since", "until", "sent"}
"""Of a trial: what is no part of the subscription."""


class Trial(Said):
    """The subscription as it would be; with `id`, an edit of that one, compared with it."""

    id: NotRequired[Id]
    since: NotRequired[str]
    until: NotRequired[str]
    sent: NotRequired[bool]
    """Say also what would have been sent as the articles came in, which takes longer."""


class Tried(TypedDict):
    """What came of it. `gained`, `lost` and `edit` only for an edit; `sent` is null unless it was asked for
    and the archive knows what came in when, as an embedded one does."""

    query: str
    condition: ConditionTold
    since: datetime
    until: datetime
    hits: int
    stories: int
    per_week: list[Week]
    sources: dict[str, int]
    names: dict[str, int]
    samples: list[Shown]
    alerts: list[Alert]
    alerts_total: int
    sent: list[Sent] | None
    sent_total: int | None
    messages: dict[Every, float]
    notes: list[str]
    gained: NotRequired[int]
    lost: NotRequired[int]
    edit: NotRequired[Edit]


@router.post("/test", response_model=Tried, summary="Try a subscription on the past")
def test(ports: Ports, trial: Annotated[Trial, Body()]) -> Response:
    """Hits per week, sources, samples with the words, alerts, messages per week for each rhythm; for an edit
    also what is gained and lost. The same as `biowire subscriptions test --json`; of `alerts` and `sent` the
    newest 100.

    It calls what decides live, so it cannot differ from it. Over all that is kept unless `since` says
    otherwise; nothing is saved. One at a time.
    """
    said = {name: value for name, value in trial.items() if name not in _NOT_SAID}
    previous, made = _subscriptions(ports, trial.get("id"), said)
    since, until = period(trial.get("since"), trial.get("until"))
    with ports.long(), ports.reading(LONG_SECONDS) as reading:
        told = over(reading.index, made, since, until, previous)
        sent = reading.sent(made, told.since, told.until) if trial.get("sent") else None
    newest = replace(told, alerts=told.alerts[-ALERTS:], sent=None if sent is None else sent[-ALERTS:])
    totals = {"alerts_total": len(told.alerts), "sent_total": None if sent is None else len(sent)}
    return answer({**as_result(made, newest), **totals})


def _subscriptions(
    ports: Ports, id_: str | None, said: dict[str, object]
) -> tuple[Subscription | None, Subscription]:
    if id_ is None:
        if "query" not in said:
            raise UserError("Say what to look for: `query`.")
        return None, changed(unsaid("trial"), said)
    with ports.subscriptions() as store:
        previous = found(store, id_)
    return previous, changed(previous, said)
