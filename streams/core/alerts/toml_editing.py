"""Change a subscription's file and leave the rest as its people wrote it: comments, order, spelling. Pure.

Line by line: only keys whose meaning changed are written anew. Whatever is written so unusually that this
does not come out right is written as `subscription_toml.write` has it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connectors.errors import UserError

from .editing import asked
from .records import Subscription
from .subscription_toml import read, write

_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_MOST_LINES = 300
"""Of a longer file the lines of each value are not looked for; it is written anew."""

_Key = tuple[str, str]
"""Table (empty for the top) and key; an empty key is the table's own line."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines that belong together: a key with its value, the head of a table, or one line of anything else."""

    key: _Key | None
    lines: tuple[str, ...]


def edited(text: str, new: Subscription) -> str:
    """The file `text`, changed to say what `new` says."""
    try:
        old = read(text, new.id)
        changed = _changed(old, new, text)
        if asked(read(changed, new.id)) == asked(new):
            return changed
    except (UserError, ValueError):
        pass
    return write(new)


def _changed(old: Subscription, new: Subscription, text: str) -> str:
    before, after = _values(write(old)), _values(write(new))
    differs = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    written = {piece.key: piece for piece in _pieces(write(new)) if piece.key is not None}
    pieces = list(_pieces(text))
    there = {piece.key for piece in pieces}
    kept = [written.get(piece.key) if piece.key in differs else piece for piece in pieces]
    result = [piece for piece in kept if piece is not None]
    for key, piece in written.items():
        if key in differs and key not in there:
            _insert(result, piece)
    return "\n".join(line for piece in result for line in piece.lines) + "\n"


def _insert(pieces: list[_Piece], new: _Piece) -> None:
    """Put a key at the end of its table, which is added where it is missing."""
    assert new.key is not None  # noqa: S101 - only keys are inserted
    table = new.key[0]
    at = max((at for at, piece in enumerate(pieces) if piece.key and piece.key[0] == table), default=-1)
    if at < 0 and table:
        pieces += [_Piece(None, ("",)), _Piece((table, ""), (f"[{table}]",))]
        at = len(pieces) - 1
    pieces.insert(at + 1, new)


def _values(text: str) -> dict[_Key, Any]:
    """Every value of the file by its key."""
    found: dict[_Key, Any] = {}
    for name, value in tomllib.loads(text).items():
        if isinstance(value, dict):
            found |= {(name, key): inner for key, inner in value.items()}
        else:
            found["", name] = value
    return found


def _pieces(text: str) -> Iterator[_Piece]:
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if len(lines) > _MOST_LINES:
        raise ValueError("too long to look at line by line")
    table, at = "", 0
    while at < len(lines):
        end = at + 1
        key: _Key | None = None
        if header := _HEADER.fullmatch(lines[at]):
            table = header[1]
            key = (table, "")
        elif named := _KEY.match(lines[at]):
            key = (table, named[1])
            end = _end(lines, at)
        yield _Piece(key, tuple(lines[at:end]))
        at = end


def _end(lines: list[str], at: int) -> int:
    """The line after the value that begins on line `at`."""
    for end in range(at + 1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[at:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    raise ValueError("a value without end")
