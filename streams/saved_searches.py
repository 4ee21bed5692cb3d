"""Searches that people keep by name: one small file of an instance, written whole or not at all."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from connectors.errors import StoreError, UserError

from .core.query_parse import parse
from .subscriptions.whole_file import write_whole

MOST = 200
LONGEST = 100
"""Characters of a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """One of them, as it was asked: lengths of time back stay such."""

    id: str
    name: str
    query: str
    since: str = ""
    until: str = ""
    sort: str = "new"
    copies: bool = False


_decode = msgspec.json.Decoder(tuple[SavedSearch, ...]).decode


class SavedSearches:
    """Those of the instance in this folder; several processes may change them."""

    def __init__(self, home: Path) -> None:
        self._path = home / "searches.json"

    def all(self) -> Sequence[SavedSearch]:
        """By name. Raises StoreError when the file cannot be read."""
        try:
            found = _decode(self._path.read_bytes())
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.MsgspecError) as cause:
            raise StoreError(f"The file of saved searches, {self._path}, cannot be read: {cause}.") from cause
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))

    def add(self, search: SavedSearch) -> SavedSearch:
        """Keep one, under an id of its own. Raises UserError."""
        parse(search.query)
        with self._changing():
            kept = list(self.all())
            if len(kept) >= MOST:
                raise UserError(f"There are {MOST} saved searches already; delete one first.")
            made = replace(search, id=secrets.token_hex(6), name=_name(search.name, kept))
            self._write([*kept, made])
        return made

    def rename(self, id_: str, name: str) -> SavedSearch:
        """Call it something else. Raises UserError."""
        with self._changing():
            found = self._found(id_)
            others = [one for one in self.all() if one.id != id_]
            renamed = replace(found, name=_name(name, others))
            self._write([*others, renamed])
        return renamed

    def delete(self, id_: str) -> SavedSearch:
        """Forget it. Raises UserError when it is not there."""
        with self._changing():
            found = self._found(id_)
            self._write([one for one in self.all() if one.id != id_])
        return found

    def _found(self, id_: str) -> SavedSearch:
        found = next((one for one in self.all() if one.id == id_), None)
        if found is None:
            raise UserError("This saved search is not there any more.")
        return found

    def _write(self, searches: Sequence[SavedSearch]) -> None:
        try:
            write_whole(self._path, msgspec.json.format(msgspec.json.encode(searches)) + b"\n")
        except OSError as cause:
            raise StoreError(f"{self._path} cannot be written: {cause.strerror}.") from cause

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change after the other, whoever makes them."""
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _name(name: str, others: Sequence[SavedSearch]) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST or not plain.isprintable():
        raise UserError(f"A saved search needs a name of 1 to {LONGEST} characters.")
    if any(one.name.casefold() == plain.casefold() for one in others):
        raise UserError(f"There is a saved search called “{plain}” already; choose another name.")
    return plain
