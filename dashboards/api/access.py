"""Who asks, and whether that may be. Pure: decides on the request's head alone.

Host      a loopback name, the host of `public_url`, or the very address that was connected to: a name
          that merely resolves to us (DNS rebinding) is none of them
Origin    ours, or none: other sites' pages may not ask with their visitors' rights
token     for everything under /api/; reading is free where no token is defined and all is on loopback

Pages (dashboards/web) ask for their visitors themselves: a person signs in with a token, once.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException

from .tokens import Scope

API = "/api/"
"""Before every address that needs a token."""

READING_POSTS = frozenset({"/api/v1/subscriptions/test"})
"""Sent with a body, but changing nothing."""

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    name: str
    """What stands as `by` in histories."""
    scope: Scope


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request, as access is decided by it. Names of headers in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    client: str
    """Address that connected."""
    server: str
    """Address it connected to."""


class Refusal(HTTPException):
    """Why not: an HTTP status and one sentence."""


Authenticator = Callable[[Request], Principal | None]
"""Knows somebody by their request; None when it does not."""

HERE = Principal("web", "write")
"""Whoever opens pages on this very machine, while no token is defined."""


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one server."""

    public_host: str
    """`HOST[:PORT]` of `public_url`; empty for none."""
    guarded: Callable[[], bool]
    """Whether any token is defined: then reading needs one as well."""
    authenticate: Authenticator

    def check(self, request: Request) -> Principal | None:
        """Who asks; None where nobody has to say, or has not yet. Raises Refusal."""
        self._check_host(request)
        self._check_origin(request)
        if any(name in request.headers for name in _OVERRIDES):
            raise Refusal(400, "The method of a request is not changed by a header; send it as it is meant.")
        if not request.path.startswith(API):
            return HERE if self._reads_freely(request) else None
        principal = self._known(request)
        writing = request.method not in _SAFE and request.path not in READING_POSTS
        if principal is not None and (principal.scope == "write" or not writing):
            return principal
        if principal is not None:
            raise Refusal(403, f"The token {principal.name} may only read; this changes something.")
        if writing or not self._reads_freely(request):
            raise Refusal(401, "This needs a token: `biowire tokens add NAME` makes one.")
        return None

    def _known(self, request: Request) -> Principal | None:
        if (principal := self.authenticate(request)) is not None:
            return principal
        if "authorization" in request.headers:
            raise Refusal(401, "This token is not known: `biowire tokens list` names those that are.")
        return None

    def _reads_freely(self, request: Request) -> bool:
        """Nobody but this machine's users can ask, and they were given no tokens."""
        return (
            not self.guarded()
            and host_name(self.public_host) in {"", *_LOOPBACK_NAMES}
            and _is_loopback(request.client)
            and host_name(request.headers.get("host", "")) in _LOOPBACK_NAMES
            and not any(name in request.headers for name in _PROXIED)
        )

    def _check_host(self, request: Request) -> None:
        host = request.headers.get("host", "").lower()
        name = host_name(host)
        if name in _LOOPBACK_NAMES or (host and host == self.public_host):
            return
        if name and name.strip("[]") == request.server.lower():
            return
        raise Refusal(421, "This server does not answer to that name; set `public_url` if it should.")

    def _check_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin is not None:
            parts = _parts(origin)
            if parts is None or parts != request.headers.get("host", "").lower():
                raise Refusal(403, "Pages of other sites may not ask this server.")
        site = request.headers.get("sec-fetch-site", "same-origin")
        guarded = request.path.startswith(API) or request.method not in _SAFE
        if guarded and site not in {"same-origin", "none"}:
            raise Refusal(403, "Pages of other sites may not ask this server.")


def host_name(host: str) -> str:
    """The name of a Host header without its port, in small letters; empty for what is none."""
    host = host.lower()
    name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not colon:
        return host
    return name if port.isascii() and port.isdigit() and len(port) <= 5 else ""


def _parts(origin: str) -> str | None:
    """`HOST[:PORT]` of an origin, None for anything else."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return None
    plain = parts.scheme in {"http", "https"} and not (parts.path or parts.query or parts.fragment)
    return parts.netloc if plain else None


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
