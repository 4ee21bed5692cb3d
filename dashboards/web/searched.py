"""What the address of a search asks for: the same for the page, its files and its feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from connectors.errors import UserError
from dashboards.api.asked import period
from streams.core.query import Query
from streams.core.query_parse import parse
from streams.sinks import Sort

LONGEST_PERIOD = 40
"""Characters of `since` and `until`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search as it was asked, and as it is meant."""

    text: str
    query: Query
    since: str
    until: str
    first: datetime | None
    last: datetime | None
    """Exclusive."""
    sort: Sort
    copies: bool
    after: str

    @property
    def range(self) -> dict[str, Any]:
        """What every question to the index takes."""
        return {"since": self.first, "until": self.last, "copies": self.copies}

    def address(self, path: str = "/search", **changes: str) -> str:
        """Where this search is, with some of it changed, from its first page on."""
        parts = {
            "q": self.text,
            "since": self.since,
            "until": self.until,
            "sort": "" if self.sort == "new" else self.sort,
            "copies": "1" if self.copies else "",
        }
        asked = {name: value for name, value in (parts | changes).items() if value}
        return f"{path}?{urlencode(asked)}" if asked else path


def asked(parameters: Mapping[str, str]) -> Asked:
    """Read an address. Raises QuerySyntaxError, and UserError for a period or order that cannot be read."""
    text = parameters.get("q", "").strip()
    query = parse(text)
    since, until = (parameters.get(name, "").strip() for name in ("since", "until"))
    for given in (since, until):
        if len(given) > LONGEST_PERIOD:
            raise UserError(
                f"`{given[:LONGEST_PERIOD]}…` is no date; write 2023-08-01, or 7d for a week ago."
            )
    first, last = period(since or None, until or None)
    if first and last and first >= last:
        raise UserError(f"The period ends ({until}) before it begins ({since}).")
    sort = parameters.get("sort") or "new"
    if sort not in ("new", "relevance"):
        raise UserError(f"`{sort[:40]}` is no order; there are new and relevance.")
    return Asked(
        text=text,
        query=query,
        since=since,
        until=until,
        first=first,
        last=last,
        sort="relevance" if sort == "relevance" else "new",
        copies=parameters.get("copies", "") not in {"", "0", "false"},
        after=parameters.get("after", ""),
    )
