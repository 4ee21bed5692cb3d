"""The order all engines share: second of publication, then id; and the cursor of a page in it."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.errors import UserError

from ..core.index import Stored
from ..core.records import Document

_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)


def second(moment: datetime) -> int:
    """Whole seconds since the year 1, UTC."""
    since = moment - _YEAR_ONE
    return since.days * 86400 + since.seconds


def place(document: Stored | Document) -> tuple[int, str]:
    """Where a document stands, oldest first."""
    return second(document.when), document.id


def cursor(document: Document) -> str:
    """Name a document's place so that the next page can begin after it."""
    at, id_ = place(document)
    return f"{at}-{id_}"


def read_cursor(text: str) -> tuple[int, str]:
    """Read a cursor back. Raises UserError."""
    at, dash, id_ = text.partition("-")
    if not (dash and at.isdecimal() and len(at) <= 12):
        raise UserError(f"`{text}` is no place in a search; take `next` of the page before.")
    return int(at), id_
