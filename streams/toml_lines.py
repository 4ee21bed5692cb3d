"""Which line of a TOML file says what: tomllib keeps no positions, and a person needs them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([A-Za-z0-9_\-]+|\"[^\"]*\")\s*=")

TomlPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class FileProblem:
    """What is wrong, and where a person finds it."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class Lines:
    """Lines of tables and keys by their path, as ("term", 2, "pattern", 0, "forms")."""

    def __init__(self, source: str) -> None:
        self._lines: dict[TomlPath, int] = {}
        counts: dict[TomlPath, int] = {}
        table: TomlPath = ()
        for number, line in enumerate(source.splitlines(), start=1):
            if header := _HEADER.match(line):
                table = _table(header.group(2).split("."), header.group(1) == "[[", counts)
                self._lines.setdefault(table, number)
            elif key := _KEY.match(line):
                self._lines.setdefault((*table, key.group(1).strip('"')), number)

    def of(self, *path: str | int) -> int:
        """Line of a key or table, of what holds it when it has no line of its own; 1 at worst."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return 1


def _table(names: list[str], repeated: bool, counts: dict[TomlPath, int]) -> TomlPath:
    path: TomlPath = ()
    for at, name in enumerate(names):
        path = (*path, name)
        if repeated and at == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
