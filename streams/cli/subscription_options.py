"""What `subscriptions add`, `edit` and `test` take, and the subscription it makes."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from connectors.console import Context
from connectors.errors import UserError

from ..core.alerts.condition_defaults import NAMED, default_condition
from ..core.alerts.editing import checked, is_zone
from ..core.alerts.records import KINDS, RHYTHMS, Condition, Rhythm, Subscription
from ..core.alerts.written_times import read_clock, read_length, read_span, read_weekday

_F = TypeVar("_F", bound=Callable[..., Any])

NONE = "none"
"""What an option is given to take back what was said before."""

_CLEARED = object()


class _Written(click.ParamType):
    """A value in one of the written forms; `clears`: also `none`."""

    def __init__(self, name: str, read: Callable[[str], Any], *, clears: bool = False) -> None:
        self.name = name
        self.read = read
        self.clears = clears

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        if self.clears and value.strip().lower() == NONE:
            return _CLEARED
        try:
            return self.read(value)
        except (ValueError, OverflowError) as cause:
            self.fail(str(cause), param, ctx)


_LENGTH = _Written("LENGTH", read_length)

_CONDITION = (
    click.option("--when", "kind", type=click.Choice(KINDS), help="What is worth an alert [default: each]."),
    click.option("--count", type=int, help="threshold, spike: at least so many stories [5]."),
    click.option(
        "--window",
        type=_LENGTH,
        help="threshold, spike: within it [1d]; silence: none for it [7d]; new-*: unseen for it [90d].",
    ),
    click.option("--factor", type=float, help="spike: so many times what is usual [3]."),
    click.option("--sources", type=int, help="threshold, spike: from so many independent sources [2]."),
    click.option("--cooldown", type=_LENGTH, help="threshold, spike: quiet for so long after one [1d]."),
    click.option(
        "--facets",
        metavar="A,B",
        help=f"new-entity, new-pairing: names of what; of {', '.join(NAMED)}.",
    ),
)
_MESSAGES = (
    click.option(
        "--to",
        multiple=True,
        metavar="URL",
        help="mailto:NAME@HOST, https://… (webhook), slack://… and so on; again for more.",
    ),
    click.option("--rhythm", "every", type=click.Choice(RHYTHMS), help="When messages go out [now]."),
    click.option("--at", type=_Written("HH:MM", read_clock), help="daily, weekly: local time [08:00]."),
    click.option(
        "--on", "weekday", type=_Written("WEEKDAY", read_weekday), help="weekly: which day [monday]."
    ),
    click.option("--zone", metavar="ZONE", help="Time zone, such as Europe/Berlin [this machine's]."),
    click.option(
        "--quiet",
        type=_Written("FROM-TO", read_span, clears=True),
        help="Nothing is sent then: 22:00-07:00, or none.",
    ),
    click.option(
        "--max-age",
        type=_Written("LENGTH", read_length, clears=True),
        help="What was published longer ago raises no alert: 7d, or none.",
    ),
    click.option("--cap", type=int, help="Entries in one message, the rest is counted [20]."),
)


def condition_options(command: _F) -> _F:
    """Add `--when` and the numbers of conditions."""
    for option in reversed(_CONDITION):
        command = option(command)
    return command


def message_options(command: _F) -> _F:
    """Add channels and rhythm."""
    for option in reversed(_MESSAGES):
        command = option(command)
    return command


def applied(subscription: Subscription, said: Mapping[str, Any]) -> Subscription:
    """The subscription with what options said; those not given leave it as it is. Raises UserError."""
    given = {name: value for name, value in said.items() if value not in (None, ())}
    changed = replace(
        subscription,
        condition=_condition(subscription.condition, given),
        rhythm=_rhythm(subscription.rhythm, given),
        **{name: given[name] for name in ("name", "query") if name in given},
    )
    if "to" in given:
        changed = replace(changed, to=() if given["to"] == (NONE,) else tuple(dict.fromkeys(given["to"])))
    if "max_age" in given:
        changed = replace(changed, max_age=_or_none(given["max_age"]))
    return checked(changed)


def _condition(old: Condition, given: Mapping[str, Any]) -> Condition:
    kind = given.get("kind", old.kind)
    condition = old if kind == old.kind else default_condition(kind)
    names = ("count", "window", "factor", "sources", "cooldown")
    numbers = {name: given[name] for name in names if name in given}
    if "facets" in given:
        numbers["facets"] = tuple(part.strip() for part in given["facets"].split(",") if part.strip())
    return replace(condition, **numbers)


def _rhythm(old: Rhythm, given: Mapping[str, Any]) -> Rhythm:
    said = {name: given[name] for name in ("every", "at", "weekday", "zone", "cap") if name in given}
    if "quiet" in given:
        said["quiet"] = _or_none(given["quiet"])
    return replace(old, **said)


def _or_none(value: Any) -> Any:
    return None if value is _CLEARED else value


def check_channels(context: Context, new: Subscription, old: Subscription | None = None) -> None:
    """Raise UserError for a channel, not there before, that could not be sent to."""
    before = old.to if old is not None else ()
    added = [channel for channel in new.to if channel not in before]
    if added:
        from ..channels.choose import check

        for channel in added:
            check(channel, context.settings)


def local_zone(link: Path = Path("/etc/localtime"), name: Path = Path("/etc/timezone")) -> str:
    """The time zone of this machine by its IANA name; UTC where that cannot be told."""
    for said in (_linked(link), _named(name)):
        if said and is_zone(said):
            return "UTC" if said in _UTC else said
    return "UTC"


_UTC = frozenset({"Etc/UTC", "Etc/UCT", "UCT", "Etc/Universal", "Universal", "Etc/Zulu", "Zulu"})


def _linked(link: Path) -> str:
    return str(link.resolve()).partition("/zoneinfo/")[2] if link.is_symlink() else ""


def _named(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def os_user() -> str:
    """Who runs this: the name that histories show."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container, the number may have no name
        return f"user {os.getuid()}"


def no_such(key: str) -> UserError:
    """The sentence for a subscription that is not there."""
    return UserError(f"There is no subscription {key}; `biowire subscriptions list` shows them.")
