"""SQLite files: opened, migrated forward, and written by one process or, where said so, by several.

Each port that keeps something here owns its tables and says how they came to be, as a `Schema`:
an ordered list of steps, of which those not yet applied are run when the file is opened. A file
written by a newer version is refused untouched.

The store of an embedded instance has one writer, held by a lock beside the file. A `shared` file has none:
its transactions are short, and each waits for those of other processes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import StoreError


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables of one port: `steps[n]` takes version n to n + 1. Steps are never edited once released."""

    name: str
    steps: tuple[str, ...]


class Database:
    """A connection with its schemas in place. Readers never wait for a writer."""

    def __init__(
        self, path: Path, schemas: Sequence[Schema], *, writer: bool = True, shared: bool = False
    ) -> None:
        """Open (and create, if `writer`) the store at `path`.

        A writer keeps other processes from writing for as long as it has the store open; a `shared` one
        only during its transactions. Raises StoreError when the store is missing, from a newer version,
        damaged, not writable, or held by another writer.
        """
        self.path = path
        self._lock = _hold(path) if writer and not shared else None
        try:
            if shared:
                _make_folder(path)
            self.connection = _connect(path, writer=writer)
            self._migrate(schemas, writer=writer)
        except sqlite3.DatabaseError as cause:
            self.release()
            raise StoreError(
                f"The store {path} cannot be read ({cause}). Restore a backup with `biowire restore`."
            ) from cause
        except StoreError:
            self.release()
            raise

    def _migrate(self, schemas: Sequence[Schema], *, writer: bool) -> None:
        if self._outdated(schemas) and writer:
            with self.transaction() as connection:  # of a shared file another process may have done it by now
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS schema_versions"
                    " (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT"
                )
                for schema, version in self._outdated(schemas):
                    self._apply(schema, version)
        elif not self._versions():
            raise StoreError(
                f"The store {self.path} is empty. Fill it with `biowire run`, `ingest` or `demo` first."
            )

    def _versions(self) -> dict[str, int]:
        execute = self.connection.execute
        if not execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_versions'").fetchone():
            return {}
        return dict(execute("SELECT name, version FROM schema_versions").fetchall())

    def _outdated(self, schemas: Sequence[Schema]) -> list[tuple[Schema, int]]:
        """Schemas with steps still to be applied, each with the version it has here."""
        have = self._versions()
        for schema in schemas:
            version = have.get(schema.name, 0)
            if version > len(schema.steps):
                raise StoreError(
                    f"The store {self.path} was written by a newer biowire ({schema.name} version {version}, "
                    f"this one knows {len(schema.steps)}). Upgrade biowire, or use another --home."
                )
        return [
            (schema, version)
            for schema in schemas
            if (version := have.get(schema.name, 0)) < len(schema.steps)
        ]

    def _apply(self, schema: Schema, version: int) -> None:
        for step in schema.steps[version:]:
            for statement in _statements(step):
                self.connection.execute(statement)
        self.connection.execute(
            "INSERT OR REPLACE INTO schema_versions VALUES (?, ?)", (schema.name, len(schema.steps))
        )

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is written, or nothing is. Joins the transaction already open, if any."""
        if self.connection.in_transaction:
            yield self.connection
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self._roll_back()
            raise
        self.connection.execute("COMMIT")

    def _roll_back(self) -> None:
        if self.connection.in_transaction:  # on a full disk SQLite has done so by itself
            self.connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection and let the next writer in."""
        with contextlib.suppress(sqlite3.DatabaseError):
            self.connection.execute("PRAGMA optimize")
        self.connection.close()
        self.release()

    def release(self) -> None:
        """Let the next writer in."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextlib.contextmanager
def writer_lock(path: Path) -> Iterator[None]:
    """Keep writers out of the store without opening it. Raises StoreError when one has it open."""
    lock = _hold(path)
    try:
        yield
    finally:
        os.close(lock)


def _connect(path: Path, *, writer: bool) -> sqlite3.Connection:
    if not writer and not path.exists():
        raise StoreError(
            f"There is no store at {path}. Fill one by `biowire run` or `ingest`, or name another by --home."
        )
    mode = "rwc" if writer else "ro"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=30,
    )
    if writer:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint = 16000")  # pages: hot ones are copied less often
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Write ahead. While another process creates the file this fails at once, so it is asked again."""
    for attempt in range(_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as cause:
            if cause.sqlite_errorcode != sqlite3.SQLITE_BUSY or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.05)
        else:
            return


_ATTEMPTS = 100


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise StoreError(
            f"The folder {path.parent} cannot be made ({cause.strerror}). Choose another with --home."
        ) from cause


def _hold(path: Path) -> int:
    """Take the writer's lock; the operating system lets go of it when the process ends, however it ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as cause:
        raise StoreError(
            f"The folder {path.parent} cannot be written to ({cause.strerror}). Choose another with --home."
        ) from cause
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as cause:
        os.close(lock)
        raise StoreError(
            f"Another biowire process is writing to {path}. Stop it first, or use another --home."
        ) from cause
    return lock


def _statements(step: str) -> Iterator[str]:
    """Split a step into statements; `executescript` would commit the transaction around it."""
    statement = ""
    for line in step.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
