"""The application: the wall around it, resources in it, its description."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator, Callable
from importlib import metadata
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.console import Context

from . import (
    alerts,
    backtests,
    documents,
    feeds,
    feeds_out,
    status,
    stories,
    subscriptions,
    unsubscribe,
)
from .access import API, Access, Authenticator, Principal, Request
from .answers import PROBLEMS, answer, handle
from .asked import Ports, known_parameters, operation_id
from .opening import Opening, Writing
from .tokens import Tokens
from .wall import Wall

VERSION = "v1"
THREADS = 8
"""Requests worked at once; more wait their turn."""

_TOKEN = HTTPBearer(
    auto_error=False,
    description="A token made by `biowire tokens add NAME`. Reading needs none on loopback while no token "
    "is defined; writing always does.",
)

_DESCRIPTION = """\
Search, documents, stories, subscriptions, alerts and feeds of one biowire instance.

Answers are JSON, the same records as the commands print with `--json`. Times are RFC 3339, UTC. An answer of
400 or above has one shape: `{"error": "One sentence.", "position": 12}`, where `position` is there for
queries that cannot be read.
"""


def create_app(
    context: Context,
    writing: Writing,
    public_host: str = "",
    site: Callable[[Opening, Tokens], ASGIApp] | None = None,
) -> tuple[ASGIApp, Opening]:
    """The application in its wall, and what it reads by; `site` answers what is not the API's."""
    opening = Opening(context, writing)
    app = FastAPI(
        title="biowire",
        version=metadata.version("biowire"),
        description=_DESCRIPTION,
        openapi_url=f"/api/{VERSION}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: operation_id(route.endpoint),
    )
    app.openapi = functools.partial(_described, app)  # type: ignore[method-assign]  # the framework's way
    app.state.opening = opening
    handle(app)
    app.include_router(_resources())
    for outside in (feeds_out.router, unsubscribe.router, _health):
        app.include_router(outside)
    tokens = Tokens(context.home / "tokens.toml")
    if site is not None:
        app.router.default = _beyond(app.router.default, site(opening, tokens))
    access = Access(public_host, lambda: bool(tokens.all()), _bearer(tokens))
    return Wall(app, lambda: access), opening


def _beyond(nothing: ASGIApp, site: ASGIApp) -> ASGIApp:
    """What answers paths that no resource has. No mount: that would also take methods they do not have."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        ours = str(scope["path"]).startswith(API)
        await (nothing if ours else site)(scope, receive, send)

    return answered


def _described(app: FastAPI) -> dict[str, Any]:
    """The description, without the framework's own shape of errors, which is never sent."""
    if app.openapi_schema is None:
        description = FastAPI.openapi(app)
        for operations in description["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            description["components"]["schemas"].pop(name, None)
        app.openapi_schema = _plain(description)
    return app.openapi_schema


def _plain(part: Any) -> Any:
    """Pairs as arrays of two alike: the words for positions are ones that many readers do not know."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    plain = {name: _plain(value) for name, value in part.items()}
    places = plain.get("prefixItems")
    if isinstance(places, list) and all(one == places[0] for one in places):
        plain["items"] = plain.pop("prefixItems")[0]
    return plain


def _resources() -> APIRouter:
    api = APIRouter(
        prefix=f"/api/{VERSION}",
        responses=PROBLEMS,
        dependencies=[Depends(_TOKEN), Depends(known_parameters)],
    )
    for resource in (documents, stories, backtests, subscriptions, alerts, feeds, status):
        api.include_router(resource.router)
    return api


_health = APIRouter(tags=["status"])


@_health.get("/healthz", summary="Say whether it works", include_in_schema=False)
def healthz(ports: Ports) -> Response:
    """200 while documents can be read, else 503; needs no token and tells nothing more."""
    with ports.reading() as reading:
        reading.index.get("0" * 32)
    return answer({"healthy": True})


def _bearer(tokens: Tokens) -> Authenticator:
    def known(request: Request) -> Principal | None:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        token = tokens.owner(secret.strip()) if scheme.lower() == "bearer" else None
        return Principal(token.name, token.scope) if token else None

    return known


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
    await to_thread.run_sync(app.state.opening.close)
