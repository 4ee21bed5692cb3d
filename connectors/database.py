"""The one SQLite file of an embedded instance: opened once, migrated forward, written by one process.

Each port that keeps something here owns its tables and says how they came to be, as a `Schema`:
an ordered list of steps, of which those not yet applied are run when the file is opened. A file
written by a newer version is refused untouched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
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
    """A connection with its schemas in place. One writer at a time; readers never wait for it."""

    def __init__(self, path: Path, schemas: Sequence[Schema], *, writer: bool = True) -> None:
        """Open (and create, if `writer`) the store at `path`.

        Raises StoreError when it is missing, from a newer version, damaged, not writable, or already
        open for writing in another process.
        """
        self.path = path
        self._lock = _hold(path) if writer else None
        try:
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
        execute = self.connection.execute
        if not execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_versions'").fetchone():
            if not writer:
                raise StoreError(
                    f"The store {self.path} is empty. Fill it with `biowire run`, `ingest` or `demo` first."
                )
            execute("CREATE TABLE schema_versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT")
        have = dict(execute("SELECT name, version FROM schema_versions").fetchall())
        for schema in schemas:
            version = have.get(schema.name, 0)
            if version > len(schema.steps):
                raise StoreError(
                    f"The store {self.path} was written by a newer biowire ({schema.name} version {version}, "
                    f"this one knows {len(schema.steps)}). Upgrade biowire, or use another --home."
                )
            if version < len(schema.steps) and writer:
                self._apply(schema, version)

    def _apply(self, schema: Schema, version: int) -> None:
        with self.transaction():
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
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint = 16000")  # pages: hot ones are copied less often
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


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
