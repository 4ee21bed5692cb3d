"""ArticleIndex in the one SQLite file of an embedded instance, by FTS5.

sqlite_schema   the tables, and rows numbered by time
sqlite_tokens   what FTS5 is given
sqlite_plan     a query as SQL
sqlite_write    put and delete
sqlite_search   search, scan, get, find
sqlite_counts   facets, histogram, trends, pairs
sqlite_values   the facet values of all rows, kept by who looks
"""

from __future__ import annotations

from connectors.database import Database

from .sqlite_schema import SCHEMA
from .sqlite_search import SqliteSearch
from .sqlite_write import SqliteSink

__all__ = ["SCHEMA", "SqliteIndex"]


class SqliteIndex(SqliteSink, SqliteSearch):
    """Both sides over a shared Database opened with SCHEMA; a writer's for putting, any for reading."""

    def __init__(self, database: Database) -> None:
        SqliteSink.__init__(self, database)
        SqliteSearch.__init__(self, database.connection)
