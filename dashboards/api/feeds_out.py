"""Each subscription as a feed, for whoever has its secret address: RSS, Atom or JSON Feed.

Newest 50 alerts, also of a subscription that is muted or snoozed: a feed disturbs nobody. A wrong token and
a subscription that never was look the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Path
from starlette.responses import Response

from streams.alerts import Raised
from streams.core.alerts.addresses import FORMS, Addresses, Form, checked_base
from streams.core.alerts.phrasing import LABELS, link
from streams.core.alerts.records import Alert, Subscription
from streams.signing import signing_of

from .answers import PROBLEMS, Missing, Problem, problem
from .asked import Ports
from .feed_forms import TYPES, FeedEntry, OutFeed, write
from .pages import alert_html

router = APIRouter(prefix="/feeds", tags=["outside"])

NEWEST = 50
_FRESH = "private, max-age=60"


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The feed.",
        "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in TYPES.values()},
    },
    304: {"description": "Nothing changed."},
    **{status: one for status, one in PROBLEMS.items() if status in {400, 403, 404, 421, 503}},
    410: {"model": Problem, "description": "The subscription was removed."},
}


@router.get(
    "/{id}/{file}", summary="Read a subscription as a feed", responses=_ANSWERS, response_class=Response
)
def read_feed(
    ports: Ports,
    id: Annotated[str, Path(max_length=64)],  # noqa: A002 - the name in the address
    file: Annotated[str, Path(max_length=64, description="`TOKEN.rss`, `TOKEN.atom` or `TOKEN.json`.")],
    if_none_match: Annotated[str | None, Header()] = None,
    if_modified_since: Annotated[str | None, Header()] = None,
) -> Response:
    """The newest 50 alerts, newest first; 304 when nothing changed."""
    token, _, ending = file.rpartition(".")
    form = next((one for one in FORMS if one == ending), None)
    signing = signing_of(ports.context.home, ports.context.settings)
    if not signing.holds(token, "feed", id) or form is None:
        raise Missing("There is no feed at this address.")
    with ports.subscriptions() as store:
        subscription = store.get(id)
        if subscription is None:
            there = bool(store.history(id))
    if subscription is None:
        return problem(410 if there else 404, "This subscription is no more.")
    with ports.alerts() as (alerts, _):
        newest = alerts.list(subscription=id, limit=NEWEST)
    addresses = Addresses(checked_base(ports.context.settings["public_url"]), signing.token)
    feed = out_feed(subscription, newest, addresses, form)
    body = write(feed, form)
    return _unless_known(body, TYPES[form], feed.updated, if_none_match, if_modified_since)


def out_feed(
    subscription: Subscription, newest: Sequence[Raised], addresses: Addresses, form: Form
) -> OutFeed:
    """A subscription's alerts as a feed."""
    zone = ZoneInfo(subscription.rhythm.zone)
    home = addresses.archive(subscription.query)
    return OutFeed(
        id=subscription.id,
        title=f"biowire: {subscription.name}",
        subtitle=f"Alerts on {subscription.query}",
        self_url=addresses.feed(subscription.id, form),
        home_url=home,
        updated=_updated(subscription, newest),
        entries=[
            FeedEntry(
                id=one.alert.id,
                title=_title(one.alert),
                url=_url(one.alert) or home,
                when=one.raised,
                html=alert_html(one, subscription, addresses, zone),
                kind=one.alert.kind,
            )
            for one in newest
        ],
    )


def _title(alert: Alert) -> str:
    label = LABELS[alert.kind]
    said = alert.shown[0].title if alert.kind in {"each", "story"} and alert.shown else alert.sentence
    return f"{label}: {said}" if label else said or "(without title)"


def _url(alert: Alert) -> str:
    """Of the article, for an alert that is about one."""
    return link(alert.shown[0].url) if alert.kind in {"each", "story"} and alert.shown else ""


def _updated(subscription: Subscription, newest: Sequence[Raised]) -> datetime:
    changed = [subscription.changed_at] if subscription.changed_at else []
    return max([*changed, *(one.raised for one in newest)], default=datetime(1970, 1, 1, tzinfo=UTC))


def _unless_known(
    body: bytes, kind: str, updated: datetime, if_none_match: str | None, if_modified_since: str | None
) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": _FRESH}
    second = updated.astimezone(UTC).replace(microsecond=0)
    if datetime.now(UTC) - second > timedelta(seconds=2):  # nothing more can come in that second
        headers["Last-Modified"] = format_datetime(second, usegmt=True)
    known = _knows(if_none_match, tag) if if_none_match is not None else _since(if_modified_since, second)
    if known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)


def _knows(if_none_match: str, tag: str) -> bool:
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in given or tag in given


def _since(if_modified_since: str | None, second: datetime) -> bool:
    try:
        moment = parsedate_to_datetime(if_modified_since or "")
        return second <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, TypeError, OverflowError, IndexError):
        return False
