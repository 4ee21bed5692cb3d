"""What stands beside a store and belongs to it, as a table of its backup: one file holds the whole instance.

    biowire.db.backup ── backup_files ─► alerts.db, subscriptions/ with their history, secret, tokens.toml

A backup may come from anywhere: only these names are taken out of one, into a folder of our own choice.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from connectors.errors import StoreError

from .core.alerts.records import ID

ALERTS = "alerts.db"
SUBSCRIPTIONS = "subscriptions"

_NAME = re.compile(rf"alerts\.db|secret|tokens\.toml|subscriptions/(?:{ID}\.toml|\.history/{ID}\.jsonl)")
_PIECE = 8 * 1024 * 1024
_TABLE = "CREATE TABLE backup_files (name TEXT, n INTEGER, content BLOB, PRIMARY KEY (name, n)) STRICT"


def beside(home: Path) -> list[str]:
    """Names of the files that are there, relative to the home; of `alerts.db` a copy has to be made."""
    folder = home / SUBSCRIPTIONS
    paths = [home / ALERTS, home / "secret", home / "tokens.toml"]
    paths += sorted([*folder.glob("*.toml"), *(folder / ".history").glob("*.jsonl")])
    names = (path.relative_to(home).as_posix() for path in paths if path.is_file())
    return [name for name in names if _NAME.fullmatch(name)]


def pack(backup: Path, files: Iterable[tuple[str, Path]]) -> None:
    """Add files to a backup, by name. Raises OSError, sqlite3.Error."""
    with contextlib.closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS backup_files")
        connection.execute(_TABLE)
        for name, path in files:
            for number, piece in enumerate(_pieces(path)):
                connection.execute("INSERT INTO backup_files VALUES (?, ?, ?)", (name, number, piece))


def unpack(backup: Path, folder: Path) -> list[str]:
    """Take the files out into a folder, for the owner's eyes only; the backup is a mere store then."""
    with contextlib.closing(sqlite3.connect(backup)) as connection, connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'backup_files'").fetchone():
            return []  # of a version that knew no subscriptions
        names = [name for (name,) in connection.execute("SELECT DISTINCT name FROM backup_files")]
        for name in names:
            if not _NAME.fullmatch(str(name)):
                raise StoreError(
                    f"The backup holds a file that is none of ours ({name!r}). Nothing was changed."
                )
            _write(folder / name, connection, name)
        connection.execute("DROP TABLE backup_files")
    return names


def _write(path: Path, connection: sqlite3.Connection, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        pieces = connection.execute("SELECT content FROM backup_files WHERE name = ? ORDER BY n", (name,))
        for (piece,) in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield file.read(_PIECE)  # of an empty file too
        while piece := file.read(_PIECE):
            yield piece
