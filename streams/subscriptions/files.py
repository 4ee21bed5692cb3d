"""Subscriptions as files that people edit too: the file is the truth, the history beside it the witness.

    HOME/subscriptions/border.toml             what is asked
    HOME/subscriptions/.history/border.jsonl   each version: who, when, what changed, and all of it

Every process may read and write at once; a lock file keeps them apart for the moment it takes. Whoever
reads next notices what was edited, added or deleted by hand, and writes it down as a version by `file`.
A writer killed between file and history leaves the file, which is then found the same way.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import StoreError

from ..core.alerts.changes import changes
from ..core.alerts.editing import LONGEST_ID, asked, checked, refuse_stale
from ..core.alerts.records import ID, Subscription
from ..core.alerts.subscription_toml import MOST_CHARACTERS, SubscriptionFileError, read, write
from ..core.alerts.toml_editing import edited
from ..toml_lines import FileProblem
from .history import REMOVED, History, Stamp, Version, stamp_of, stamps
from .whole_file import PART, sync_folder, write_whole

BY_HAND = "file"
"""Who made a version that was found in a file."""

_MOST_BYTES = 4 * MOST_CHARACTERS
_READ_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was last read."""

    stamp: Stamp
    subscription: Subscription | None
    """As it stands there; version and author are the history's."""
    problems: tuple[FileProblem, ...] = ()


