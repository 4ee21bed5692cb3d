"""Every version of every subscription, one JSON line each: what changed, and all it said then."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..core.alerts.records import Subscription
from ..toml_lines import FileProblem

REMOVED = "removed"
"""What changed in the version that ends a subscription."""

Stamp = tuple[int, int, int]


def stamps(folder: Path, suffix: str) -> dict[str, Stamp]:
    """Time, size and place on the disk of the folder's files, by name without suffix; not of hidden ones."""
    try:
        with os.scandir(folder) as entries:
            return {
                one.name.removesuffix(suffix): _stamp(one.stat())
                for one in entries
                if one.name.endswith(suffix) and not one.name.startswith(".") and one.is_file()
            }
    except FileNotFoundError:
        return {}


def stamp_of(path: Path) -> Stamp | None:
    """The same of one file; None when it is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _stamp(found) if stat.S_ISREG(found.st_mode) else None


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_mtime_ns, found.st_size, found.st_ino


@dataclass(frozen=True, slots=True)
class Version:
    """One line."""

    what: str
    subscription: Subscription

    @property
    def removed(self) -> bool:
        """Whether the subscription was taken off with it."""
        return self.what == REMOVED


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it was last read."""

    stamp: Stamp
    last: Version | None
    problems: tuple[FileProblem, ...]


class History:
    """The files of a folder, ID.jsonl each. Whoever calls holds the lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, _Seen] = {}

    def last(self) -> dict[str, Version]:
        """The newest version of each subscription there was; files that did not change are not read again."""
        there = stamps(self.folder, ".jsonl")
        self._seen = {id_: self._look(id_, stamp) for id_, stamp in there.items()}
        return {id_: seen.last for id_, seen in self._seen.items() if seen.last is not None}

    def last_of(self, id_: str) -> Version | None:
        """The newest version of one."""
        stamp = stamp_of(self._path(id_))
        if stamp is None:
            return None
        self._seen[id_] = self._look(id_, stamp)
        return self._seen[id_].last

    def versions(self, id_: str) -> Sequence[Version]:
        """Oldest first; a line that cannot be read is left out, and `problems` names it."""
        return [one for one in self._lines(id_) if isinstance(one, Version)]

    def problems(self) -> Sequence[FileProblem]:
        """Lines that cannot be read; one that a killed writer left half is none, as nothing is lost by it."""
        return [one for _, seen in sorted(self._seen.items()) for one in seen.problems]

    def _look(self, id_: str, stamp: Stamp) -> _Seen:
        if (seen := self._seen.get(id_)) is not None and seen.stamp == stamp:
            return seen
        lines = list(self._lines(id_))
        last = next((one for one in reversed(lines) if isinstance(one, Version)), None)
        return _Seen(stamp, last, tuple(one for one in lines if isinstance(one, FileProblem)))

    def append(self, id_: str, subscription: Subscription, what: str, *, found: bool = False) -> None:
        """Keep a version for good. `found`: it was found in a file, and would be again, so nothing waits."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = msgspec.json.encode(Version(what, subscription)) + b"\n"
        with open(self._path(id_), "ab", opener=_private) as file:
            if (end := self._whole(id_)) < file.tell():
                file.truncate(end)
            file.write(line)
            file.flush()
            if not found:
                os.fsync(file.fileno())

    def _path(self, id_: str) -> Path:
        return self.folder / f"{id_}.jsonl"

    def _whole(self, id_: str) -> int:
        """Where the last whole line ends."""
        return self._path(id_).read_bytes().rfind(b"\n") + 1

    def _lines(self, id_: str) -> Iterator[Version | FileProblem]:
        try:
            data = self._path(id_).read_bytes()
        except FileNotFoundError:
            return
        for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), 1):
            try:
                yield msgspec.json.decode(line, type=Version)
            except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
                yield FileProblem(f".history/{id_}.jsonl", number, f"this version cannot be read: {cause}.")


def _private(path: str, flags: int) -> int:
    """Channels hold secrets: nobody else reads them."""
    return os.open(path, flags, 0o600)
