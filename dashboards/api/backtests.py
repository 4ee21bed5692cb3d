"""A subscription tried on the past before it is saved: the live evaluator over the archive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, NotRequired

from fastapi import APIRouter, Body
from starlette.responses import Response

from connectors.errors import UserError
from streams.backtesting import run_backtest
from streams.core.alerts.backtest import Backtest
from streams.core.alerts.records import Subscription
from streams.core.query_parse import parse

from .answers import answer
from .asked import Ports, period
from .opening import LONG_SECONDS
from .subscription_fields import Id, Said, changed
from .subscriptions import found, unsaid

router = APIRouter(prefix="/subscriptions", tags=["subscriptions"])

ALERTS = 100
"""Alerts told; the newest."""
USUAL = timedelta(days=90)
LONGEST = timedelta(days=3653)


class Trial(Said):
    """The subscription as it would be; with `id`, an edit of that one, compared with it."""

    id: NotRequired[Id]
    since: NotRequired[str]
    until: NotRequired[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of it."""

    backtest: Backtest
    """`alerts`: the newest 100, in canonical order."""
    alerts: int
    """How many there would have been."""


@router.post("/test", response_model=Tried, summary="Try a subscription on the past")
def test(ports: Ports, trial: Annotated[Trial, Body()]) -> Response:
    """Hits per week, sources, samples with the words, alerts, messages per week for each rhythm; for an edit
    also what is gained and lost.

    It calls what decides live, so it cannot differ from it. Over the last 90 days unless `since` says
    otherwise; nothing is saved. One at a time.
    """
    parse(trial.get("query", ""))
    said = {name: value for name, value in trial.items() if name not in {"id", "since", "until"}}
    previous, made = _subscriptions(ports, trial.get("id"), said)
    since, until = _period(trial.get("since"), trial.get("until"))
    with ports.long(), ports.reading(LONG_SECONDS) as reading:
        told = run_backtest(reading.index, made, since, until, previous)
    return answer(Tried(backtest=replace(told, alerts=told.alerts[-ALERTS:]), alerts=len(told.alerts)))


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


def _period(since: str | None, until: str | None) -> tuple[datetime, datetime]:
    first, last = period(since, until)
    end = last or datetime.now(UTC)
    begin = first or end - USUAL
    if not begin < end:
        raise UserError("The period ends before it begins.")
    return max(begin, end - LONGEST), end
