"""What a subscription may say, and what an edit changed, in words. Pure.

Whoever writes one (file, command, API, UI) asks `checked` first, so that nothing wrong is ever kept.
"""

from __future__ import annotations

import difflib
import hashlib
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from connectors.errors import UserError

from ..query_parse import parse
from .condition_defaults import KNOWN, NAMED
from .records import ID, KINDS, RHYTHMS, Condition, Rhythm, Subscription
from .written_times import length_text

MOST_CHANNELS = 50
LONGEST_NAME = 120
LONGEST_CHANNEL = 2048
LONGEST_ID = 64
MOST_STORIES = 100_000
MOST_SOURCES = 1_000
MOST_ENTRIES = 500
LONGEST = timedelta(days=366)
"""Of every length of time that a condition goes by."""
LANGUAGES = ("en",)
"""Of messages."""

_MINUTE = timedelta(minutes=1)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CHANNEL = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")


class Unfit(UserError):  # noqa: N818 - reads as the sentence it is
    """A subscription says what it may not; `key` is where, as its file has it: ("condition", "window")."""

    def __init__(self, key: tuple[str, ...], sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


class ChangedMeanwhile(UserError):  # noqa: N818 - the same
    """An edit was made from a version that is not the newest any more."""


def checked(subscription: Subscription) -> Subscription:
    """The subscription, if all it says can be followed.

    Raises QuerySyntaxError (with its position) for the query, else Unfit; both are UserErrors.
    """
    parse(subscription.query)
    for unfit in unfits(subscription):
        raise unfit
    return subscription


def unfits(subscription: Subscription) -> Iterator[Unfit]:
    """Everything that is wrong with a subscription but its query, in the order of its file."""
    yield from _about(subscription)
    yield from _channels(subscription.to)
    yield from _condition(subscription.condition)
    yield from _rhythm(subscription.rhythm)


def _about(one: Subscription) -> Iterator[Unfit]:
    if not re.fullmatch(ID, one.id) or len(one.id) > LONGEST_ID:
        yield Unfit(
            ("id",),
            f"The id `{one.id[:80]}` cannot be used; write at most {LONGEST_ID} small letters and digits, "
            "joined by single hyphens.",
        )
    if not one.name.strip():
        yield Unfit(("name",), "The name is empty; say in a few words what this subscription is for.")
    elif len(one.name) > LONGEST_NAME:
        yield Unfit(("name",), f"The name has {len(one.name)} characters; {LONGEST_NAME} is the most.")
    elif _CONTROL.search(one.name) or one.name != one.name.strip():
        yield Unfit(("name",), "The name has to be one line without control characters or outer spaces.")
    if re.search("[\ud800-\udfff]", one.query):
        yield Unfit(("query",), "The query holds half a character (a lone surrogate); write it anew.")
    if one.language not in LANGUAGES:
        yield Unfit(("language",), f"Messages come in {', '.join(LANGUAGES)}, not in `{one.language[:20]}`.")
    if one.snoozed_until is not None and one.snoozed_until.tzinfo is None:
        yield Unfit(
            ("snoozed_until",), "The end of a snooze needs a time zone, such as 2026-12-01T08:00:00Z."
        )
    if one.max_age is not None:
        yield from _length(("max_age",), one.max_age, _MINUTE, LONGEST)


def _channels(to: tuple[str, ...]) -> Iterator[Unfit]:
    if len(to) > MOST_CHANNELS:
        yield Unfit(("to",), f"There are {len(to)} channels; {MOST_CHANNELS} is the most for a subscription.")
    for channel in to:
        if len(channel) > LONGEST_CHANNEL or _CONTROL.search(channel) or not _CHANNEL.fullmatch(channel):
            yield Unfit(
                ("to",),
                f"`{_CONTROL.sub('?', channel)[:60]}` is no channel; write mailto:NAME@HOST, "
                "https://HOST/PATH, or a URL of another service such as slack://….",
            )
    if len({*to}) < len(to):
        twice = next(one for at, one in enumerate(to) if one in to[:at])
        yield Unfit(("to",), f"The channel {masked(twice)} is named twice.")


def _condition(one: Condition) -> Iterator[Unfit]:
    if one.kind not in KINDS:
        yield Unfit(("condition", "kind"), f"There is no condition `{one.kind}`; {_one_of(KINDS)}.")
        return
    known, unsaid = KNOWN[one.kind], Condition(kind=one.kind)
    for name in ("count", "window", "factor", "sources", "cooldown", "facets"):
        if name not in known and getattr(one, name) != getattr(unsaid, name):
            yield Unfit(("condition", name), _unknown(one.kind, name))
    if "count" in known:
        yield from _whole(("condition", "count"), one.count, MOST_STORIES)
    if "window" in known:
        longest = timedelta(days=7) if one.kind == "spike" else LONGEST
        yield from _length(("condition", "window"), one.window, _MINUTE, longest)
    if "factor" in known and not (math.isfinite(one.factor) and 1 < one.factor <= 1000):
        yield Unfit(("condition", "factor"), f"factor {one.factor:g} has to be above 1 and at most 1000.")
    if "sources" in known:
        yield from _whole(("condition", "sources"), one.sources, MOST_SOURCES)
    if "cooldown" in known:
        yield from _length(("condition", "cooldown"), one.cooldown, timedelta(0), LONGEST)
    if "facets" in known:
        yield from _facets(one)


def _unknown(kind: str, name: str) -> str:
    known = KNOWN[kind]  # type: ignore[index]  # one of KINDS: the caller has seen to it
    instead = f"it goes by {', '.join(known)}" if known else "it takes no numbers"
    return f"A condition of kind {kind} knows no {name}; {instead}."


def _facets(one: Condition) -> Iterator[Unfit]:
    for facet in one.facets:
        if facet not in NAMED:
            yield Unfit(("condition", "facets"), f"There is no facet `{facet[:40]}`; {_one_of(NAMED)}.")
    wanted = 2 if one.kind == "new-pairing" else 1
    if one.kind == "new-pairing" and len(one.facets) != wanted:
        yield Unfit(
            ("condition", "facets"), "A new pairing is of two facets, such as organisation, watchlist."
        )
    elif len(one.facets) < wanted:
        yield Unfit(("condition", "facets"), "A new entity is of one facet or more, such as organisation.")
    elif one.kind == "new-entity" and len({*one.facets}) < len(one.facets):
        yield Unfit(("condition", "facets"), "A facet is named twice.")


def _rhythm(one: Rhythm) -> Iterator[Unfit]:
    if one.every not in RHYTHMS:
        yield Unfit(("rhythm", "every"), f"There is no rhythm `{one.every}`; {_one_of(RHYTHMS)}.")
    if not 0 <= one.weekday <= 6:
        yield Unfit(("rhythm", "on"), "The weekday is one of monday to sunday.")
    if not is_zone(one.zone):
        near = difflib.get_close_matches(one.zone[:60], available_timezones(), 1)
        meant = f"did you mean {near[0]}?" if near else "write one such as Europe/Berlin or UTC."
        yield Unfit(("rhythm", "zone"), f"There is no time zone `{one.zone[:60]}`; {meant}")
    if one.quiet is not None and one.quiet[0] == one.quiet[1]:
        yield Unfit(("rhythm", "quiet"), "Quiet hours end when they begin; to send nothing at all, mute it.")
    yield from _whole(("rhythm", "cap"), one.cap, MOST_ENTRIES)


def is_zone(name: str) -> bool:
    """Say whether this is a time zone by its IANA name."""
    if not _ZONE.fullmatch(name) or name in {"localtime", "posixrules", "Factory"}:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _whole(key: tuple[str, ...], value: int, most: int) -> Iterator[Unfit]:
    if not 1 <= value <= most:
        yield Unfit(key, f"{key[-1]} {value} has to be from 1 to {most}.")


def _length(key: tuple[str, ...], value: timedelta, least: timedelta, most: timedelta) -> Iterator[Unfit]:
    if value % _MINUTE or not least <= value <= most:
        yield Unfit(
            key, f"{key[-1]} has to be whole minutes, from {length_text(least)} to {length_text(most)}."
        )


def _one_of(known: tuple[str, ...]) -> str:
    return f"there are {', '.join(known)}"


def id_of(name: str) -> str:
    """An id for a subscription of this name: its letters and digits, where they are Latin ones.

    What is lost of another script is stood for by eight digits of its hash, so that names stay apart.
    """
    plain = "".join(
        one for one in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(one)
    )
    words = re.findall(r"[a-z0-9]+", plain)
    lost = any(one.isalnum() and not one.isascii() for one in plain) or not words
    slug = "-".join(words)
    if lost or len(slug) > LONGEST_ID:
        mark = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).hexdigest()[:8]
        slug = f"{slug[: LONGEST_ID - 9].rstrip('-')}-{mark}".lstrip("-")
    return slug


def asked(subscription: Subscription) -> Subscription:
    """What a subscription asks, without which version that is and who made it so."""
    return replace(subscription, version=1, changed_at=None, changed_by="")


def refuse_stale(new: Subscription, old: Subscription | None) -> None:
    """Raise ChangedMeanwhile when `new` was made from an older version than `old`, which is kept now.

    One that never was in a store (`changed_at` is None) was made from none: it replaces whatever is there.
    """
    if old is not None and new.changed_at is not None and new.version != old.version:
        who = f"{old.id} was changed meanwhile by {old.changed_by}"
        raise ChangedMeanwhile(f"{who}: look at version {old.version} and try again.")


def masked(channel: str) -> str:
    """A channel to show: without what lets others write to it, but told apart from its like."""
    scheme, _, rest = channel.partition(":")
    if scheme.lower() == "mailto":
        return f"mailto:{rest.partition('?')[0]}"
    mark = hashlib.sha256(channel.encode()).hexdigest()[:4]
    host = rest.removeprefix("//").partition("/")[0].rpartition("@")[2].partition("?")[0]
    shown = host if scheme.lower() in {"http", "https"} else ""
    return f"{scheme}://{shown}{'/' * bool(shown)}…{mark}"
