"""Subscriptions: kept, changed, tried on the past, with every version they had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NotRequired, Required

from fastapi import APIRouter, Body, Path
from pydantic import AwareDatetime, Field
from starlette.responses import Response
from typing_extensions import TypedDict

from streams.cli.subscription_options import check_channels, local_zone
from streams.core.alerts.addresses import FORMS, Addresses, checked_base
from streams.core.alerts.condition_defaults import default_condition
from streams.core.alerts.editing import LONGEST_ID, id_of
from streams.core.alerts.records import ID, Every, Kind, Rhythm, Subscription
from streams.core.alerts.showing import as_fields
from streams.signing import signing_of
from streams.subscriptions import SubscriptionStore

from .answers import Conflict, Missing, answer
from .asked import By, Ports, Writer
from .opening import Opening
from .subscription_fields import Id, Name, QueryText, Said, changed

router = APIRouter(prefix="/subscriptions", tags=["subscriptions"])

SubscriptionId = Annotated[
    str, Path(description="Id of a subscription.", pattern=f"^{ID}$", max_length=LONGEST_ID)
]


class ConditionTold(TypedDict, total=False):
    """`kind`, and the numbers that it goes by."""

    kind: Required[Kind]
    count: int
    window: str
    factor: float
    sources: int
    cooldown: str
    facets: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RhythmTold:
    """When messages go out."""

    every: Every
    at: str
    on: str
    zone: str
    quiet: str | None
    cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A subscription. What is secret in a channel is left out of it."""

    id: str
    name: str
    query: str
    condition: ConditionTold
    to: Sequence[str]
    rhythm: RhythmTold
    language: str
    paused: bool
    muted: bool
    snoozed_until: datetime | None
    max_age: str | None
    version: int
    changed_at: datetime | None
    changed_by: str


@dataclass(frozen=True, slots=True)
class All:
    """Every subscription by id; `problems`: a sentence for each that cannot be read."""

    subscriptions: Sequence[Told]
    problems: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version: when, by whom, what changed, and how it was then."""

    version: int
    at: datetime | None
    by: str
    what: str
    subscription: Told


@dataclass(frozen=True, slots=True)
class History:
    """Every version, oldest first; also of one that is removed."""

    removed: bool
    versions: Sequence[Version]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What whoever has it can use: channels whole, feed addresses, keys of webhooks."""

    to: Sequence[str]
    feeds: dict[str, str]
    webhook_keys: dict[str, str]


@dataclass(frozen=True, slots=True)
class Removed:
    """Ids taken off."""

    removed: Sequence[str]


class New(Said):
    """A subscription to keep; the id is made from the name where none is given."""

    id: NotRequired[Id]
    name: Required[Name]  # type: ignore[misc]
    query: Required[QueryText]  # type: ignore[misc]


class Change(Said):
    """What is to be different; with `version`, only if that is still the one there is."""

    version: NotRequired[Annotated[int, Field(ge=1, le=2**31)]]


class Snooze(TypedDict):
    """Alerts are kept, and sent when this has passed; null ends it."""

    until: AwareDatetime | None


@router.get("", response_model=All, summary="List subscriptions")
def list_subscriptions(ports: Ports) -> Response:
    """Every subscription, by id."""
    with ports.subscriptions() as store:
        return answer(
            {"subscriptions": [as_fields(one) for one in store.all()], "problems": store.problems()}
        )


@router.post("", response_model=Told, status_code=201, summary="Add a subscription")
def add(ports: Ports, by: By, new: Annotated[New, Body()]) -> Response:
    """Keep a question. Try it on the past first: POST to `/subscriptions/test`."""
    said = {name: value for name, value in new.items() if name != "id"}
    made = changed(unsaid(new.get("id") or id_of(new["name"].strip())), said)
    check_channels(ports.context, made)
    with ports.subscriptions() as store:
        return answer(as_fields(added(store, made, by, _now())), 201)


def added(store: SubscriptionStore, new: Subscription, by: str, now: datetime) -> Subscription:
    """Keep a new one. Raises Conflict where there is one of this id or name."""
    if store.get(new.id) is not None:
        raise Conflict(f"There is a subscription {new.id} already; change it, or choose another id.")
    check_name(store, new)
    return store.save(new, by, now)


def unsaid(id_: str) -> Subscription:
    """A subscription of which nothing is said yet."""
    return Subscription(
        id=id_, name=id_, query="", condition=default_condition("each"), rhythm=Rhythm(zone=local_zone())
    )


def check_name(store: SubscriptionStore, new: Subscription) -> None:
    """Raise Conflict where another subscription has this name, or has it as id."""
    for one in store.all():
        if one.id != new.id and new.name in {one.name, one.id}:
            raise Conflict(f"The subscription {one.id} is called {new.name} already; give another name.")


