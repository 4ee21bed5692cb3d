"""Story memory in the SQLite file of an embedded instance, inside the transaction of the batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from connectors.database import Database, Schema

SCHEMA = Schema(
    "story",
    (
        """
        CREATE TABLE story_nodes (
            id TEXT PRIMARY KEY,
            language TEXT NOT NULL,
            day INTEGER NOT NULL,
            record BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX story_nodes_by_day ON story_nodes (language, day);
        """,
    ),
)


class SqliteStoryState:
    """Keeps records in table `story_nodes`. Joins the open transaction, if there is one."""

    def __init__(self, database: Database) -> None:
        self._connection: sqlite3.Connection = database.connection

    def load_day(self, language: str, day: int) -> Iterable[tuple[str, bytes]]:
        """Every (article id, record) of that language and day."""
        return self._connection.execute(
            "SELECT id, record FROM story_nodes WHERE language = ? AND day = ?", (language, day)
        ).fetchall()

    def find(self, ids: Iterable[str]) -> Iterable[tuple[str, str, int, bytes]]:
        """(id, language, day, record) of those ids that are kept."""
        question = "SELECT id, language, day, record FROM story_nodes WHERE id = ?"
        return [row for article_id in ids for row in self._connection.execute(question, (article_id,))]

    def save(self, records: Iterable[tuple[str, str, int, bytes]]) -> None:
        """Insert or replace."""
        self._connection.executemany("INSERT OR REPLACE INTO story_nodes VALUES (?, ?, ?, ?)", records)

    def delete(self, ids: Iterable[str]) -> None:
        """Forget these ids."""
        self._connection.executemany(
            "DELETE FROM story_nodes WHERE id = ?", ((article_id,) for article_id in ids)
        )
