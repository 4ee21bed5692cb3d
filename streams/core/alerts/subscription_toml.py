"""A subscription as a file that people write, and what is wrong with it, file and line. Pure.

    name = "Live face recognition in Britain"
    query = '"live facial recognition" country:gb'
    to = ["mailto:desk@news.example"]

    [condition]
    kind = "threshold"

    [rhythm]
    every = "daily"
    zone = "Europe/London"

What is left out has its default. Who changed what when is not in the file but in the history beside it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, time, timedelta
from typing import Any

from connectors.errors import UserError

from ...toml_lines import FileProblem, Lines, TomlPath
from ..query import QuerySyntaxError
from ..query_parse import parse
from .condition_defaults import KNOWN, default_condition
from .editing import unfits
from .records import KINDS, RHYTHMS, Condition, Rhythm, Subscription
from .written_times import (
    WEEKDAYS,
    clock_text,
    length_text,
    moment_in,
    read_clock,
    read_length,
    read_span,
    read_weekday,
    span_text,
)

MOST_CHARACTERS = 256 * 1024
"""A longer file is no subscription."""


class SubscriptionFileError(UserError):
    """A file that is no subscription; `problems` lists everything, the message says the first."""

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        self.problems = tuple(sorted({*problems}))
        more = len(self.problems) - 1
        rest = f" ({more} more problem{'s' * (more > 1)} there.)" if more else ""
        super().__init__(f"{self.problems[0]}{rest}")


def read(text: str, name: str) -> Subscription:
    """Read a subscription from its file `name`, from which it has its id: `border.toml` is `border`.

    Raises SubscriptionFileError with all that is wrong.
    """
    reading = _Reading(text, name)
    found = reading.subscription()
    reading.problems.extend(reading.unfit(found) if not reading.problems else ())
    if reading.problems:
        raise SubscriptionFileError(reading.problems)
    return found


class _WrongError(ValueError):
    """What is wrong with a value, to be said after its key."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _WrongError("has to be text in quotes.")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _WrongError('has to be a list of texts, such as ["a", "b"].')
    return tuple(value)


def _yes(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError("has to be true or false.")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _WrongError("has to be a whole number.")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _WrongError("has to be a number.")
    return float(value)


def _one_of(known: tuple[str, ...]) -> Callable[[object], str]:
    def convert(value: object) -> str:
        if value not in known:
            raise _WrongError(f"is one of {', '.join(known)}.")
        return str(value)

    return convert


def _written(form: Callable[[str], Any]) -> Callable[[object], Any]:
    def convert(value: object) -> Any:
        try:
            return form(_text(value))
        except OverflowError:
            raise _WrongError("is longer than any calendar.") from None

    return convert


def _clock(value: object) -> time:
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0)
    return read_clock(_text(value))


def _moment(value: object) -> date:
    if not isinstance(value, date):
        raise _WrongError("has to be a date or a time, such as 2026-12-01 or 2026-12-01T08:00:00Z.")
    return value


_Converters = Mapping[str, tuple[str, Callable[[object], Any]]]
"""Key in the file to the field of the record, and how its value is read."""

TOP: _Converters = {
    "name": ("name", _text),
    "query": ("query", _text),
    "to": ("to", _texts),
    "language": ("language", _text),
    "paused": ("paused", _yes),
    "muted": ("muted", _yes),
    "snoozed_until": ("snoozed_until", _moment),
    "max_age": ("max_age", _written(read_length)),
}
CONDITION: _Converters = {
    "kind": ("kind", _one_of(KINDS)),
    "count": ("count", _whole),
    "window": ("window", _written(read_length)),
    "factor": ("factor", _number),
    "sources": ("sources", _whole),
    "cooldown": ("cooldown", _written(read_length)),
    "facets": ("facets", _texts),
}
RHYTHM: _Converters = {
    "every": ("every", _one_of(RHYTHMS)),
    "at": ("at", _clock),
    "on": ("weekday", _written(read_weekday)),
    "zone": ("zone", _text),
    "quiet": ("quiet", _written(read_span)),
    "cap": ("cap", _whole),
}
TABLES = ("condition", "rhythm")


