"""Addresses that stand in messages for good, and lead to where their answer is today.

`streams/core/alerts/addresses.py` makes them. Mails are kept for years: an address in one must not depend on
how the API is laid out, nor on whether a page is there to show its answer.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse

API = "/api/v1"

router = APIRouter(tags=["outside"], include_in_schema=False)

_Id = Annotated[str, Path(pattern=r"^[a-z0-9-]+$", max_length=64)]
_Words = Annotated[str, Query(max_length=20_000)]


@router.get("/documents/{id}/explain")
def explain(request: Request, id: _Id) -> RedirectResponse:  # noqa: A002 - the name in the address
    """Lead to the trace of a document."""
    return _to(request, f"documents/{id}/explain")


@router.get("/subscriptions/{id}")
def subscription(request: Request, id: _Id) -> RedirectResponse:  # noqa: A002
    """Lead to a subscription."""
    return _to(request, f"subscriptions/{id}")


@router.get("/search")
def search(request: Request, q: _Words, since: _Words = "", until: _Words = "") -> RedirectResponse:
    """Lead to what a query finds."""
    asked = {name: value for name, value in (("query", q), ("since", since), ("until", until)) if value}
    return _to(request, "documents", **asked)


def _to(request: Request, path: str, **query: str) -> RedirectResponse:
    """Within this host, whatever it is called from outside."""
    there = URL(f"{request.scope.get('root_path', '')}{API}/{path}").include_query_params(**query)
    return RedirectResponse(str(there), status_code=307)
