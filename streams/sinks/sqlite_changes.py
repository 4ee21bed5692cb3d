"""Which documents changed, in order: what stages after the index read on from, each from where it was.

    sink ─► Noting ─► index
              ├─► changes    one line for each document of a batch, in the batch's own transaction
              └─► arrivals   the same, with what changed: kept (see sqlite_arrivals)

What retention does is no change: it goes to the index itself. Lines that the reader is past are pruned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from connectors.database import Database, Schema

from ..core.index import Stored, strip
from ..core.records import Document, Grouping, Story
from . import ArticleSink
from .sqlite_arrivals import ArrivalLog, Note

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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_stored = msgspec.json.Decoder(Stored).decode


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
        self._arrivals = ArrivalLog(database)
        self._connection = database.connection
        self._notes: dict[str, Note] = {}
        self._fresh: set[str] = set()
        self._step = 0
        self.at = _EPOCH
        """When what is written down now came in."""
        self.quiet = False
        """What is written down now is told to nobody."""

    def put(self, documents: Iterable[Stored | Document]) -> None:
        """See ArticleSink."""
        batch = [strip(one) for one in documents]
        known = self._known([one.id for one in batch])
        for one in batch:
            note, old = self._note(one.id), known.get(one.id)
            if note.when is None and not note.gone:  # not put or deleted since the last time
                if old is None:
                    self._fresh.add(one.id)
                elif not self.quiet and _words(old) != _words(one):
                    note.before = old
            note.when, note.first_seen, note.gone = one.when, one.first_seen, False
        self._index.put(batch)

    def put_groupings(self, groupings: Iterable[Grouping]) -> None:
        """See ArticleSink."""
        groupings = list(groupings)
        for one in groupings:
            self._note(one.id).grouping = one
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
        known = self._known(ids)
        for id_ in ids:
            note = self._note(id_)
            note.gone, note.before = True, note.before or known.get(id_)
        self._fresh.difference_update(ids)
        self._index.delete(ids)

    def begin(self) -> None:
        """What is written down from now on came in at once."""
        self._step = self._arrivals.next_step()

    def write_down(self) -> None:
        """Write what changed since the last time, in the transaction that is open."""
        self._log.write(((id_, id_ in self._fresh) for id_ in self._notes), quiet=self.quiet)
        self._arrivals.write(self._step, self.at, self._notes)
        self.forget()

    def forget(self) -> None:
        """The transaction failed: nothing changed."""
        self._notes.clear()
        self._fresh.clear()

    def _note(self, id_: str) -> Note:
        return self._notes.setdefault(id_, Note())

    def _known(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        """Those of the documents that the index has, as it has them."""
        rows = self._connection.execute(
            "SELECT p.id, a.document FROM places p JOIN articles a ON a.docid = p.docid"
            " WHERE p.id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
        return {id_: _stored(document) for id_, document in rows}


def _words(stored: Stored) -> Stored:
    """A document without what neither queries nor alerts ask for."""
    return replace(
        stored, sightings=0, revision=0, vocabulary_version="", pipeline_version="", categories=(), authors=()
    )
