"""How views are found, and what every request for a page passes before one is called.

A view is a function `(Visit) -> Response`. What goes wrong in it (`UserError` and its kin) becomes a page
that says it in one sentence; a view whose form can be mended catches `UserError` and shows the form again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from anyio import to_thread
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..api.access import Principal, Refusal
from .visit import Visit, check

View = Callable[[Visit], Response]

_TOO_LONG = 413
_FILES = 2
_FIELDS = 400
FORM_FIELD = "token"
FORM_HEADER = "x-biowire-token"
"""Scripts send the token of forms by this header."""


class Pages:
    """The views of one module, by path and method."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def get(self, path: str) -> Callable[[View], View]:
        """Declare a page; answering it changes nothing."""
        return self._add("GET", path)

    def post(self, path: str, too_long: View | None = None) -> Callable[[View], View]:
        """Declare a change: for those who may write, by a form of ours.

        `too_long` is shown, without the form, where more was sent than the path takes.
        """
        return self._add("POST", path, too_long)

    def _add(self, method: str, path: str, too_long: View | None = None) -> Callable[[View], View]:
        def declare(view: View) -> View:
            endpoint = _reading(view) if method == "GET" else _changing(view, too_long)
            self._routes.append(Route(path, endpoint, methods=[method]))
            return view

        return declare

    def routes(self) -> Iterable[Route]:
        """For the application."""
        return self._routes


def _reading(view: View) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        principal = visitor(request)
        if principal is None:
            return to_sign_in(request)
        return await to_thread.run_sync(view, _visit(request, principal))

    return endpoint


def _changing(view: View, too_long: View | None) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        principal = visitor(request)
        if principal is None:
            return to_sign_in(request)
        if principal.scope != "write":
            raise Refusal(403, f"{principal.name} may look, but not change anything.")
        try:
            async with request.form(max_files=_FILES, max_fields=_FIELDS) as form:
                check(request, request.headers.get(FORM_HEADER) or form.get(FORM_FIELD))
                return await to_thread.run_sync(view, _visit(request, principal, form))
        except Refusal as refusal:
            if too_long is None or refusal.status_code != _TOO_LONG:
                raise
            return await to_thread.run_sync(too_long, _visit(request, principal))

    return endpoint


def visitor(request: Request) -> Principal | None:
    """Who asks: signed in, or on this machine while nobody has to sign in."""
    principal: Principal | None = request.app.state.signed_in(request)
    return principal or request.scope.get("state", {}).get("principal")


def to_sign_in(request: Request) -> Response:
    """Ask who it is; then back to where they were going, if that was a page."""
    back = request.url.path if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?{urlencode({'to': back})}", status_code=303)


def _visit(request: Request, principal: Principal, form: FormData | None = None) -> Visit:
    state = request.app.state
    return Visit(request, state.opening, state.rendering, principal, form if form is not None else FormData())