class FileSubscriptions:
    """The subscriptions of a folder, which is made when the first is saved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, _File] = {}
        self._history = History(folder / ".history")

    def stamp(self) -> object:
        """Names, times, sizes and places on the disk of all files."""
        return tuple(sorted(stamps(self.folder, ".toml").items()))

    def all(self) -> Sequence[Subscription]:
        """By id, those whose file can be read; first, what was changed by hand is noted."""
        with self._locked():
            known = self._look()
        return [known[id_] for id_ in sorted(known)]

    def problems(self) -> Sequence[str]:
        """Every problem of every file, as `border.toml:3: sentence`; histories that are damaged, too."""
        with self._locked():
            self._look()
            files = [one for _, file in sorted(self._files.items()) for one in file.problems]
            return [str(one) for one in [*files, *self._history.problems()]]

    def get(self, id: str) -> Subscription | None:  # noqa: A002 - the port's
        """By id, else by name. Raises SubscriptionFileError when its file cannot be read."""
        with self._locked():
            found = self._look_at(id)
            self._refuse_broken(id)
            if found is not None:
                return found
            known = self._look()
        return next((known[one] for one in sorted(known) if known[one].name == id), None)

    def save(self, subscription: Subscription, by: str, now: datetime) -> Subscription:
        """Keep it, if it is `checked` and differs. Raises UserError, and leaves then what was there."""
        checked(subscription)
        with self._locked(writing=True):
            old = self._look_at(subscription.id)
            self._refuse_broken(subscription.id)
            if old is not None and asked(old) == asked(subscription):
                return old
            refuse_stale(subscription, old)
            last = self._history.last_of(subscription.id)
            version = 1 if last is None else last.subscription.version + 1
            new = replace(subscription, version=version, changed_at=now, changed_by=by)
            self._write(new, anew=old is None)
            self._history.append(new.id, new, changes(old, new))
            return new

    def _write(self, new: Subscription, *, anew: bool) -> None:
        for half in self.folder.glob(f".{new.id}.*{PART}"):  # of writers that were killed: we are alone here
            half.unlink()
        path = self.folder / f"{new.id}.toml"
        text = write(new) if anew else edited(path.read_text(encoding="utf-8"), new)
        write_whole(path, text.encode())

    def remove(self, id: str, by: str, now: datetime) -> bool:  # noqa: A002 - the port's
        """Delete the file, also one that cannot be read; its history ends with who did."""
        with self._locked():
            self._look_at(id)
            if id not in self._files:
                return False
            (self.folder / f"{id}.toml").unlink()
            sync_folder(self.folder)
            if (last := self._history.last_of(id)) is not None:
                self._end(id, last, by, now)
            return True

    def history(self, id: str) -> Sequence[tuple[Subscription, str]]:  # noqa: A002 - the port's
        """Oldest first, hand edits included."""
        if not _is_id(id):
            return []
        with self._locked():
            self._look_at(id)
            return [(one.subscription, one.what) for one in self._history.versions(id)]

    @contextlib.contextmanager
    def _locked(self, *, writing: bool = False) -> Iterator[None]:
        """Alone on this folder. Where it cannot be written to, reading goes without."""
        try:
            if writing:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.folder / ".lock").open("ab")
        except OSError as cause:
            if writing or cause.errno not in {*_READ_ONLY, errno.ENOENT}:
                raise StoreError(
                    f"Subscriptions cannot be kept in {self.folder}: {cause.strerror}."
                ) from cause
            yield
            return
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _look(self) -> dict[str, Subscription]:
        """Every subscription as it stands, by id, with its version; writes down what nobody told us."""
        there = stamps(self.folder, ".toml")
        self._files = {id_: self._file(id_, stamp) for id_, stamp in there.items()}
        last = self._history.last()
        for id_ in last.keys() - there.keys():
            self._missing(id_, last[id_])
        standing = {id_: self._standing(id_, file, last.get(id_)) for id_, file in self._files.items()}
        return {id_: one for id_, one in standing.items() if one is not None}

    def _look_at(self, id_: str) -> Subscription | None:
        """The same of one."""
        if not _is_id(id_):
            return None
        stamp, last = stamp_of(self.folder / f"{id_}.toml"), self._history.last_of(id_)
        if stamp is not None:
            self._files[id_] = self._file(id_, stamp)
            return self._standing(id_, self._files[id_], last)
        self._files.pop(id_, None)
        if last is not None:
            self._missing(id_, last)
        return None

    def _standing(self, id_: str, file: _File, last: Version | None) -> Subscription | None:
        if file.subscription is None:
            return None
        if last is None or last.removed or asked(last.subscription) != file.subscription:
            return self._by_hand(id_, file.subscription, file.stamp, last)
        return last.subscription

    def _missing(self, id_: str, last: Version) -> None:
        if not last.removed:
            self._end(id_, last, BY_HAND, datetime.now(UTC))

    def _file(self, id_: str, stamp: Stamp) -> _File:
        """The file, read again only if it changed."""
        known = self._files.get(id_)
        if known is not None and known.stamp == stamp:
            return known
        path = self.folder / f"{id_}.toml"
        try:
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
            text = data.decode(errors="strict" if len(data) <= _MOST_BYTES else "replace")
            return _File(stamp, read(text, path.name))
        except SubscriptionFileError as error:
            return _File(stamp, None, error.problems)
        except UnicodeDecodeError:
            return _File(stamp, None, (FileProblem(path.name, 1, "the file is not UTF-8 text."),))
        except OSError as cause:
            return _File(stamp, None, (FileProblem(path.name, 1, f"cannot be read: {cause.strerror}."),))

    def _by_hand(self, id_: str, one: Subscription, stamp: Stamp, last: Version | None) -> Subscription:
        """The version that somebody made by editing the file, at the file's own time."""
        new = replace(
            one,
            version=1 if last is None else last.subscription.version + 1,
            changed_at=datetime.fromtimestamp(stamp[0] / 1e9, UTC),
            changed_by=BY_HAND,
        )
        old = None if last is None or last.removed else last.subscription
        self._note(id_, new, changes(old, new), found=True)
        return new

    def _end(self, id_: str, last: Version, by: str, now: datetime) -> None:
        version = last.subscription.version + 1
        gone = replace(last.subscription, version=version, changed_at=now, changed_by=by)
        self._note(id_, gone, REMOVED, found=by == BY_HAND)

    def _note(self, id_: str, subscription: Subscription, what: str, *, found: bool) -> None:
        """Write a version down, where we may; where we may not, the next who may will find the same."""
        try:
            self._history.append(id_, subscription, what, found=found)
        except OSError as cause:
            if cause.errno not in _READ_ONLY:
                raise

    def _refuse_broken(self, id_: str) -> None:
        file = self._files.get(id_)
        if file is not None and file.subscription is None:
            raise SubscriptionFileError(file.problems)


def _is_id(name: str) -> bool:
    """Say whether this can be an id; no other name ever becomes part of a path."""
    return len(name) <= LONGEST_ID and re.fullmatch(ID, name) is not None
