"""Which documents changed, in order: what stages after the index read on from, each from where it was.

    sink ─► Noting ─► index
              └─► changes   one line for each document of a batch, in the batch's own transaction

What retention does is no change: it goes to the index itself. Lines that the reader is past are pruned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.database import Database, Schema

from ..core.index import Stored
from ..core.records import Document, Grouping, Story
from . import ArticleSink

SCHEMA = Schema(
    "changes",
    (
        """
        CREATE TABLE changes (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL,
            fresh INTEGER NOT NULL,     -- the index did not have it before
            quiet INTEGER NOT NULL      -- nobody is to be told
        ) STRICT;
        CREATE TABLE generation (id INTEGER PRIMARY KEY CHECK (id = 1), uid INTEGER NOT NULL) STRICT;
        INSERT INTO generation VALUES (1, abs(random() % 9007199254740991));
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Change:
    """A document whose content, story or part in it is not as it was, or that is no more."""

    seq: int
    id: str
    fresh: bool
    """It was not in the index before."""
    quiet: bool
    """Nobody is to be told of it: a replay, or an import that asks for that."""


class ChangeLog:
    """The lines, read and written over a shared Database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connection

    def write(self, changed: Iterable[tuple[str, bool]], *, quiet: bool) -> None:
        """Add lines, each an id and whether it is fresh; in the transaction that is open."""
        self._connection.executemany(
            "INSERT INTO changes (id, fresh, quiet) VALUES (?, ?, ?)",
            [(id_, fresh, quiet) for id_, fresh in changed],
        )

    def after(self, seq: int, limit: int) -> list[Change]:
        """The next lines, oldest first."""
        rows = self._connection.execute(
            "SELECT seq, id, fresh, quiet FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        )
        return [Change(seq, id_, bool(fresh), bool(quiet)) for seq, id_, fresh, quiet in rows]

    @property
    def generation(self) -> int:
        """Number of this store; another one after a whole replay, whose lines begin anew."""
        return int(self._connection.execute("SELECT uid FROM generation").fetchone()[0])

    @property
    def first(self) -> int:
        """Number of the oldest line kept; of the next one when none is."""
        row = self._connection.execute("SELECT min(seq) FROM changes").fetchone()
        return int(row[0]) if row[0] is not None else self.last + 1

    @property
    def last(self) -> int:
        """Number of the newest line ever written, 0 when none was."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
        return int(row[0]) if row else 0

    def prune(self, seq: int) -> None:
        """Drop the lines up to this one."""
        self._connection.execute("DELETE FROM changes WHERE seq <= ?", (seq,))


class Noting:
    """An index that remembers what is put and deleted until it is asked to write it down."""

    def __init__(self, index: ArticleSink, log: ChangeLog, database: Database) -> None:
        self._index = index
        self._log = log
        self._connection = database.connection
        self._changed: dict[str, bool] = {}
        self.quiet = False
        """What is written down now is told to nobody."""

    def put(self, documents: Iterable[Stored | Document]) -> None:
        """See ArticleSink."""
        documents = list(documents)
        ids = [one.id for one in documents]
        known = self._known(ids)
        for id_ in ids:
            self._changed.setdefault(id_, id_ not in known)
        self._index.put(documents)

    def put_groupings(self, groupings: Iterable[Grouping]) -> None:
        """See ArticleSink."""
        groupings = list(groupings)
        for one in groupings:
            self._changed.setdefault(one.id, False)
        self._index.put_groupings(groupings)

    def put_stories(self, stories: Iterable[Story]) -> None:
        """See ArticleSink; how large a story is does not change its documents."""
        self._index.put_stories(stories)

    def delete_stories(self, ids: Iterable[str]) -> None:
        """See ArticleSink."""
        self._index.delete_stories(ids)

    def delete(self, ids: Iterable[str]) -> None:
        """See ArticleSink."""
        ids = list(ids)
        self._changed.update(dict.fromkeys(ids, False))
        self._index.delete(ids)

    def write_down(self) -> None:
        """Write what changed since the last time, in the transaction that is open."""
        self._log.write(self._changed.items(), quiet=self.quiet)
        self._changed.clear()

    def forget(self) -> None:
        """The transaction failed: nothing changed."""
        self._changed.clear()

    def _known(self, ids: Sequence[str]) -> set[str]:
        rows = self._connection.execute(
            "SELECT id FROM places WHERE docid IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
        return {id_ for (id_,) in rows}
