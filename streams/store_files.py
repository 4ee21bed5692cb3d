"""Copy the store while it is in use, and put a copy in its place: whole, or not at all.

A file counts only when it has its final name, and it gets that name by one rename after everything is on
the disk. Restoring holds the writer's lock from before the first check to the end. What belongs to the store
goes with it (see `store_beside`); alerts are copied before the store, so that in the copy, too, the alert
stage is never further than the store.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from connectors.database import Schema, writer_lock
from connectors.errors import StoreError, UserError

from .alerting.file import SCHEMAS as alert_tables  # noqa: N811
from .store_beside import ALERTS, beside, pack, unpack

NOTE = ".last-backup"
"""An empty file beside the store, as old as its last backup."""

_PAGES = 1000
"""Pages copied before the writer gets a turn."""


def back_up(store: Path, target: Path, *, force: bool = False) -> int:
    """Copy the store to `target` by SQLite's online backup; returns its size in bytes. Raises UserError."""
    if not store.exists():
        raise StoreError(f"There is no store at {store}, so there is nothing to back up.")
    if target.exists() and not force:
        raise UserError(f"{target} is there already; give another name, or --force to replace it.")
    if target.exists() and target.samefile(store):
        raise UserError(f"{target} is the store itself; give another name.")
    part, alerts = (target.with_name(f".{target.name}.{name}") for name in ("part", "alerts"))
    try:
        with _removed_at_the_end(part), _removed_at_the_end(alerts):
            names = beside(store.parent)
            if ALERTS in names:
                _copy(store.with_name(ALERTS), alerts)
            _copy(store, part)
            part.chmod(0o600)  # before keys and addresses are in it
            pack(part, [(name, alerts if name == ALERTS else store.parent / name) for name in names])
            _rename(part, target)
    except OSError as cause:
        raise UserError(f"{target} cannot be written: {cause.strerror}.") from cause
    except sqlite3.Error as cause:
        raise StoreError(f"The store {store} cannot be copied to {target}: {cause}.") from cause
    with contextlib.suppress(OSError):  # who backs up need not be who may write there
        store.with_name(NOTE).touch()
    return target.stat().st_size


def last_backup(store: Path) -> datetime | None:
    """When the store was backed up last; None when that was never, or by somebody who may not write here."""
    note = store.with_name(NOTE)
    return datetime.fromtimestamp(note.stat().st_mtime, UTC) if note.exists() else None


def restore_from(file: Path, store: Path, schemas: Sequence[Schema]) -> Path | None:
    """Check `file`, then put its content in place of the store's; returns where the store before is kept.

    What stood beside the store and is in the backup is put back too, what is there now kept as
    NAME.before-restore. Raises StoreError when the file is damaged, from a newer version or no store, or
    when another process is writing to the store. In each case everything stays as it is.
    """
    if not file.is_file():
        raise UserError(f"There is no file {file} to restore from.")
    part = store.with_name(f".{store.name}.part")
    try:
        with writer_lock(store), _removed_at_the_end(part), _folder_beside(store) as folder:
            _copy_checked(file, part, schemas)
            names = unpack(part, folder)
            if ALERTS in names:
                _copy_checked(folder / ALERTS, folder / "checked", alert_tables)
            else:
                _begin_generation(part)
            kept = _replace(store, part)
            _put_back(folder, store, names)
            return kept
    except OSError as cause:
        raise StoreError(f"{store} cannot be replaced: {cause.strerror}. It is as it was.") from cause
    except sqlite3.Error as cause:
        raise StoreError(f"{store} cannot be replaced: {cause}. It is as it was.") from cause


@contextlib.contextmanager
def _folder_beside(store: Path) -> Iterator[Path]:
    """A folder on the same disk that is gone afterwards, as are those of restores that were killed."""
    for left in store.parent.glob(".restore-*"):
        shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=".restore-", dir=store.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _begin_generation(part: Path) -> None:
    """Without its alerts a store begins anew for the alert stage, whose file may know of a later one."""
    with contextlib.closing(sqlite3.connect(part)) as connection, connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'generation'").fetchone():
            connection.execute("UPDATE generation SET uid = abs(random() % 9007199254740991)")


