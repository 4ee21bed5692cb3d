"""Count what a query finds by value and by time, exactly, however many values and shards there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from .. import Bars, Bucket, Counts
from .asking import Asking

_VALUES = 1000
"""Values of a facet counted at once; more are counted in pages."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def by_facet(asking: Asking, query: Mapping[str, Any], fields: Sequence[str]) -> Counts:
    """Number of documents by facet and value."""
    if not fields:
        return {}
    found = asking.search(query=query, size=0, track_total_hits=False, aggs=facet_aggs(fields))
    return facet_counts(asking, query, fields, found["aggregations"])


def facet_aggs(fields: Sequence[str]) -> dict[str, Any]:
    """What to add to a search for counts by facet."""
    return {field: {"terms": {"field": f"facets.{field}", "size": _VALUES}} for field in fields}


def facet_counts(
    asking: Asking, query: Mapping[str, Any], fields: Sequence[str], found: Mapping[str, Any]
) -> Counts:
    """The counts in an answer; facets with more values than were asked for are counted again, whole."""
    return {field: _sorted(_pairs(asking, query, field, found[field])) for field in fields}


def _pairs(
    asking: Asking, query: Mapping[str, Any], field: str, found: Mapping[str, Any]
) -> list[tuple[str, int]]:
    if found["sum_other_doc_count"] or found["doc_count_error_upper_bound"]:
        return list(asking.buckets(query, _values(field)))
    return [(bucket["key"], bucket["doc_count"]) for bucket in found["buckets"]]


def _sorted(pairs: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def by_time(asking: Asking, query: Mapping[str, Any], bucket: Bucket) -> Bars:
    """Number of documents by the first moment of their hour, day, week or month, UTC, rising."""
    return tuple((_moment(at), count) for at, count in asking.buckets(query, _time(bucket)))


def by_value_and_time(
    asking: Asking, query: Mapping[str, Any], field: str, bucket: Bucket
) -> dict[str, Bars]:
    """The same by value of a facet."""
    found: dict[str, list[tuple[datetime, int]]] = {}
    for (value, at), count in asking.crossed(query, _values(field), _time(bucket)):
        found.setdefault(value, []).append((_moment(at), count))
    return {value: tuple(bars) for value, bars in found.items()}


def by_pair(
    asking: Asking, query: Mapping[str, Any], field: str, other: str
) -> tuple[tuple[str, str, int], ...]:
    """Number of documents that have a value of one facet and a value of another, most frequent first."""
    found = [(*pair, count) for pair, count in asking.crossed(query, _values(field), _values(other))]
    return tuple(sorted(found, key=lambda one: (-one[2], one[0], one[1])))


def _values(field: str) -> dict[str, Any]:
    return {"terms": {"field": f"facets.{field}"}}


def _time(bucket: Bucket) -> dict[str, Any]:
    return {"date_histogram": {"field": "when", "calendar_interval": bucket}}


def _moment(at: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at)
