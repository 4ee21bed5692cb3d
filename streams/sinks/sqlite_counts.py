"""Count facet values of the rows a query found: by numpy, over the values of all rows held in memory.

The values are read again when the file has changed since; a small result is counted from its own rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import Bucket, Counts
from .sqlite_plan import Plan
from .sqlite_schema import ID_BITS

_FEW = 2000
_DAY = 86400
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Values:
    """Facet values of all rows, one row's after the other's; `lengths` says how many each has."""

    stamp: tuple[int, int]
    docids: _Ints
    lengths: _Ints
    ids: NDArray[np.uint32]


class SqliteCounts:
    """Counts over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._values: _Values | None = None

    def facets(self, plan: Plan, fields: Sequence[str]) -> Counts:
        """Number of documents by facet and value."""
        ids = self._ids(self.rows(plan))
        counts = np.bincount(ids) if len(ids) else np.zeros(0, dtype=np.int64)
        found: dict[str, list[tuple[str, int]]] = {field: [] for field in fields}
        for id_, field, value in self.connection.execute("SELECT id, field, value FROM facet_values"):
            if field in found and id_ < len(counts) and counts[id_]:
                found[field].append((value, int(counts[id_])))
        return {
            field: tuple(sorted(own, key=lambda pair: (-pair[1], pair[0]))) for field, own in found.items()
        }

    def rows(self, plan: Plan) -> _Ints:
        """Every docid the plan finds; copies are taken out here, which is cheaper than row by row."""
        found = self._fetch(*plan.select("f.rowid", copies=True))
        if plan.copies or not len(found):
            return found
        copies = self._fetch(
            "SELECT docid FROM places INDEXED BY copies WHERE copy AND docid IS NOT NULL", ()
        )
        return found[~np.isin(found, copies)]

    def _fetch(self, sql: str, parameters: tuple[str | int, ...]) -> _Ints:
        rows = self.connection.execute(sql, parameters).fetchall()
        return np.fromiter((row for (row,) in rows), dtype=np.int64, count=len(rows))

    def _ids(self, rows: _Ints) -> NDArray[np.uint32]:
        """The facet values of these rows, one after the other."""
        if len(rows) <= _FEW:
            read = self.connection.execute
            found = (
                read("SELECT facets FROM counted WHERE docid = ?", (row,)).fetchone() for row in rows.tolist()
            )
            return np.frombuffer(b"".join(one[0] for one in found if one), dtype=np.uint32)
        values = self._all()
        wanted = np.isin(values.docids, rows, assume_unique=True)
        return values.ids[np.repeat(wanted, values.lengths)]

    def _all(self) -> _Values:
        stamp = self._stamp()
        if self._values is None or self._values.stamp != stamp:
            rows = self.connection.execute("SELECT docid, facets FROM counted ORDER BY docid").fetchall()
            self._values = _Values(
                stamp=stamp,
                docids=np.fromiter((row for row, _ in rows), dtype=np.int64, count=len(rows)),
                lengths=np.fromiter((len(ids) // 4 for _, ids in rows), dtype=np.int64, count=len(rows)),
                ids=np.frombuffer(b"".join(ids for _, ids in rows), dtype=np.uint32),
            )
        return self._values

    def _stamp(self) -> tuple[int, int]:
        """Changes with every write, of this connection or another."""
        return (
            self.connection.execute("PRAGMA data_version").fetchone()[0],
            self.connection.total_changes,
        )

    def histogram(self, plan: Plan, bucket: Bucket) -> list[tuple[int, int]]:
        """Number of documents by the first second of their bucket, since the year 1."""
        seconds = self.rows(plan) >> ID_BITS
        starts, counts = np.unique(_floor(seconds, bucket), return_counts=True)
        return list(zip(starts.tolist(), counts.tolist(), strict=True))


def _floor(seconds: _Ints, bucket: Bucket) -> _Ints:
    if bucket == "month":
        days = seconds // _DAY + np.datetime64("0001-01-01", "D").astype(np.int64)
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]")
        return (months.astype(np.int64) - np.datetime64("0001-01-01", "D").astype(np.int64)) * _DAY
    # 1 January of the year 1 was a Monday, so weeks need no shift.
    size = {"hour": 3600, "day": _DAY, "week": 7 * _DAY}[bucket]
    return seconds - seconds % size
