"""The facet values of all rows, as arrays: read once for each state of the index, for all who look at it.

The index carries a mark that changes with every write that could change a count (`remark`). What was read
under a mark holds for every connection that finds the same mark, so a server that opens one connection per
request reads values again only when something was written, and then only those of the rows written since
(`counted_writes`): 10 ms or so where all of 100,000 rows take 100.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
import threading
from array import array
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Ids = NDArray[np.uint32]

_STATES = 3
"""Kept at once: 10 bytes or so per value and row, for each."""
_WRITES = 500
"""Whose rows are remembered; who looks more seldom than that reads all."""
_MANY = 4
"""Where a fourth of all rows were written since, reading all is as quick."""


@dataclass(frozen=True, slots=True)
class Values:
    """Facet values of all rows, one row's after the other's."""

    docids: Ints
    """Rising."""
    starts: Ints
    """Where each row's values begin in `ids`; one more at the end."""
    ids: Ids
    """Of `facet_values`."""
    copies: Ints
    """Docids of near-duplicates."""
    names: Mapping[str, Mapping[int, str]]
    """The values of each facet by their ids."""

    def of(self, rows: Ints) -> tuple[Ints, Ids]:
        """The values of these rows: place of the row in `rows`, and value. Rows that are gone have none."""
        if not len(self.docids):
            return np.zeros(0, dtype=np.int64), self.ids
        places = np.minimum(np.searchsorted(self.docids, rows), len(self.docids) - 1)
        there = np.flatnonzero(self.docids[places] == rows)
        first = self.starts[places[there]]
        lengths = self.starts[places[there] + 1] - first
        ends = np.cumsum(lengths)
        inside = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
        return np.repeat(there, lengths), self.ids[np.repeat(first, lengths) + inside]

    def without(self, rows: Ints) -> Values:
        """These values, rows left out."""
        stay = ~np.isin(self.docids, rows)
        lengths = np.diff(self.starts)
        return replace(
            self,
            docids=self.docids[stay],
            starts=_starts(lengths[stay]),
            ids=self.ids[np.repeat(stay, lengths)],
        )

    def merged(self, new: Values) -> Values:
        """These values and those of other rows; copies and names are those of `new`."""
        places = np.searchsorted(self.docids, new.docids)
        lengths = np.diff(new.starts)
        return replace(
            new,
            docids=np.insert(self.docids, places, new.docids),
            starts=_starts(np.insert(np.diff(self.starts), places, lengths)),
            ids=np.insert(self.ids, np.repeat(self.starts[places], lengths), new.ids),
        )


def remark(connection: sqlite3.Connection, rows: Iterable[int]) -> None:
    """Give the index a new mark, in the transaction that is open; `rows` of `counted` changed."""
    mark = secrets.token_hex(16)
    connection.execute("INSERT OR REPLACE INTO articles_meta VALUES ('counted', ?)", (mark,))
    written = connection.execute(
        "INSERT INTO counted_writes (mark, docids) VALUES (?, ?)", (mark, array("q", rows).tobytes())
    )
    connection.execute("DELETE FROM counted_writes WHERE n <= ?", ((written.lastrowid or 0) - _WRITES,))


class KeptValues:
    """The values as one connection sees them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._own = object()

    def kept(self) -> Values | None:
        """Those of the index as it is now, if somebody has read them."""
        return _KEPT.get(self._mark())

    def all(self) -> Values:
        """The same, read where nobody has."""
        kept = self.kept()
        if kept is not None:
            return kept
        with _READING, _snapshot(self._connection):
            mark = self._mark()
            values = _KEPT.get(mark) or _renewed(self._connection) or _read(self._connection)
            _KEPT[mark] = values
            while len(_KEPT) > _STATES:
                _KEPT.popitem(last=False)
        return values

    def _mark(self) -> Hashable:
        found = self._connection.execute("SELECT value FROM articles_meta WHERE key = 'counted'").fetchone()
        if found is not None:
            return str(found[0])
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]  # written before marks were
        return self._own, version, self._connection.total_changes


_KEPT: OrderedDict[Hashable, Values] = OrderedDict()
_READING = threading.Lock()


def names_of(connection: sqlite3.Connection) -> Mapping[str, Mapping[int, str]]:
    """The values of each facet by their ids, as the index has them now."""
    names: dict[str, dict[int, str]] = {}
    for id_, field, value in connection.execute("SELECT id, field, value FROM facet_values"):
        names.setdefault(field, {})[id_] = value
    return names


@contextlib.contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """All reads inside see one state."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _renewed(connection: sqlite3.Connection) -> Values | None:
    """What somebody read before the last writes, with the rows written since; None where nobody did."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'counted_writes'").fetchone():
        return None  # a store that no writer of this version has opened yet
    since: list[bytes] = []
    for mark, docids in connection.execute("SELECT mark, docids FROM counted_writes ORDER BY n DESC"):
        if (values := _KEPT.get(mark)) is not None:
            written = np.unique(np.frombuffer(b"".join(since), dtype=np.int64))
            few = len(written) * _MANY <= len(values.docids)
            return values.without(written).merged(_read(connection, written)) if few else None
        since.append(docids)
    return None


def _read(connection: sqlite3.Connection, wanted: Ints | None = None) -> Values:
    """The values of these rows, or of all; copies and names are always those of all."""
    if wanted is None:
        rows = connection.execute("SELECT docid, facets FROM counted ORDER BY docid").fetchall()
    else:
        rows = connection.execute(
            "SELECT docid, facets FROM json_each(?) JOIN counted ON docid = value ORDER BY docid",
            (json.dumps(wanted.tolist()),),
        ).fetchall()
    docids, facets = zip(*rows, strict=True) if rows else ((), ())
    copies = connection.execute(
        "SELECT docid FROM places INDEXED BY copies WHERE copy AND docid IS NOT NULL ORDER BY docid"
    )
    return Values(
        names=names_of(connection),
        docids=np.array(docids, dtype=np.int64),
        starts=_starts(np.fromiter(map(len, facets), dtype=np.int64, count=len(rows)) // 4),
        ids=np.frombuffer(b"".join(facets), dtype=np.uint32),
        copies=np.array([row for (row,) in copies], dtype=np.int64),
    )


def _starts(lengths: Ints) -> Ints:
    """Where each begins when they stand one after the other, and where the last one ends."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
