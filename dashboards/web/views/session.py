"""Signing in and out, and how the pages look to one person."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboards.api.tokens import Tokens

from ..routing import FORM_FIELD, visitor
from ..sessions import sign_in
from ..visit import HEADERS, check, form_token, text

THEMES = ("system", "light", "dark")


async def ask(request: Request) -> Response:
    """The form for a token."""
    if visitor(request) is not None:
        return RedirectResponse(_inside(request.query_params.get("to", "/")), status_code=303)
    return _form(request, request.query_params.get("to", "/"))


async def answer(request: Request) -> Response:
    """Let somebody in who has a token."""
    async with request.form(max_files=0, max_fields=10) as form:
        check(request, form.get(FORM_FIELD))
        to = _inside(text(form, "to", 2000))
        tokens = Tokens(request.app.state.opening.context.home / "tokens.toml")
        if sign_in(request, tokens, text(form, "secret", 500)):
            return RedirectResponse(to, status_code=303)
    return _form(request, to, wrong=True)


async def leave(request: Request) -> Response:
    """Forget who this was."""
    async with request.form(max_files=0, max_fields=10) as form:
        check(request, form.get(FORM_FIELD))
        request.session.clear()
    return RedirectResponse("/", status_code=303)


def _form(request: Request, to: str, *, wrong: bool = False) -> Response:
    body = request.app.state.rendering.render(
        "sign_in.html", to=_inside(to), wrong=wrong, token=form_token(request)
    )
    return HTMLResponse(body, 401 if wrong else 200, headers=HEADERS)


def _inside(to: str) -> str:
    """A path of ours; nothing that could lead to another host."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() else "/"


async def theme(request: Request) -> Response:
    """Light, dark, or as the system has it: also for those who may only read."""
    async with request.form(max_files=0, max_fields=10) as form:
        check(request, form.get(FORM_FIELD))
        chosen = text(form, "theme")
        request.session["theme"] = chosen if chosen in THEMES else THEMES[0]
        return RedirectResponse(_inside(text(form, "to", 2000)), status_code=303)


routes = (
    Route("/sign-in", ask, methods=["GET"]),
    Route("/sign-in", answer, methods=["POST"]),
    Route("/theme", theme, methods=["POST"]),
    Route("/sign-out", leave, methods=["POST"]),
)
