"""How answers are written: the records' own JSON, as the commands print it, and one shape for errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from connectors.errors import BiowireError, NotYet, StoreError, TransientError, UserError
from streams.core.alerts.editing import ChangedMeanwhile
from streams.core.alerts.subscription_toml import SubscriptionFileError
from streams.core.query import QuerySyntaxError
from streams.explain import NeverReceived

from .wall import internal

_encode = msgspec.json.Encoder().encode


class Problem(BaseModel):
    """What every answer of 400 and above says."""

    error: str
    """One sentence: what is wrong, and what to do."""
    position: int | None = None
    """Of a query that cannot be read: the character, from 0, where it goes wrong."""


class Missing(UserError):  # noqa: N818 - these read as what they say
    """There is no such thing: 404."""


class Conflict(UserError):  # noqa: N818
    """It cannot be done as things stand: 409."""


class Busy(UserError):  # noqa: N818
    """Too much of this is going on already: 429."""


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": what}
    for status, what in {
        400: "It cannot be understood.",
        401: "A token is needed, or the one given is not known.",
        403: "The token may only read, or another site's page asks.",
        404: "There is no such thing.",
        409: "It cannot be done as things stand.",
        413: "The body is too long.",
        421: "This server does not answer to that name.",
        429: "Too much of this is going on already.",
        503: "The store or a server behind it cannot be had, or takes too long.",
    }.items()
}
"""For the description of every operation."""


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON of a record."""
    return Response(_encode(value), status, headers, media_type="application/json")


def problem(status: int, sentence: str, position: int | None = None) -> Response:
    """An error."""
    place = {} if position is None else {"position": position}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return answer({"error": " ".join(sentence.split()), **place}, status, headers)


_STATUS: dict[type[BiowireError], int] = {
    Missing: 404,
    NeverReceived: 404,
    Conflict: 409,
    ChangedMeanwhile: 409,
    Busy: 429,
    NotYet: 503,
    StoreError: 503,
    SubscriptionFileError: 409,
    UserError: 400,
    TransientError: 503,
}
"""The first that fits."""


def status_of(error: BiowireError) -> int:
    """The HTTP status that an error of ours is told with."""
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 502)


def handle(app: FastAPI) -> None:
    """Turn whatever goes wrong into a sentence."""

    @app.exception_handler(BiowireError)
    async def foreseen(_: Request, error: BiowireError) -> Response:
        if isinstance(error, QuerySyntaxError):
            return problem(400, str(error), error.position)
        return problem(status_of(error), str(error))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        sentence = _PLAIN.get(error.status_code, str(error.detail))
        answered = problem(error.status_code, sentence)
        answered.headers.update(error.headers or {})
        return answered

    @app.exception_handler(RequestValidationError)
    async def misunderstood(_: Request, error: RequestValidationError) -> Response:
        return problem(400, _first(error))

    @app.exception_handler(sqlite3.Error)
    async def store_away(_: Request, error: sqlite3.Error) -> Response:
        if "interrupted" in str(error):
            return problem(503, "This takes too long; ask for a shorter period, or fewer words with `*`.")
        return problem(503, f"The store cannot be read just now ({error}); try again.")

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> Response:
        return problem(500, internal(error))


_PLAIN = {
    404: "There is nothing at this address; /api/v1/openapi.json describes what there is.",
    405: "This cannot be done here; /api/v1/openapi.json describes what can.",
}
"""In place of the framework's own words."""


def _first(error: RequestValidationError) -> str:
    """The first thing that is wrong, with where it stands."""
    found = error.errors()[0]
    if found["type"] == "json_invalid":
        return f"The body is no JSON: {found['ctx']['error']} at character {found['loc'][-1]}."
    where = ".".join(str(part) for part in found["loc"][1:])
    if found["type"] == "extra_forbidden":
        return f"There is no field `{where[:100]}` here."
    if found["type"] == "string_pattern_mismatch":
        return f"`{where}` has to be of the form {found['ctx']['pattern']} (a regular expression)."
    said = str(found["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"`{where}`: {said}." if where else f"{said}."