class _Reading:
    """One file while it is read: its table, its lines, its problems."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.problems: list[FileProblem] = []
        self.lines = Lines(text[:MOST_CHARACTERS])
        self.table: dict[str, Any] = {}
        if len(text) > MOST_CHARACTERS:
            self.problem((), f"the file is longer than {MOST_CHARACTERS // 1024} KB.")
            return
        try:
            self.table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"at line (\d+)", str(error))
            line = int(at[1]) if at else text.count("\n") + 1
            self.problems.append(FileProblem(name, line, f"this is no TOML: {error}."))
        except RecursionError:
            self.problem((), "this nests too deep.")

    def problem(self, path: TomlPath, sentence: str) -> None:
        """Note what is wrong with a key."""
        self.problems.append(FileProblem(self.name, self.lines.of(*path), sentence))

    def subscription(self) -> Subscription:
        """What the file says, as far as it can be read."""
        plain = {key: value for key, value in self.table.items() if key not in TABLES}
        about = self.take(plain, (), TOP)
        for key in ("name", "query"):
            if not self.problems and key not in self.table:
                self.problem((), f"`{key}` is missing.")
        rhythm = Rhythm(**self.take_table("rhythm", RHYTHM))
        said = self.take_table("condition", CONDITION)
        condition = replace(default_condition(said.get("kind", "each")), **said)
        moment = about.get("snoozed_until")
        found = Subscription(
            id=_id(self.name),
            condition=condition,
            rhythm=rhythm,
            **{"name": "", "query": "", **about, "snoozed_until": None},
        )
        return found if moment is None or self.problems else self.snoozed(found, moment)

    def snoozed(self, found: Subscription, moment: date) -> Subscription:
        """With the moment that a date means where its reader is."""
        try:
            return replace(found, snoozed_until=moment_in(found.rhythm.zone, moment))
        except (ValueError, OSError, LookupError, OverflowError):  # the zone's own problem is told by `unfit`
            return found

    def take_table(self, key: str, converters: _Converters) -> dict[str, Any]:
        """The fields of a table, if it is there and one."""
        table = self.table.get(key, {})
        if not isinstance(table, dict):
            self.problem((key,), f"`{key}` has to be a table: put [{key}] above its lines.")
            return {}
        return self.take(table, (key,), converters)

    def take(self, table: Mapping[str, Any], path: TomlPath, converters: _Converters) -> dict[str, Any]:
        """The fields that are known and can be read; a problem for each other one."""
        taken = {}
        for key, value in table.items():
            if key not in converters:
                known = ", ".join([*converters, *(() if path else TABLES)])
                self.problem((*path, key), f"unknown key `{key}`; known here: {known}.")
                continue
            field, convert = converters[key]
            try:
                taken[field] = convert(value)
            except ValueError as cause:
                sentence = str(cause)
                self.problem((*path, key), sentence if "`" in sentence else f"`{key}` {sentence}")
        return taken

    def unfit(self, found: Subscription) -> Iterator[FileProblem]:
        """What can be read but not followed."""
        try:
            parse(found.query)
        except QuerySyntaxError as error:
            yield FileProblem(self.name, self.lines.of("query"), str(error))
        for one in unfits(found):
            yield FileProblem(self.name, self.lines.of(*one.key), str(one))


def _id(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].removesuffix(".toml")


def write(subscription: Subscription) -> str:
    """Write what a subscription asks; `read` reads it back. One key a line, so that versions compare well."""
    return "\n".join([*_about_lines(subscription), *_tables_lines(subscription)]) + "\n"


def _about_lines(one: Subscription) -> Iterator[str]:
    yield "# An alert subscription of biowire; every key: docs/subscriptions.md"
    yield f"name = {quoted(one.name)}"
    yield f"query = {quoted(one.query)}"
    yield from _list("to", one.to)
    if one.language != "en":
        yield f"language = {quoted(one.language)}"
    if one.paused:
        yield "paused = true  # nothing is matched"
    if one.muted:
        yield "muted = true  # alerts are kept, never sent"
    if one.snoozed_until is not None:
        moment = one.snoozed_until.isoformat().replace("+00:00", "Z")
        yield f"snoozed_until = {moment}  # alerts are kept, and sent after this"
    if one.max_age is not None:
        yield f'max_age = "{length_text(one.max_age)}"  # what was published longer ago raises no alert'


def _tables_lines(one: Subscription) -> Iterator[str]:
    yield from ["", "[condition]", *_condition_lines(one.condition)]
    yield from ["", "[rhythm]", *_rhythm_lines(one.rhythm)]


_MEANING = {
    "each": "every new article",
    "story": "every new story, once",
    "threshold": "`count` stories within `window`",
    "spike": "`factor` times as many stories as usual",
    "silence": "nothing for `window`",
    "new-term": "a watchlist term not seen for `window`",
    "new-entity": "a name not seen for `window`",
    "new-pairing": "two names not seen in one article for `window`",
}


def _condition_lines(one: Condition) -> Iterator[str]:
    yield f'kind = "{one.kind}"  # {_MEANING[one.kind]}'
    for field in fields(Condition):
        if field.name in KNOWN[one.kind]:
            value = getattr(one, field.name)
            if isinstance(value, tuple):
                yield from _list(field.name, value)
            else:
                yield f"{field.name} = {_length_or_number(value)}"


def _length_or_number(value: timedelta | float) -> str:
    return f'"{length_text(value)}"' if isinstance(value, timedelta) else repr(value)


def _rhythm_lines(one: Rhythm) -> Iterator[str]:
    plain = Rhythm()
    yield f'every = "{one.every}"  # {", ".join(RHYTHMS)}'
    if one.every == "weekly" or one.weekday != plain.weekday:
        yield f'on = "{WEEKDAYS[one.weekday]}"'
    if one.every != "now" or one.at != plain.at:
        yield f'at = "{clock_text(one.at)}"'
    yield f"zone = {quoted(one.zone)}"
    if one.quiet is not None:
        yield f'quiet = "{span_text(one.quiet)}"  # nothing is sent then'
    yield f"cap = {one.cap}  # entries in one message, the rest is counted"


def _list(key: str, values: tuple[str, ...]) -> Iterator[str]:
    if len(values) <= 2 and sum(map(len, values)) <= 80:
        yield f"{key} = [{', '.join(map(quoted, values))}]"
        return
    yield f"{key} = ["
    yield from (f"    {quoted(value)}," for value in values)
    yield "]"


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quoted(text: str) -> str:
    """In double quotes; in single ones where that spares escapes."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return f'"{"".join(_ESCAPES.get(one) or _escaped(one) for one in text)}"'


def _escaped(one: str) -> str:
    return one if one.isprintable() or ord(one) > 0x9F else f"\\u{ord(one):04x}"
