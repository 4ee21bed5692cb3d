"""The tables of a vocabulary file: which keys there are, what they must be, and on which line they stand."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ..toml_lines import FileProblem, Lines, TomlPath

MOST_BYTES = 4 * 1024 * 1024
"""A larger file is no vocabulary."""


_STRING, _STRINGS, _NUMBER, _COUNT = "a string", "a list of strings", "a number", "a whole number from 0"
_DATE, _YES, _TABLE, _TABLES = "a date", "true or false", "a table", "a list of tables"
_ABOUT = {"source": _STRING, "added": _DATE, "changed": _DATE, "description": _STRING}
PATTERN = {
    "forms": _STRINGS,
    "name": _STRING,
    "language": _STRING,
    "kind": _STRING,
    "weight": _NUMBER,
    "relevance": _NUMBER,
    "requires": _STRINGS,
    "near": _COUNT,
    "blocks": _STRINGS,
    "blocks_near": _COUNT,
    "except": _STRINGS,
    "same_language": _YES,
    "valid_from": _DATE,
    "valid_until": _DATE,
}
TERM = _ABOUT | {
    "id": _STRING,
    "label": _STRING,
    "parent": _STRING,
    "relevance": _NUMBER,
    "include": _STRINGS,
    "pattern": _TABLES,
}
CONDITION = {"all": _STRINGS, "any": _STRINGS, "none": _STRINGS, "near": _COUNT}
_TOP = {"contexts": _TABLE, "term": _TABLES}
FACET = _TOP | {"facet": _STRING, "title": _STRING, "threshold": _NUMBER, "most": _COUNT}
WATCHLIST = (
    _TOP
    | _ABOUT
    | {
        "id": _STRING,
        "title": _STRING,
        "include": _STRINGS,
        "condition": _TABLE,
        "pattern": _TABLES,
    }
)
NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_-]*")
LANGUAGE = re.compile("[a-z]{2,3}(-[A-Z][a-z]{3})?|")


def _fits(value: object, wanted: str) -> bool:
    if wanted in {_STRINGS, _TABLES}:
        member = str if wanted == _STRINGS else dict
        return isinstance(value, list) and all(isinstance(one, member) for one in value)
    if wanted == _DATE:
        return isinstance(value, date) and not isinstance(value, datetime)
    if isinstance(value, bool):
        return wanted == _YES
    if wanted == _COUNT:
        return isinstance(value, int) and value >= 0
    kinds: dict[str, tuple[type, ...]] = {_STRING: (str,), _NUMBER: (int, float), _TABLE: (dict,)}
    return isinstance(value, kinds.get(wanted, ()))


class TomlFile:
    """One file while it is read: its table, its lines, its problems."""

    def __init__(self, path: Path, shown: str) -> None:
        self.name = shown
        self.problems: list[FileProblem] = []
        self.table: dict[str, Any] = {}
        self.lines = Lines("")
        try:
            if path.stat().st_size > MOST_BYTES:
                self.problem(1, f"the file is larger than {MOST_BYTES // 1024 // 1024} MB")
                return
            source = path.read_text(encoding="utf-8")
            self.lines = Lines(source)
            self.table = tomllib.loads(source)
        except (OSError, UnicodeDecodeError) as error:
            self.problem(1, f"the file cannot be read: {error}")
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            last = source.count("\n") + 1
            self.problem(int(line.group(1)) if line else last, f"this is no TOML: {error}")

    def problem(self, line: int, message: str) -> None:
        """Note what is wrong on a line."""
        self.problems.append(FileProblem(self.name, line, message))

    def take(self, table: Mapping[str, Any], path: TomlPath, spec: Mapping[str, str]) -> dict[str, Any]:
        """The keys of a table that are known and of the right type; a problem for each other one."""
        good = {}
        for key, value in table.items():
            if key not in spec:
                known = ", ".join(sorted(spec))
                self.problem(self.lines.of(*path, key), f"unknown key {key!r}; known here: {known}")
            elif not _fits(value, spec[key]):
                self.problem(self.lines.of(*path, key), f"{key!r} must be {spec[key]}")
            else:
                good[key] = value
        return good

    def need(self, table: Mapping[str, Any], path: TomlPath, *keys: str) -> bool:
        """True when all keys are there and not empty; a problem for each that is not."""
        missing = [key for key in keys if not table.get(key)]
        for key in missing:
            self.problem(self.lines.of(*path), f"{key!r} is missing or empty")
        return not missing
