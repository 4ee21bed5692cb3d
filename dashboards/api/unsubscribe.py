"""One click out: the address in every mail that takes its channel off the subscription (RFC 8058).

GET only asks, because mail scanners open every address; POST does it, however often. Who has the address
may do this one thing and nothing else.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import HTMLResponse, Response

from streams.core.alerts.editing import ChangedMeanwhile, masked
from streams.core.alerts.records import Subscription
from streams.signing import signing_of
from streams.subscriptions import SubscriptionStore

from .answers import PROBLEMS, Conflict
from .asked import Ports
from .pages import page

router = APIRouter(prefix="/unsubscribe", tags=["outside"], default_response_class=HTMLResponse)

_TRIES = 5

_ANSWERS: dict[int | str, dict[str, Any]] = {
    **{status: one for status, one in PROBLEMS.items() if status in {400, 403, 409, 421, 503}},
    404: {"description": "This address is not known.", "content": {"text/html": {}}},
}

SubscriptionPart = Annotated[str, Path(max_length=64)]
TokenPart = Annotated[str, Path(max_length=64)]


@router.get("/{id}/{token}", summary="Ask whether to unsubscribe", responses=_ANSWERS)
def ask(ports: Ports, id: SubscriptionPart, token: TokenPart) -> Response:  # noqa: A002 - the name in the address
    """A page with one button; changes nothing."""
    with ports.subscriptions() as store:
        found = _channel(ports, store, id, token)
        if found is None:
            return _unknown()
        subscription, channel = found
        if channel not in subscription.to or store.get(id) is None:
            return _done(subscription, channel)
    return page(
        "unsubscribe.html",
        title="Unsubscribe?",
        state="ask",
        name=subscription.name,
        channel=masked(channel),
    )


@router.post("/{id}/{token}", summary="Unsubscribe", responses=_ANSWERS)
def unsubscribe(ports: Ports, id: SubscriptionPart, token: TokenPart) -> Response:  # noqa: A002
    """Take the channel off the subscription; once more changes nothing more."""
    with ports.subscriptions() as store:
        found = _channel(ports, store, id, token)
        if found is None:
            return _unknown()
        subscription, channel = found
        for _ in range(_TRIES):
            with contextlib.suppress(ChangedMeanwhile):  # by another process: what it changed is kept as well
                _take_off(store, id, channel)
                return _done(subscription, channel)
    raise Conflict("The subscription is being changed by others; try again in a moment.")


def _take_off(store: SubscriptionStore, id_: str, channel: str) -> None:
    now = store.get(id_)
    if now is not None and channel in now.to:
        kept = tuple(one for one in now.to if one != channel)
        store.save(replace(now, to=kept), masked(channel), datetime.now(UTC))


def _channel(ports: Ports, store: SubscriptionStore, id_: str, token: str) -> tuple[Subscription, str] | None:
    """The subscription as it was last, and the channel that the token is for; None for a token not ours."""
    signing = signing_of(ports.context.home, ports.context.settings)
    versions = store.history(id_)
    for version, _ in reversed(versions):
        for channel in version.to:
            if signing.holds(token, "unsubscribe", id_, channel):
                return versions[-1][0], channel
    return None


def _done(subscription: Subscription, channel: str) -> Response:
    return page(
        "unsubscribe.html",
        title="You are unsubscribed",
        state="done",
        name=subscription.name,
        channel=masked(channel),
    )


def _unknown() -> Response:
    return page("unsubscribe.html", 404, title="This address is not known", state="unknown")
