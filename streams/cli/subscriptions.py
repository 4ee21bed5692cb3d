"""`biowire subscriptions`: saved questions, and whom to tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from connectors.console import Context, json_option, pass_context, print_json, print_lines, safe
from connectors.errors import UserError

from ..core.alerts.changes import changes, condition_text, rhythm_text
from ..core.alerts.editing import id_of, masked
from ..core.alerts.records import Rhythm, Subscription
from ..core.alerts.showing import as_fields
from ..core.alerts.subscription_toml import SubscriptionFileError
from ..core.alerts.written_times import read_end
from ..subscriptions import SubscriptionStore
from ..subscriptions.choose import subscriptions as opened
from .subscription_files import check, export, import_
from .subscription_options import (
    applied,
    check_channels,
    condition_options,
    local_zone,
    message_options,
    no_such,
    os_user,
)
from .subscription_test import difference, test


@click.group()
def subscriptions() -> None:
    """Alert subscriptions: add, list, show, edit, remove, pause, mute, snooze, test, import, export, check.

    NAME is the name of a subscription or its id. All options and examples: docs/subscriptions.md.

    Example: biowire subscriptions add Borders --query '"face recognition" domain:border' --rhythm daily
    """


@subscriptions.command()
@click.argument("name")
@click.option("--query", required=True, metavar="Q", help="What to look for, as in `biowire search`.")
@condition_options
@message_options
@click.option("--id", "id_", help="Name of its file and in addresses [default: made from NAME].")
@json_option
@pass_context
def add(context: Context, /, *, name: str, id_: str | None, as_json: bool, **said: Any) -> None:
    """Keep a question, and be told what is new. Try it on the past first: `subscriptions test QUERY`.

    Example: biowire subscriptions add "Live FR" --query '"live facial recognition"' --when story
    """
    name = name.strip()
    zone = said["zone"] or local_zone()
    plain = Subscription(id=id_ or id_of(name), name=name, query=said["query"], rhythm=Rhythm(zone=zone))
    new = applied(plain, said)
    check_channels(context, new)
    with opened(context) as store:
        _check_new(store, new)
        kept = store.save(new, os_user(), datetime.now(UTC))
    if as_json:
        print_json(as_fields(kept))
        return
    click.echo(safe(f"Added {kept.id}: {_when(kept)}."))
    if not kept.to:
        click.echo("It has no channel: `biowire alerts list` and its feeds show what it finds.")


def _check_new(store: SubscriptionStore, new: Subscription) -> None:
    if store.get(new.id) is not None:
        raise UserError(
            f"There is a subscription {new.id} already; edit it, or give this one another name or --id."
        )
    _check_name(store, new)


def _check_name(store: SubscriptionStore, new: Subscription) -> None:
    for one in store.all():
        if one.id != new.id and new.name in {one.name, one.id}:
            raise UserError(f"The subscription {one.id} is called {new.name} already; give another name.")


@subscriptions.command(name="list")
@json_option
@pass_context
def list_(context: Context, *, as_json: bool) -> None:
    """List subscriptions.

    Example: biowire subscriptions list --json
    """
    with opened(context) as store:
        known, problems = store.all(), store.problems()
    if as_json:
        print_lines(as_fields(one) for one in known)
    else:
        for one in known:
            click.echo(safe("\n".join(_listed(one))))
        click.echo(f"{len(known)} subscription{'s' * (len(known) != 1)}.")
    if problems:
        click.echo("Some cannot be read: see `biowire subscriptions check`.", err=True)


def _listed(one: Subscription) -> Iterator[str]:
    states = "".join(f" [{state}]" for state in _states(one))
    yield f"{one.id:<24} {one.name}{states}"
    yield f"    {' '.join(one.query.split())}"
    channels = f"{len(one.to)} channel{'s' * (len(one.to) != 1)}"
    yield f"    {_when(one)}; {channels}"


def _when(one: Subscription) -> str:
    return f"{condition_text(one.condition)}; {rhythm_text(one.rhythm)}"


def _states(one: Subscription) -> Iterator[str]:
    if one.paused:
        yield "paused"
    if one.muted:
        yield "muted"
    if one.snoozed_until is not None and one.snoozed_until > datetime.now(UTC):
        yield f"snoozed until {one.snoozed_until:%Y-%m-%d %H:%M} UTC"


@subscriptions.command()
@click.argument("name")
@click.option("--secrets", is_flag=True, help="Also channels in full, feed addresses and webhook keys.")
@json_option
@pass_context
def show(context: Context, name: str, *, secrets: bool, as_json: bool) -> None:
    """Show a subscription with its history, also one that is removed.

    Example: biowire subscriptions show borders --secrets
    """
    with opened(context) as store:
        one = store.get(name)
        history = store.history(name if one is None else one.id)
    if not history:
        raise no_such(name)
    shown = one or history[-1][0]
    fields = as_fields(shown, secrets=secrets) | {"removed": one is None}
    fields["history"] = [
        {"version": old.version, "at": old.changed_at, "by": old.changed_by, "what": what}
        for old, what in history
    ]
    if secrets:
        fields |= _secrets(context, shown)
    if as_json:
        print_json(fields)
    else:
        click.echo(safe("\n".join(_described(shown, fields))))


def _secrets(context: Context, one: Subscription) -> dict[str, Any]:
    from ..core.alerts.addresses import FORMS, Addresses, checked_base
    from ..signing import signing_of

    signing = signing_of(context.home, context.settings)
    addresses = Addresses(checked_base(context.settings["public_url"]), signing.token)
    webhooks = [channel for channel in one.to if channel.lower().startswith(("https:", "http:"))]
    return {
        "feeds": {form: addresses.feed(one.id, form) for form in FORMS},
        "webhook_keys": {channel: signing.webhook_secret(one.id, channel) for channel in webhooks},
    }


def _described(one: Subscription, fields: dict[str, Any]) -> Iterator[str]:
    states = "".join(f" [{state}]" for state in _states(one)) + " [removed]" * fields["removed"]
    yield f"{one.name}{states}"
    yield f"id {one.id}, version {one.version}"
    yield f"query: {one.query}"
    yield f"when: {condition_text(one.condition)}"
    yield f"messages: {rhythm_text(one.rhythm)}, at most {one.rhythm.cap} entries"
    for channel in fields["to"]:
        yield f"to: {channel}"
    if fields["max_age"]:
        yield f"only articles not older than {fields['max_age']}"
    for form, address in fields.get("feeds", {}).items():
        yield f"feed ({form}): {address}"
    for channel, key in fields.get("webhook_keys", {}).items():
        yield f"webhook key of {masked(channel)}: {key}"
    yield "history:"
    for version in fields["history"]:
        at = f"{version['at']:%Y-%m-%d %H:%M}" if version["at"] else ""
        yield f"  {version['version']:>3}  {at}  {version['by']}: {version['what']}"


@subscriptions.command()
@click.argument("name")
@click.option("--name", "new_name", help="Another name; the id stays.")
@click.option("--query", metavar="Q", help="Another query; says what the archive gains and loses by it.")
@condition_options
@message_options
@click.option("--no-test", is_flag=True, help="Do not ask the archive.")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@json_option
@pass_context
def edit(
    context: Context,
    /,
    *,
    name: str,
    new_name: str | None,
    no_test: bool,
    dry_run: bool,
    as_json: bool,
    **said: Any,
) -> None:
    """Change what options say; the rest stays. --to, --quiet and --max-age take `none`, too.

    Example: biowire subscriptions edit borders --query '"face recognition" border*' --dry-run
    """
    with opened(context) as store:
        old = found(store, name)
        new = applied(old, said | {"name": None if new_name is None else new_name.strip()})
        check_channels(context, new, old)
        if new.name != old.name:
            _check_name(store, new)
        what = changes(old, new)
        told = {} if no_test or old.query == new.query else difference(context, old, new)
        if what and not dry_run:
            new = store.save(new, os_user(), datetime.now(UTC))
    if as_json:
        print_json({"changed": what, "saved": bool(what) and not dry_run, **told, **as_fields(new)})
        return
    if told:
        gained, lost = (_articles(told[word]) for word in ("gained", "lost"))
        click.echo(f"In the archive: {gained} gained, {lost} lost.")
    _say(new, what, saved=not dry_run)


def _articles(count: int) -> str:
    return f"{count:,} article{'s' * (count != 1)}"


def _say(one: Subscription, what: str, *, saved: bool) -> None:
    if not what:
        click.echo("Nothing changes.")
    elif saved:
        click.echo(safe(f"{one.id}, version {one.version}: {what}."))
    else:
        click.echo(safe(f"{one.id} would change: {what}."))


def found(store: SubscriptionStore, name: str) -> Subscription:
    """The subscription with this id or name. Raises UserError."""
    one = store.get(name)
    if one is None:
        raise no_such(name)
    return one


@subscriptions.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@json_option
@pass_context
def remove(context: Context, *, names: tuple[str, ...], as_json: bool) -> None:
    """Remove subscriptions, all or none; history and alerts stay.

    Example: biowire subscriptions remove borders
    """
    with opened(context) as store:
        gone = [_id(store, name) for name in names]
        for id_ in dict.fromkeys(gone):
            store.remove(id_, os_user(), datetime.now(UTC))
    if as_json:
        print_json({"removed": gone})
    else:
        click.echo("\n".join(f"Removed {id_}" for id_ in gone))


def _id(store: SubscriptionStore, name: str) -> str:
    """Of a subscription, also of one whose file cannot be read: that can be removed all the same."""
    try:
        return found(store, name).id
    except SubscriptionFileError:
        return name


def _set(context: Context, name: str, *, as_json: bool, **fields: Any) -> None:
    with opened(context) as store:
        old = found(store, name)
        new = replace(old, **fields)
        what = changes(old, new)
        new = store.save(new, os_user(), datetime.now(UTC)) if what else old
    if as_json:
        print_json(as_fields(new))
    else:
        _say(new, what, saved=True)


_STATES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("pause", {"paused": True}, "Match nothing until `resume`; what comes in meanwhile raises no alert."),
    ("resume", {"paused": False}, "Match again."),
    ("mute", {"muted": True}, "Keep alerts, send none."),
    ("unmute", {"muted": False}, "Send alerts again; those of before stay unsent."),
)


def _state_command(name: str, fields: dict[str, Any], help_: str) -> click.Command:
    @click.command(name, help=f"{help_}\n\n\b\nExample:\n  biowire subscriptions {name} borders")
    @click.argument("name")
    @json_option
    @pass_context
    def command(context: Context, name: str, *, as_json: bool) -> None:
        _set(context, name, as_json=as_json, **fields)

    return command


for _command in (*(_state_command(*state) for state in _STATES), test, import_, export, check):
    subscriptions.add_command(_command)


@subscriptions.command()
@click.argument("name")
@click.option("--until", metavar="DATE", help="2026-12-01, 2026-12-01T08:00 in its zone, or 3d from now.")
@click.option("--off", is_flag=True, help="End the snooze.")
@json_option
@pass_context
def snooze(context: Context, name: str, *, until: str | None, off: bool, as_json: bool) -> None:
    """Keep alerts and send them when the snooze ends.

    Example: biowire subscriptions snooze borders --until 2026-12-01
    """
    if (until is None) != off:
        raise UserError("Say how long: --until DATE; or end the snooze: --off.")
    if until is None:
        _set(context, name, as_json=as_json, snoozed_until=None)
        return
    with opened(context) as store:
        zone = found(store, name).rhythm.zone
    try:
        moment = read_end(until, zone, datetime.now(UTC))
    except ValueError as wrong:
        raise UserError(str(wrong)) from None
    _set(context, name, as_json=as_json, snoozed_until=moment)
