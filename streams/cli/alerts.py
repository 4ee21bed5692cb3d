"""`biowire alerts`: what was raised and why, and what became of the messages that tell of it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from connectors.console import Context, json_option, pass_context, print_json, print_lines, safe
from connectors.errors import UserError

from ..alerting.file import alerts_file
from ..alerting.reading import Alerts, Deliveries
from ..alerting.reading import alerts as kept
from ..alerts import Raised
from ..alerts.memory import MemoryAlertStore
from ..core.alerts.changes import condition_text, rhythm_text
from ..core.alerts.editing import masked
from ..core.alerts.records import Alert, Delivery, Subscription
from ..core.alerts.showing import as_fields
from ..outbox.memory import MemoryOutbox
from ..subscriptions.choose import subscriptions
from .periods import period_options
from .shown_documents import shown_lines


@click.group()
def alerts() -> None:
    """Alerts raised, and the messages that tell of them: list, show, retry.

    ID is the id of an alert, or its beginning (4 characters or more).

    Example: biowire alerts list --since 7d
    """


@alerts.command(name="list")
@click.option("--subscription", metavar="NAME", help="Only of this one, by name or id.")
@period_options
@click.option("--failed", is_flag=True, help="Only those that a message could not be delivered for.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Alerts shown.")
@json_option
@pass_context
def list_(
    context: Context,
    *,
    subscription: str | None,
    since: datetime | None,
    until: datetime | None,
    failed: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List alerts, newest first, by when they were raised.

    Example: biowire alerts list --subscription borders --since 7d --json
    """
    id_ = None if subscription is None else _id(context, subscription)
    with opened(context) as (store, outbox):
        found = (
            _failed(store, outbox, id_, since, until)
            if failed
            else store.list(subscription=id_, since=since, until=until, limit=limit + 1)
        )
        rows = [(one, outbox.of_alert(one.alert.id)) for one in found[:limit]]
    if as_json:
        print_lines(alert_fields(one, deliveries) for one, deliveries in rows)
        return
    for one, deliveries in rows:
        click.echo(safe("\n".join(_listed(one, deliveries))))
    more = "; there are more, --limit shows them" * (len(found) > limit)
    click.echo(f"{len(rows)} alert{'s' * (len(rows) != 1)}{more}.")


@contextlib.contextmanager
def opened(context: Context) -> Iterator[tuple[Alerts, Deliveries]]:
    """The alerts and messages of this home or cluster; a home without any is left without the file."""
    if not context.distributed and not alerts_file(context.store).exists():
        nothing = MemoryAlertStore()
        yield nothing, MemoryOutbox(nothing)
        return
    with kept(context) as reading:
        yield reading.alerts, reading.outbox


def _id(context: Context, name: str) -> str:
    """The id of a subscription of that name; else what is written, which may be the id of one removed."""
    with subscriptions(context) as store:
        one = next((one for one in store.all() if name in {one.id, one.name}), None)
        if one is None and not store.history(name):
            raise UserError(f"There is no subscription {name}; `biowire subscriptions list` shows them.")
    return name if one is None else one.id


def _failed(
    store: Alerts, outbox: Deliveries, id_: str | None, since: datetime | None, until: datetime | None
) -> list[Raised]:
    ids = {alert for one in _all_failed(outbox, id_) for alert in one.alerts}
    found = [one for one in map(store.get, ids) if one is not None]
    return sorted(
        (
            one
            for one in found
            if (since is None or one.raised >= since) and (until is None or one.raised < until)
        ),
        key=lambda one: -one.seq,
    )


def _all_failed(outbox: Deliveries, subscription: str | None = None) -> Sequence[Delivery]:
    return outbox.list(subscription=subscription, state="failed", limit=1_000_000)


def alert_fields(one: Raised, deliveries: Iterable[Delivery]) -> dict[str, Any]:
    """An alert with its messages as `--json` prints it; channels are `masked`."""
    return {
        **msgspec.to_builtins(one.alert),
        "seq": one.seq,
        "raised": one.raised,
        "withdrawn": one.withdrawn,
        "instead_of": one.instead_of,
        "first": one.first,
        "deliveries": [replace(delivery, channel=masked(delivery.channel)) for delivery in deliveries],
    }


def _listed(one: Raised, deliveries: Sequence[Delivery]) -> Iterator[str]:
    alert = one.alert
    states = Counter(delivery.state for delivery in deliveries)
    told = ", ".join(f"{state} {count}" for state, count in sorted(states.items())) or "not sent"
    gone = "  [withdrawn]" * bool(one.withdrawn)
    yield f"{alert.when:%Y-%m-%d %H:%M}  {alert.id[:12]}  {alert.subscription}  {alert.kind}  {told}{gone}"
    title = f" {alert.shown[0].title}" if alert.kind in {"each", "story"} and alert.shown else ""
    yield f"    {alert.sentence}{title}"


