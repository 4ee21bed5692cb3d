"""Write documents for other programs: JSON Lines, CSV, Parquet. The order is the caller's and stable.

In CSV and Parquet a document is one row: nested fields get a column each (`source_host`), lists of names
are joined by `; `, and labels and flags are kept whole as JSON besides. A CSV cell that a spreadsheet would
take for a formula (beginning with = + - @, a tab, a carriage return or NUL) gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, Literal, Protocol

import msgspec

from connectors.errors import UserError

from .core.query import LABEL_FACETS
from .core.records import Document

FORMATS = ("jsonl", "csv", "parquet")
_BATCH = 1000
_PIECE = 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")
_SIGHTING = ("id", "url", "outcome", "of", "similarity", "story_id")

_encode = msgspec.json.Encoder().encode
Row = Mapping[str, Any]


class Sightings(Protocol):
    """Where the log tells what became of each item that came in."""

    def sightings(self) -> Iterator[dict[str, Any]]:
        """One record per item in the order of the log, with `id`, `url`, `outcome`, `of`, `similarity`
        and `document`, the id of the document it belongs to now."""


def write_documents(documents: Iterable[Document], format_: str, file: BinaryIO) -> None:
    """Write documents to a binary file in one of FORMATS. Raises UserError when a library is missing."""
    if format_ == "jsonl":
        _write_lines(documents, file)
    else:
        _write_table(map(flatten, documents), COLUMNS, format_, file)


def write_sightings(
    sightings: Iterable[Row], story_ids: Mapping[str, str], format_: str, file: BinaryIO
) -> None:
    """Write one row per item that came in: its article, what became of it, and its story now."""
    rows = (
        {name: one[name] for name in _SIGHTING[:-1]} | {"story_id": story_ids.get(one["document"])}
        for one in sightings
    )
    if format_ == "jsonl":
        _write_lines(rows, file)
    else:
        _write_table(rows, _SIGHTING, format_, file)


def in_pieces(documents: Iterable[Document], format_: Literal["jsonl", "csv"]) -> Iterator[bytes]:
    """The same bytes as `write_documents` writes, piece by piece as they are asked for."""
    remaining = iter(documents)
    header = True
    while batch := list(islice(remaining, _PIECE)):
        file = io.BytesIO()
        if format_ == "jsonl":
            _write_lines(batch, file)
        else:
            _write_csv(map(flatten, batch), COLUMNS, file, header=header)
        header = False
        yield file.getvalue()
    if header and format_ == "csv":
        file = io.BytesIO()
        _write_csv((), COLUMNS, file)
        yield file.getvalue()


def _write_lines(rows: Iterable[object], file: BinaryIO) -> None:
    file.writelines(_encode(row) + b"\n" for row in rows)


def _write_table(rows: Iterable[Row], columns: tuple[str, ...], format_: str, file: BinaryIO) -> None:
    if format_ == "csv":
        _write_csv(rows, columns, file)
    else:
        _write_parquet(rows, columns, file)


_DATES = ("published", "updated", "first_seen")
_WHOLE_NUMBERS = ("revision", "story_size", "sightings")
_NUMBERS = ("dedup_similarity", "relevance_score", "similarity")


def flatten(document: Document) -> Row:
    """One row of a table, with every field of the document but the evidence of relevance."""
    source, dedup, story = document.source, document.dedup, document.story
    labels = {
        facet: "; ".join(label.id for label in document.labels if label.facet == facet)
        for facet in LABEL_FACETS
    }
    return {
        "id": document.id,
        "url": document.url,
        "canonical_url": document.canonical_url,
        "feed_url": document.feed_url,
        **{
            f"source_{name}": getattr(source, name)
            for name in ("name", "host", "country", "kind", "perspective")
        },
        "title": document.title,
        "summary": document.summary,
        "text": document.text,
        "authors": "; ".join(document.authors),
        "categories": "; ".join(document.categories),
        "language": document.language,
        "published": document.published,
        "updated": document.updated,
        "first_seen": document.first_seen,
        "revision": document.revision,
        "content_hash": document.content_hash,
        **{f"dedup_{name}": getattr(dedup, name) for name in ("outcome", "of", "similarity", "reason")},
        "story_id": document.story_id,
        **{f"story_{name}": getattr(story, name) for name in ("lead", "size", "role", "reason")},
        "story_sources": "; ".join(story.sources),
        "relevance": document.relevance,
        "relevance_score": document.relevance_score,
        **labels,
        "labels": _encode(document.labels).decode(),
        "watchlists": "; ".join(document.watchlists),
        "flags": _encode(document.flags).decode(),
        "sightings": document.sightings,
        "vocabulary_version": document.vocabulary_version,
        "pipeline_version": document.pipeline_version,
    }


COLUMNS = (
    *(
        "id",
        "url",
        "canonical_url",
        "feed_url",
        "source_name",
        "source_host",
        "source_country",
        "source_kind",
    ),
    *("source_perspective", "title", "summary", "text", "authors", "categories", "language", *_DATES),
    *("revision", "content_hash", "dedup_outcome", "dedup_of", "dedup_similarity", "dedup_reason"),
    *("story_id", "story_lead", "story_size", "story_role", "story_reason", "story_sources"),
    *("relevance", "relevance_score", *LABEL_FACETS, "labels", "watchlists", "flags", "sightings"),
    *("vocabulary_version", "pipeline_version"),
)


def _write_csv(rows: Iterable[Row], columns: tuple[str, ...], file: BinaryIO, *, header: bool = True) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    writer = csv.writer(text)
    if header:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row[column]) for column in columns])
    text.flush()
    text.detach()


def cell(value: object) -> object:
    """What a cell of CSV is to hold: nothing that a spreadsheet would take for a formula."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return value


def _write_parquet(rows: Iterable[Row], columns: tuple[str, ...], file: BinaryIO) -> None:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as cause:
        raise UserError("Parquet needs one library more: pip install 'biowire[parquet]'.") from cause
    schema = pa.schema([(column, _arrow(pa, column)) for column in columns])
    remaining = iter(rows)
    with parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(remaining, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


def _arrow(pa: Any, column: str) -> Any:
    if column in _DATES:
        return pa.timestamp("us", tz="UTC")
    if column in _WHOLE_NUMBERS:
        return pa.int64()
    return pa.float64() if column in _NUMBERS else pa.string()