def _put_back(folder: Path, store: Path, names: Sequence[str]) -> None:
    """Put what was beside the store in the place of what is, alerts as carefully as the store."""
    if ALERTS in names:
        _replace(store.with_name(ALERTS), folder / "checked")
    for name in sorted({name.partition("/")[0] for name in names} - {ALERTS}):
        target = store.with_name(name)
        kept = store.with_name(f"{name}.before-restore")
        if target.exists():
            if kept.is_dir():
                shutil.rmtree(kept)
            target.replace(kept)
        (folder / name).replace(target)


@contextlib.contextmanager
def _removed_at_the_end(part: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for name in (part.name, f"{part.name}-journal", f"{part.name}-wal", f"{part.name}-shm"):
            part.with_name(name).unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copy a database, committed pages of its write-ahead log included, into a single plain file."""
    target.unlink(missing_ok=True)
    with _reading(source) as reading, contextlib.closing(sqlite3.connect(target)) as writing:
        reading.backup(writing, pages=_PAGES, sleep=0.01)
        writing.execute("PRAGMA journal_mode = DELETE")


def _reading(path: Path) -> contextlib.closing[sqlite3.Connection]:
    uri = f"{path.resolve().as_uri()}?mode=ro"
    return contextlib.closing(sqlite3.connect(uri, uri=True, timeout=30))


def _copy_checked(file: Path, part: Path, schemas: Sequence[Schema]) -> None:
    try:
        _copy(file, part)
        with _reading(part) as connection:
            _check(connection, file, schemas)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as cause:
        raise StoreError(f"{file} is damaged or no store ({cause}). Nothing was changed.") from cause


def _check(connection: sqlite3.Connection, file: Path, schemas: Sequence[Schema]) -> None:
    problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok":
        raise StoreError(f"{file} is damaged ({problem}). Nothing was changed.")
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_versions'").fetchone():
        raise StoreError(f"{file} is no biowire store. Nothing was changed.")
    known = {schema.name: len(schema.steps) for schema in schemas}
    for name, version in connection.execute("SELECT name, version FROM schema_versions"):
        if version > known.get(name, 0):
            raise StoreError(
                f"{file} was written by a newer biowire ({name} version {version}, this one knows "
                f"{known.get(name, 0)}). Upgrade biowire first. Nothing was changed."
            )


def _replace(store: Path, part: Path) -> Path | None:
    """Keep the store under another name, then write the part over it in one SQLite transaction.

    Readers see the store before or the store after, and a crash leaves one of the two. A store too
    damaged to be opened is moved aside as it is.
    """
    if not store.exists():
        _rename(part, store)
        return None
    kept = store.with_name(f"{store.name}.before-restore")
    aside = store.with_name(f".{store.name}.aside")
    try:
        with _removed_at_the_end(aside):
            _copy(store, aside)
            _rename(aside, kept)
        with _reading(part) as reading, contextlib.closing(sqlite3.connect(store, timeout=30)) as writing:
            reading.backup(writing)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as cause:
        if isinstance(cause, sqlite3.OperationalError):  # a full disk, a lock: nothing is damaged
            raise
        for suffix in ("-wal", "-shm", ""):
            path = store.with_name(store.name + suffix)
            if path.exists():
                path.replace(kept.with_name(kept.name + suffix))
        _rename(part, store)
    return kept


def _rename(part: Path, target: Path) -> None:
    """Bring the file to the disk, then give it its name, and bring the name to the disk."""
    for path, flags in ((part, os.O_RDWR), (target.parent, os.O_RDONLY)):
        if path == target.parent:
            part.replace(target)
        descriptor = os.open(path, flags)
        os.fsync(descriptor)
        os.close(descriptor)
