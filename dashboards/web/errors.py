"""What goes wrong, as a page that says it in one sentence. The sentences are those of the API."""

from __future__ import annotations

import sqlite3
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connectors.errors import BiowireError
from dashboards.api.answers import status_of
from dashboards.api.wall import internal

from .visit import HEADERS


def _page(request: Request, status: int, sentence: str) -> Response:
    body = request.app.state.rendering.render("error.html", status=status, sentence=sentence)
    return HTMLResponse(body, status, headers=HEADERS)


async def foreseen(request: Request, error: BiowireError) -> Response:
    """What a person can mend, or has to wait for."""
    return _page(request, status_of(error), " ".join(str(error).split()))


async def refused(request: Request, error: HTTPException) -> Response:
    """What HTTP has a word for."""
    sentence = _PLAIN.get(error.status_code, str(error.detail))
    answered = _page(request, error.status_code, sentence)
    answered.headers.update(error.headers or {})
    return answered


async def store_away(request: Request, error: sqlite3.Error) -> Response:
    """The store took too long, or cannot be read."""
    if "interrupted" in str(error):
        return _page(request, 503, "This takes too long; ask for a shorter period, or fewer words with `*`.")
    return _page(request, 503, f"The store cannot be read just now ({error}); try again.")


async def unforeseen(request: Request, error: BiowireError) -> Response:
    """A fault of ours, which the wall logs."""
    return _page(request, 500, internal(error))


_PLAIN = {
    404: "There is nothing at this address.",
    405: "This cannot be done here.",
}

HANDLERS: dict[Any, Any] = {
    BiowireError: foreseen,
    HTTPException: refused,
    sqlite3.Error: store_away,
    Exception: unforeseen,
}
