"""Put articles, groupings and stories into the SQLite index, and take them out again.

FTS5 keeps no texts, so an article is taken out by giving it the tokens it was put in with; they are made
again from the stored article. Rows are written in rising order: FTS5 flushes its buffer whenever one goes
back.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec

from connectors.database import Database

from ..core.index import Stored, facets, strip
from ..core.records import Document, Grouping, Story
from .sqlite_schema import docid
from .sqlite_tokens import columns, fingerprint
from .sqlite_values import remark

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Stored).decode

_INSERT = "INSERT INTO articles_fts (rowid, title, summary, text, facets) VALUES (?, ?, ?, ?, ?)"
_DELETE = (
    "INSERT INTO articles_fts (articles_fts, rowid, title, summary, text, facets)"
    " VALUES ('delete', ?, ?, ?, ?, ?)"
)
_REBUILD_BATCH = 500

Columns = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """An article and the row it goes to; `old`: the row and article it replaces."""

    docid: int
    stored: Stored
    old: tuple[int, Stored] | None


class SqliteSink:
    """The writing side of the index; each call is one transaction, or part of the one already open."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connection
        self._current = False

    def put(self, documents: Iterable[Stored | Document]) -> None:
        """Insert or replace by id."""
        batch = {document.id: strip(document) for document in documents}
        with self.database.transaction():
            self._bring_up_to_date()
            rows = self._rows(batch)
            self._write(rows)
            moved = (row.old[0] for row in rows if row.old)
            remark(self.connection, chain((row.docid for row in rows), moved))

    def put_groupings(self, groupings: Iterable[Grouping]) -> None:
        """Say where articles belong."""
        rows = [
            (one.id, one.story_id, one.role, one.near_duplicate is not None, _encode(one))
            for one in groupings
        ]
        with self.database.transaction() as connection:
            connection.executemany(
                "INSERT INTO places (id, story_id, role, copy, grouping) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET story_id = excluded.story_id, role = excluded.role,"
                " copy = excluded.copy, grouping = excluded.grouping",
                rows,
            )
            remark(connection, ())

    def put_stories(self, stories: Iterable[Story]) -> None:
        """Insert or replace stories by id."""
        rows = [(story.id, _encode(story)) for story in stories]
        with self.database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO stories VALUES (?, ?)", rows)

    def delete_stories(self, ids: Iterable[str]) -> None:
        """Remove stories."""
        rows = [(id_,) for id_ in ids]
        with self.database.transaction() as connection:
            connection.executemany("DELETE FROM stories WHERE id = ?", rows)

    def delete(self, ids: Iterable[str]) -> None:
        """Remove articles and their groupings."""
        wanted = list(dict.fromkeys(ids))
        with self.database.transaction() as connection:
            self._bring_up_to_date()
            gone = sorted(self._present(wanted).values(), key=lambda old: old[0])
            connection.executemany(_DELETE, [(row, *columns(stored)) for row, stored in gone])
            self._forget([row for row, _ in gone])
            connection.executemany("DELETE FROM places WHERE id = ?", [(id_,) for id_ in wanted])
            remark(connection, (row for row, _ in gone))

    def _forget(self, docids: Iterable[int]) -> None:
        rows = [(row,) for row in docids]
        self.connection.executemany("DELETE FROM articles WHERE docid = ?", rows)
        self.connection.executemany("DELETE FROM counted WHERE docid = ?", rows)

    def _present(self, ids: Sequence[str]) -> dict[str, tuple[int, Stored]]:
        """Row and article of those ids that are in the index."""
        found = self.connection.execute(
            "SELECT p.id, a.docid, a.document FROM json_each(?) j JOIN places p ON p.id = j.value"
            " JOIN articles a ON a.docid = p.docid",
            (json.dumps(ids),),
        )
        return {id_: (row, _decode(document)) for id_, row, document in found}

    def _rows(self, batch: dict[str, Stored]) -> list[_Row]:
        present = self._present(list(batch))
        asked = {id_: docid(stored) for id_, stored in batch.items()}
        taken = self._taken(asked.values())
        rows = []
        for id_ in sorted(batch):
            old = present.get(id_)
            if old and old[1].when.replace(microsecond=0) == batch[id_].when.replace(microsecond=0):
                row = old[0]
            else:
                row = self._free(asked[id_], taken)
            taken.add(row)
            rows.append(_Row(row, batch[id_], old))
        return sorted(rows, key=lambda row: row.docid)

    def _taken(self, docids: Iterable[int]) -> set[int]:
        found = self.connection.execute(
            "SELECT docid FROM counted WHERE docid IN (SELECT value FROM json_each(?))",
            (json.dumps(list(docids)),),
        )
        return {row for (row,) in found}

    def _free(self, row: int, taken: set[int]) -> int:
        """The first free row from `row` on; two ids of one second share 24 bits once in 16 million."""
        while (
            row in taken
            or self.connection.execute("SELECT 1 FROM counted WHERE docid = ?", (row,)).fetchone()
        ):
            taken.add(row)
            row += 1
        return row

    def _write(self, rows: list[_Row]) -> None:
        self._write_tokens(rows)
        self._forget(row.old[0] for row in rows if row.old and row.old[0] != row.docid)
        execute = self.connection.executemany
        execute(
            "INSERT OR REPLACE INTO articles VALUES (?, ?)",
            [(row.docid, _encode(row.stored)) for row in rows],
        )
        self._write_facets(rows)
        execute(
            "INSERT INTO places (id, docid, story_id, role) VALUES (?, ?, ?, 'lead')"
            " ON CONFLICT (id) DO UPDATE SET docid = excluded.docid",
            [(row.stored.id, row.docid, row.stored.id) for row in rows],
        )

    def _write_tokens(self, rows: list[_Row]) -> None:
        steps: list[tuple[int, int, Columns]] = []
        for row in rows:
            new = columns(row.stored)
            old = columns(row.old[1]) if row.old else None
            if row.old and old and (row.docid, new) != (row.old[0], old):
                steps.append((row.old[0], 0, old))
            if row.old is None or (row.docid, new) != (row.old[0], old):
                steps.append((row.docid, 1, new))
        steps.sort(key=lambda step: step[:2])
        execute = self.connection.execute
        for at, inserting, texts in steps:
            execute(_INSERT if inserting else _DELETE, (at, *texts))

    def _write_facets(self, rows: list[_Row]) -> None:
        pairs = [tuple(dict.fromkeys(facets(row.stored))) for row in rows]
        ids = self._value_ids(pairs)
        self.connection.executemany(
            "INSERT OR REPLACE INTO counted VALUES (?, ?, ?)",
            [
                (row.docid, array("I", [ids[pair] for pair in own]).tobytes(), bool(row.stored.text))
                for row, own in zip(rows, pairs, strict=True)
            ],
        )

    def _value_ids(self, pairs: Iterable[tuple[tuple[str, str], ...]]) -> dict[tuple[str, str], int]:
        distinct = sorted({pair for own in pairs for pair in own})
        self.connection.executemany(
            "INSERT OR IGNORE INTO facet_values (field, value) VALUES (?, ?)", distinct
        )
        read = "SELECT id FROM facet_values WHERE field = ? AND value = ?"
        return {pair: self.connection.execute(read, pair).fetchone()[0] for pair in distinct}

    def _bring_up_to_date(self) -> None:
        """Build the inverted index anew when its tokens were cut by other rules than today's."""
        if self._current:
            return
        wanted = fingerprint()
        have = self.connection.execute("SELECT value FROM articles_meta WHERE key = 'tokens'").fetchone()
        if have is None or have[0] != wanted:
            if have is not None:
                self._rebuild()
            self.connection.execute("INSERT OR REPLACE INTO articles_meta VALUES ('tokens', ?)", (wanted,))
        self._current = have is not None and have[0] == wanted

    def _rebuild(self) -> None:
        self.connection.execute("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')")
        last = -1
        while found := self.connection.execute(
            "SELECT docid, document FROM articles WHERE docid > ? ORDER BY docid LIMIT ?",
            (last, _REBUILD_BATCH),
        ).fetchall():
            self.connection.executemany(_INSERT, [(row, *columns(_decode(text))) for row, text in found])
            last = found[-1][0]
