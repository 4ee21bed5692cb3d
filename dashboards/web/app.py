"""The pages as one application, which the API's application passes on what is not its own."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Route

from dashboards.api.opening import Opening
from dashboards.api.tokens import Tokens
from streams.signing import signing_of

from . import assets, errors
from .listening import Listening
from .rendering import Rendering
from .routing import Pages
from .sessions import SESSION_SECONDS, signed_in
from .views import (
    article,
    feeds,
    health,
    live,
    now,
    saved,
    search,
    search_files,
    session,
    story,
    subscription_form,
    subscriptions,
    trends,
    watchlist_forms,
    watchlist_new,
    watchlists,
    welcome,
)

VIEWS: Sequence[Pages] = (
    now.pages,
    live.pages,
    article.pages,
    story.pages,
    subscription_form.pages,
    subscriptions.pages,
    watchlist_new.pages,
    watchlist_forms.pages,
    watchlists.pages,
    feeds.pages,
    health.pages,
    welcome.pages,
    search.pages,
    search_files.pages,
    saved.pages,
    trends.pages,
)
"""The first that has a path answers it."""


def create_site(opening: Opening, tokens: Tokens) -> Starlette:
    """All pages over these ports."""
    context = opening.context
    signing = signing_of(context.home, context.settings)
    site = Starlette(
        routes=[
            Route("/static/{version}/{name}", assets.serve),
            *session.routes,
            *(route for pages in VIEWS for route in pages.routes()),
        ],
        middleware=[
            Middleware(
                SessionMiddleware,
                secret_key=signing.token("session"),
                session_cookie="biowire",
                max_age=SESSION_SECONDS,
                same_site="strict",
            )
        ],
        exception_handlers=errors.HANDLERS,
    )
    site.state.opening = opening
    site.state.rendering = Rendering()
    site.state.listening = Listening(opening, now.ASKED, now.STORIES)
    site.state.signed_in = signed_in(tokens)
    return site
