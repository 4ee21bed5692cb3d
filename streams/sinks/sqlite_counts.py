"""Count what a query found: by value, by time, by value over time, by pairs of values. All by numpy.

A query is asked once; its rows are then counted over the values of all rows (sqlite_values). A small
result is counted from its own rows where nobody has read those yet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

import numpy as np

from . import Bucket, Counts
from .sqlite_plan import Plan
from .sqlite_schema import ID_BITS
from .sqlite_values import Ids, Ints, KeptValues, names_of

_FEW = 2000
_DAY = 86400


class SqliteCounts:
    """Counts over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._values = KeptValues(connection)

    def facets(self, rows: Ints, fields: Sequence[str]) -> Counts:
        """Number of these rows by facet and value."""
        ids = self._ids(rows)
        counts = np.bincount(ids) if len(ids) else np.zeros(0, dtype=np.int64)
        names = self._names()
        return {field: tuple(_most_first(names.get(field, {}), counts)) for field in fields}

    def trends(
        self, rows: Ints, fields: Sequence[str], bucket: Bucket
    ) -> Mapping[str, Mapping[str, Sequence[tuple[int, int]]]]:
        """Number of these rows by facet, value and the first second of their bucket, since the year 1."""
        places, ids = self._values.all().of(rows)
        starts, bars = np.unique(_floor(rows >> ID_BITS, bucket), return_inverse=True)
        moments = starts.tolist()
        found: dict[str, dict[str, list[tuple[int, int]]]] = {field: {} for field in fields}
        for field, own in found.items():
            names = self._names().get(field, {})
            chosen = _is_one_of(ids, names)
            for bar, id_, count in _pairs(bars[places[chosen]], ids[chosen].astype(np.int64)):
                own.setdefault(names[id_], []).append((moments[bar], count))
        return found

    def together(self, rows: Ints, field: str, other: str) -> list[tuple[str, str, int]]:
        """Number of these rows that have a value of one facet and a value of another."""
        places, ids = self._values.all().of(rows)
        left, right = (self._names().get(one, {}) for one in (field, other))
        first, second = (np.flatnonzero(_is_one_of(ids, names)) for names in (left, right))
        firsts = np.bincount(places[first], minlength=len(rows)) if len(first) else np.zeros(len(rows), int)
        # Values of a row stand together: each of `second` meets all of `first` of its row.
        times = firsts[places[second]]
        begins = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(firsts)])[places[second]]
        ends = np.cumsum(times)
        inside = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - times, times)
        met = ids[first][np.repeat(begins, times) + inside].astype(np.int64)
        pairs = _pairs(met, np.repeat(ids[second].astype(np.int64), times))
        named = [(left[a], right[b], count) for a, b, count in pairs]
        return sorted(named, key=lambda one: (-one[2], one[0], one[1]))

    def histogram(self, rows: Ints, bucket: Bucket) -> list[tuple[int, int]]:
        """Number of these rows by the first second of their bucket, since the year 1."""
        starts, counts = np.unique(_floor(rows >> ID_BITS, bucket), return_counts=True)
        return list(zip(starts.tolist(), counts.tolist(), strict=True))

    def number(self, plan: Plan) -> int:
        """How many rows the plan finds; all of a period are counted where they lie, not fetched."""
        if not plan.everything or self._values.kept() is not None:
            return len(self.rows(plan))
        every, values = plan.select("count(*)", copies=True)
        if plan.copies:
            return int(self.connection.execute(every, values).fetchone()[0])
        left = f"SELECT ({every}) - ({_COUNT_COPIES})"
        return int(self.connection.execute(left, (*values, plan.low, plan.high)).fetchone()[0])

    def rows(self, plan: Plan, *, counted: bool = False) -> Ints:
        """Every docid the plan finds, rising; copies are taken out here, which is cheaper than row by row.

        `counted`: the values of all rows will be asked for in any case when the plan asks for all.
        """
        values = self._values.all() if counted and plan.everything else self._values.kept()
        if plan.everything and values is not None:
            first, last = np.searchsorted(values.docids, [plan.low, plan.high + 1])
            found = values.docids[first:last]
        else:
            found = self._fetch(*plan.select("f.rowid", copies=True))
        if plan.copies or not len(found):
            return found
        copies = values.copies if values is not None else self._fetch(_COPIES, ())
        return found[~np.isin(found, copies)]

    def _fetch(self, sql: str, parameters: tuple[str | int, ...]) -> Ints:
        rows = self.connection.execute(sql, parameters).fetchall()
        return np.sort(np.fromiter((row for (row,) in rows), dtype=np.int64, count=len(rows)))

    def _ids(self, rows: Ints) -> Ids:
        """The facet values of these rows, one after the other."""
        values = self._values.kept()
        if values is None and len(rows) <= _FEW:
            read = self.connection.execute
            found = (
                read("SELECT facets FROM counted WHERE docid = ?", (row,)).fetchone() for row in rows.tolist()
            )
            return np.frombuffer(b"".join(one[0] for one in found if one), dtype=np.uint32)
        return (values or self._values.all()).of(rows)[1]

    def _names(self) -> Mapping[str, Mapping[int, str]]:
        """The values of each facet by their ids."""
        values = self._values.kept()
        return values.names if values is not None else names_of(self.connection)


def _most_first(names: Mapping[int, str], counts: Ints) -> list[tuple[str, int]]:
    own = [(value, int(counts[id_])) for id_, value in names.items() if id_ < len(counts) and counts[id_]]
    return sorted(own, key=lambda pair: (-pair[1], pair[0]))


_COPIES = "SELECT docid FROM places INDEXED BY copies WHERE copy AND docid IS NOT NULL"
_COUNT_COPIES = "SELECT count(*) FROM places INDEXED BY copies WHERE copy AND docid BETWEEN ? AND ?"


def _is_one_of(ids: Ids, names: Mapping[int, object]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    wanted = np.zeros(max(int(ids.max(initial=0)), *names, 0) + 1, dtype=np.bool_)
    wanted[list(names)] = True
    return wanted[ids]


def _pairs(left: Ints, right: Ints) -> list[tuple[int, int, int]]:
    """Each pair that stands side by side, and how often; rising."""
    base = int(right.max(initial=0)) + 1
    pairs, counts = np.unique(left * base + right, return_counts=True)
    return [
        (pair // base, pair % base, count)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True)
    ]


def _floor(seconds: Ints, bucket: Bucket) -> Ints:
    if bucket == "month":
        days = seconds // _DAY + np.datetime64("0001-01-01", "D").astype(np.int64)
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]")
        return (months.astype(np.int64) - np.datetime64("0001-01-01", "D").astype(np.int64)) * _DAY
    # 1 January of the year 1 was a Monday, so weeks need no shift.
    size = {"hour": 3600, "day": _DAY, "week": 7 * _DAY}[bucket]
    return seconds - seconds % size