@alerts.command()
@click.argument("id_", metavar="ID")
@json_option
@pass_context
def show(context: Context, id_: str, *, as_json: bool) -> None:
    """Show an alert: what was counted, which words matched, and what became of its messages.

    Example: biowire alerts show 3f2a9c01
    """
    with opened(context) as (store, outbox):
        one = _found(store, id_)
        deliveries = outbox.of_alert(one.alert.id)
    asked = _asked(context, one)
    if as_json:
        print_json(alert_fields(one, deliveries) | {"asked": as_fields(asked) if asked else None})
    else:
        click.echo("\n".join(_described(one, deliveries, asked)))


def _found(store: Alerts, id_: str) -> Raised:
    one = store.get(id_) if len(id_) >= 4 else None
    if one is None:
        raise UserError(f"There is no alert {id_}; `biowire alerts list` shows them.")
    return one


def _asked(context: Context, one: Raised) -> Subscription | None:
    """The subscription as it was when it raised the alert."""
    with subscriptions(context) as store:
        versions = [old for old, _ in store.history(one.alert.subscription)]
    return next((old for old in versions if old.version == one.alert.version), None)


def _described(one: Raised, deliveries: Sequence[Delivery], asked: Subscription | None) -> Iterator[str]:
    alert = one.alert
    yield click.style(safe(alert.sentence), bold=True)
    if one.withdrawn:
        yield safe(f"Withdrawn: {one.withdrawn}")
    if one.first is not None:
        yield safe(f"When it was raised it said, of {_articles(one.first)}: {one.first.sentence}")
    if one.instead_of:
        yield f"It takes the place of {one.instead_of}."
    yield f"id {alert.id}, true at {alert.when:%Y-%m-%d %H:%M} UTC, raised {one.raised:%Y-%m-%d %H:%M} UTC"
    yield safe(f"subscription {alert.subscription}, version {alert.version}: {asked.query if asked else ''}")
    if asked is not None:
        yield f"  when {condition_text(asked.condition)}; {rhythm_text(asked.rhythm)}"
    if alert.numbers:
        yield safe("numbers: " + ", ".join(f"{name} {value:g}" for name, value in alert.numbers.items()))
    yield f"rests on {_articles(alert)}:"
    for shown in alert.shown:
        yield from shown_lines(shown, "  ")
        yield safe(f"    matched: {', '.join(shown.clauses)}; story of {shown.story_size}: {shown.story_id}")
    yield "messages:" if deliveries else "messages: none"
    for delivery in deliveries:
        yield safe(f"  {_delivery(delivery)}")


def _articles(alert: Alert) -> str:
    return f"{alert.count} article{'s' * (alert.count != 1)}"


def _delivery(one: Delivery) -> str:
    at = f" at {one.delivered:%Y-%m-%d %H:%M} UTC" if one.delivered else ""
    due = f", due {one.due:%Y-%m-%d %H:%M} UTC" if one.state == "pending" else ""
    tries = f", {one.tries} {'try' if one.tries == 1 else 'tries'}" if one.tries else ""
    maybe = f", may have arrived {one.repeated} times more" if one.repeated else ""
    error = f": {one.error}" if one.error else ""
    return f"{one.id[:12]}  {masked(one.channel)}  {one.state}{at}{due}{tries}{maybe}{error}"


@alerts.command()
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="Every message that could not be delivered.")
@json_option
@pass_context
def retry(context: Context, id_: str | None, *, everything: bool, as_json: bool) -> None:
    """Send messages again that could not be delivered: those of an alert, or --all.

    They go out when `biowire run` (or `worker`) is up, at once if it is.

    Example: biowire alerts retry --all
    """
    if (id_ is None) != everything:
        raise UserError("Name the alert whose messages to send again, or say --all.")
    with opened(context) as (store, outbox):
        failed = _all_failed(outbox) if id_ is None else _failed_of(store, outbox, id_)
        now = datetime.now(UTC)
        again = [one.id for one in failed if outbox.retry(one.id, now)]
    if as_json:
        print_json({"retried": len(again), "deliveries": again})
    else:
        click.echo(f"{len(again)} to be sent again." if again else "There was nothing to send again.")


def _failed_of(store: Alerts, outbox: Deliveries, id_: str) -> Sequence[Delivery]:
    """Failed deliveries of an alert, or the one delivery with this id."""
    if (delivery := outbox.get(id_)) is not None:
        return [delivery]
    return [one for one in outbox.of_alert(_found(store, id_).alert.id) if one.state == "failed"]