@router.get("/{id}", response_model=Told, summary="Show a subscription")
def show(ports: Ports, id: SubscriptionId) -> Response:  # noqa: A002 - the name in the address
    """One subscription: the same as `biowire subscriptions show --json`, without its history."""
    with ports.subscriptions() as store:
        return answer(as_fields(found(store, id)))


@router.patch("/{id}", response_model=Told, summary="Change a subscription")
def change(ports: Ports, by: By, id: SubscriptionId, change: Annotated[Change, Body()]) -> Response:  # noqa: A002
    """What is said becomes so, the rest stays; the change is a version of its own. Nothing is sent twice."""
    said = {name: value for name, value in change.items() if name != "version"}
    with ports.subscriptions() as store:
        old = found(store, id)
        if change.get("version", old.version) != old.version:
            raise Conflict(
                f"It was changed meanwhile, by {old.changed_by}: there is version {old.version} now."
            )
        new = changed(old, said)
        check_channels(ports.context, new, old)
        if new.name != old.name:
            check_name(store, new)
        return answer(as_fields(store.save(new, by, _now())))


@router.delete("/{id}", response_model=Removed, summary="Remove a subscription")
def remove(ports: Ports, by: By, id: SubscriptionId) -> Response:  # noqa: A002
    """Take it off; its history and its alerts stay."""
    with ports.subscriptions() as store:
        if not store.remove(id, by, _now()):
            raise _none(id)
    return answer({"removed": [id]})


STATES: dict[str, dict[str, Any]] = {
    "pause": {"paused": True},
    "resume": {"paused": False},
    "mute": {"muted": True},
    "unmute": {"muted": False},
}
"""What each of these words changes in a subscription."""


@router.post("/{id}/snooze", response_model=Told, summary="Snooze a subscription")
def snooze(ports: Ports, by: By, id: SubscriptionId, snooze: Annotated[Snooze, Body()]) -> Response:  # noqa: A002
    """Keep alerts and send them when the snooze ends; null ends it."""
    return _set(ports, id, by, snoozed_until=snooze["until"])


@router.post("/{id}/{state}", response_model=Told, summary="Pause, resume, mute or unmute a subscription")
def set_state(
    ports: Ports,
    by: By,
    id: SubscriptionId,  # noqa: A002
    state: Annotated[Literal["pause", "resume", "mute", "unmute"], Path()],
) -> Response:
    """Paused, nothing is matched; muted, alerts are kept and not sent."""
    return _set(ports, id, by, **STATES[state])


def _set(ports: Ports, id_: str, by: str, **fields: Any) -> Response:
    with ports.subscriptions() as store:
        new = replace(found(store, id_), **fields)
        return answer(as_fields(store.save(new, by, _now())))


@router.get("/{id}/history", response_model=History, summary="Show every version of a subscription")
def history(ports: Ports, id: SubscriptionId) -> Response:  # noqa: A002
    """Who changed what when, oldest first; also of a subscription that is removed."""
    with ports.subscriptions() as store:
        versions, there = store.history(id), store.get(id) is not None
    if not versions:
        raise _none(id)
    told = [
        {
            "version": one.version,
            "at": one.changed_at,
            "by": one.changed_by,
            "what": what,
            "subscription": as_fields(one),
        }
        for one, what in versions
    ]
    return answer({"removed": not there, "versions": told})


@router.get("/{id}/secrets", response_model=Secrets, summary="Show what is secret of a subscription")
def secrets(ports: Ports, _: Writer, id: SubscriptionId) -> Response:  # noqa: A002
    """Channels whole, the addresses of its feeds, keys of webhooks; needs a token that may write."""
    with ports.subscriptions() as store:
        one = found(store, id)
    return answer(secrets_of(ports, one))


def secrets_of(ports: Opening, one: Subscription) -> Secrets:
    """What is secret of a subscription; for whoever may change it."""
    signing = signing_of(ports.context.home, ports.context.settings)
    addresses = Addresses(checked_base(ports.context.settings["public_url"]), signing.token)
    webhooks = [channel for channel in one.to if channel.lower().startswith(("https:", "http:"))]
    return Secrets(
        to=one.to,
        feeds={form: addresses.feed(one.id, form) for form in FORMS},
        webhook_keys={channel: signing.webhook_secret(one.id, channel) for channel in webhooks},
    )


def found(store: SubscriptionStore, id_: str) -> Subscription:
    """The subscription with this id. Raises Missing."""
    one = store.get(id_)
    if one is None or one.id != id_:
        raise _none(id_)
    return one


def _none(id_: str) -> Missing:
    return Missing(f"There is no subscription {id_}.")


def _now() -> datetime:
    return datetime.now(UTC)
