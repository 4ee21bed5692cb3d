"""Tables of the SQLite index, and the numbering of its rows.

    counted       docid -> facet values, small and quick to walk
    counted_writes  the last writes: the mark of the index after each, and the rows of `counted` it changed
    articles      docid -> the article as JSON
    places        article id -> docid, and where the story stage puts it
    stories       story id -> story
    articles_fts  docid -> tokens (nothing but the inverted index is kept)

The settings of FTS5 (a batch in one piece, merges of sixteen, larger pages) halve the cost of putting.
A docid is the second of publication (since the year 1) and 24 bits of the article's id: the order of rows
is the order of time, so a search newest first reads the index from its end and stops early, and a period
is a range of rows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.database import Schema

from ..core.index import Stored
from .order import second

SCHEMA = Schema(
    "articles",
    (
        """
        CREATE TABLE counted (
            docid INTEGER PRIMARY KEY, facets BLOB NOT NULL, has_text INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE articles (docid INTEGER PRIMARY KEY, document BLOB NOT NULL) STRICT;
        CREATE TABLE places (
            id TEXT PRIMARY KEY, docid INTEGER, story_id TEXT NOT NULL, role TEXT NOT NULL,
            copy INTEGER NOT NULL DEFAULT 0, grouping BLOB
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX places_docid ON places (docid);
        CREATE INDEX places_story ON places (story_id);
        CREATE INDEX copies ON places (docid) WHERE copy;
        CREATE TABLE stories (id TEXT PRIMARY KEY, story BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE facet_values (
            id INTEGER PRIMARY KEY, field TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (field, value)
        ) STRICT;
        CREATE TABLE articles_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE VIRTUAL TABLE articles_fts USING fts5 (
            title, summary, text, facets, content = '', tokenize = "ascii tokenchars '_'"
        );
        INSERT INTO articles_fts (articles_fts, rank) VALUES ('hashsize', 16777216);
        INSERT INTO articles_fts (articles_fts, rank) VALUES ('automerge', 16);
        INSERT INTO articles_fts (articles_fts, rank) VALUES ('pgsz', 8192);
        """,
        """
        CREATE TABLE counted_writes (
            n INTEGER PRIMARY KEY, mark TEXT NOT NULL,
            docids BLOB NOT NULL     -- eight bytes each
        ) STRICT;
        """,
    ),
)

ID_BITS = 24
_ID_DIGITS = ID_BITS // 4
_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
_LAST = second(datetime.max.replace(tzinfo=UTC))


def docid(document: Stored) -> int:
    """Row number an article asks for; the next free one is taken where two ask for the same."""
    return first_docid(second(document.when)) | id_bits(document.id)


def first_docid(at: int) -> int:
    """Lowest row number of a second."""
    return at << ID_BITS


def id_bits(article_id: str) -> int:
    """The beginning of an id as a number that sorts as the id does."""
    try:
        return int(article_id[:_ID_DIGITS].ljust(_ID_DIGITS, "0"), 16)
    except ValueError:  # ids not of our making
        return int.from_bytes(article_id.encode()[: ID_BITS // 8].ljust(ID_BITS // 8, b"\0"), "big")


def bounds(start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """First and last row number of a period, `end` exclusive."""
    low = first_docid(second(start)) if start else 0
    return low, first_docid(second(end) if end else _LAST + 1) - 1


def moment(seconds: int) -> datetime:
    """Turn seconds since the year 1 back into a time."""
    return _YEAR_ONE + timedelta(seconds=seconds)
