"""What requests ask for, read: periods, queries, and the ports that resources share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request

from connectors.errors import UserError
from streams.core.query import MAX_BYTES
from streams.core.query_dates import read_since, read_until

from .access import Principal, Refusal
from .answers import Missing
from .opening import Opening


def _opening(request: Request) -> Opening:
    ports: Opening = request.app.state.opening
    return ports


def _by(request: Request) -> str:
    """Name of who asks, for histories. The wall has let nobody through here who may not write."""
    principal: Principal | None = request.state.principal
    return principal.name if principal else "api"


def operation_id(endpoint: Callable[..., object]) -> str:
    """The name of an operation in the description, such as `documents_search`."""
    return f"{endpoint.__module__.rpartition('.')[2]}_{endpoint.__name__}"


@functools.cache
def _query_parameters(app: FastAPI) -> dict[str, list[str]]:
    return {
        operation["operationId"]: [
            one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"
        ]
        for operations in app.openapi()["paths"].values()
        for operation in operations.values()
    }


def known_parameters(request: Request) -> None:
    """Refuse a parameter that the operation does not have: a slip of the pen must not widen a search."""
    known = _query_parameters(request.app)[operation_id(request.scope["endpoint"])]
    for name in request.query_params:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise UserError(f"There is no parameter `{name[:50]}` here; {takes}.")


def _writer(request: Request) -> Principal:
    """Who may write; for what only looks, but at secrets."""
    principal: Principal | None = request.state.principal
    if principal is None or principal.scope != "write":
        raise Refusal(
            401 if principal is None else 403, "This shows secrets: it needs a token that may write."
        )
    return principal


Ports = Annotated[Opening, Depends(_opening)]
By = Annotated[str, Depends(_by)]
Writer = Annotated[Principal, Depends(_writer)]

Asked = Annotated[
    str,
    Query(
        description="In the query language (docs/query.md); `*` or nothing: everything.", max_length=MAX_BYTES
    ),
]
Moment = Annotated[
    str | None,
    Query(
        description="A date (2023-08-01), a moment (2023-08-01T10:00Z), or how long ago (7d, 24h).",
        max_length=40,
    ),
]
Copies = Annotated[bool, Query(description="Also find near-duplicates of other articles.")]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many on a page.")]


def period(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """First moment, and the first one after it; both days given are included. Raises UserError."""
    now = datetime.now(UTC)
    try:
        return (
            read_since(since, now) if since else None,
            read_until(until, now) if until else None,
        )
    except ValueError as wrong:
        raise UserError(str(wrong)) from wrong


def no_article(which: str) -> Missing:
    """There is none of that id or address."""
    return Missing(f"There is no article {which} in the index; a search finds ids and URLs.")
