"""Who is signed in: a person gives a token once, and a signed cookie remembers its name.

A token that is removed signs its holder out at the next request. While no token is defined, whoever uses
this machine need not sign in (dashboards/api/access.py decides that).
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request

from dashboards.api.access import Principal
from dashboards.api.tokens import Tokens

SESSION_SECONDS = 14 * 24 * 3600


def signed_in(tokens: Tokens) -> Callable[[Request], Principal | None]:
    """Look up who a request's session belongs to."""

    def known(request: Request) -> Principal | None:
        made = request.session.get("by")
        found = next((one for one in tokens.all() if one.sha256 == made), None) if made else None
        return Principal(found.name, found.scope) if found else None

    return known


def sign_in(request: Request, tokens: Tokens, secret: str) -> bool:
    """Remember who this is; False for a token that is not known. What the session held is forgotten."""
    found = tokens.owner(secret.strip())
    if found is None:
        return False
    request.session.clear()
    request.session["by"] = found.sha256
    return True
