"""The words of a watchlist's file, changed a pattern at a time; the rest stays as people wrote it. Pure.

A pattern is found by its place: `pattern.3`, or `term.2.pattern.0` where a term of the list has it.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.errors import UserError

from ..core.alerts.subscription_toml import quoted
from ..toml_lines import Lines, TomlPath
from .tables import PATTERN

NEW = "new"
"""The place of a pattern that is to be added, to the list itself."""

_HEADER = re.compile(r"\s*\[")
_PLACE = re.compile(r"(?:term\.(\d{1,4})\.)?pattern\.(\d{1,4})")


@dataclass(frozen=True, slots=True)
class Words:
    """One pattern of a list."""

    place: str
    term: str
    """Label of the term it belongs to; empty: the list itself."""
    table: Mapping[str, Any]


def words_of(table: Mapping[str, Any]) -> Iterator[Words]:
    """Every pattern of a watchlist's file, in its order."""
    for number, pattern in enumerate(table.get("pattern", ())):
        yield Words(f"pattern.{number}", "", pattern)
    for at, term in enumerate(table.get("term", ())):
        for number, pattern in enumerate(term.get("pattern", ())):
            yield Words(f"term.{at}.pattern.{number}", term.get("label", ""), pattern)


def with_words(source: str, place: str, table: Mapping[str, Any] | None) -> str:
    """The file with another pattern at this place; None takes it away.

    Raises UserError where the file is written so that this cannot be done line by line.
    """
    wanted = tomllib.loads(source)
    lines = source.splitlines()
    if place == NEW:
        at = _end_of_patterns(wanted, source, lines)
        wanted.setdefault("pattern", []).append(dict(table or {}))
        changed = [*lines[:at], "", *_written("[[pattern]]", table or {}), "", *lines[at:]]
    else:
        path = _path(place)
        first = Lines(source).of(*path) - 1
        last = _block_end(lines, first)
        _put(wanted, path, table)
        block = [] if table is None else [*_written(lines[first].strip(), table), ""]
        changed = [*lines[:first], *_comments(lines[first:last]), *block, *lines[last:]]
    result = re.sub(r"\n{3,}", "\n\n", "\n".join(changed).strip("\n")) + "\n"
    if _said(result) != wanted:
        raise UserError("These words are written in a way that can only be changed in the file itself.")
    return result


def new_list(about: Mapping[str, str], added: date, patterns: Iterable[Mapping[str, Any]]) -> str:
    """The file of a list with these words; of `about`, what is empty is left out."""
    said = [f"{key} = {quoted(value)}" for key, value in about.items() if value]
    source = "\n".join([*said, f"added = {added}", ""])
    for table in patterns:
        source = with_words(source, NEW, table)
    return source


def _path(place: str) -> TomlPath:
    found = _PLACE.fullmatch(place)
    if found is None:
        raise UserError(f"There are no words at {place[:40]}.")
    term: TomlPath = ("term", int(found[1])) if found[1] else ()
    return (*term, "pattern", int(found[2]))


def _put(wanted: dict[str, Any], path: TomlPath, table: Mapping[str, Any] | None) -> None:
    holder: Any = wanted
    try:
        for step in path[:-2]:
            holder = holder[step]
        patterns = holder["pattern"]
        patterns[path[-1]]
    except (KeyError, IndexError):
        raise UserError("These words are not in the file any more; load the page again.") from None
    if table is None:
        del patterns[path[-1]]
        if not patterns:
            del holder["pattern"]
    else:
        patterns[path[-1]] = copy.deepcopy(dict(table))


def _block_end(lines: list[str], first: int) -> int:
    """The line after the table that begins at `first`; comments above the next one are that one's."""
    last = next((at for at in range(first + 1, len(lines)) if _HEADER.match(lines[at])), len(lines))
    while last > first + 1 and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
        last -= 1
    return last


def _end_of_patterns(wanted: Mapping[str, Any], source: str, lines: list[str]) -> int:
    """Where a new pattern of the list itself goes: behind its last one, else before its first term."""
    places = Lines(source)
    if patterns := wanted.get("pattern"):
        return _block_end(lines, places.of("pattern", len(patterns) - 1) - 1)
    return places.of("term", 0) - 1 if wanted.get("term") else len(lines)


def _comments(block: list[str]) -> list[str]:
    """What people noted between the keys, kept above the table."""
    return [line for line in block if line.lstrip().startswith("#")]


def _written(header: str, table: Mapping[str, Any]) -> Iterator[str]:
    yield header
    for key in (*(key for key in _FIRST if key in table), *(key for key in table if key not in _FIRST)):
        yield from _lines(key, table[key])


_FIRST = ("name", "language", "kind", *(key for key in PATTERN if key not in {"name", "language", "kind"}))


def _lines(key: str, value: Any) -> Iterator[str]:
    match value:
        case bool():
            yield f"{key} = {str(value).lower()}"
        case str():
            yield f"{key} = {quoted(value)}"
        case list() if sum(map(len, value)) > 80:
            yield f"{key} = ["
            yield from (f"    {quoted(one)}," for one in value)
            yield "]"
        case list():
            yield f"{key} = [{', '.join(map(quoted, value))}]"
        case _:
            yield f"{key} = {value}"


def _said(source: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        return None
