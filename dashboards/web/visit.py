"""One request for a page, as a view sees it: who asks, the ports, the form sent, and how to answer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.datastructures import FormData, ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboards.api.access import Principal, Refusal
from dashboards.api.opening import Opening

from .names import naming
from .rendering import Rendering

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
"""Nothing inline, nothing from elsewhere, and no script can make markup out of text."""

HEADERS = {"Content-Security-Policy": _CSP, "Referrer-Policy": "same-origin"}
"""Of every page. Without a referrer, browsers would not say where a form of ours comes from."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a view is called with. Views run in a thread; they may read and wait, but keep nothing."""

    request: Request
    ports: Opening
    rendering: Rendering
    principal: Principal
    """Who asks: a signed-in person, or whoever uses this machine."""
    form: FormData = field(default_factory=FormData)
    """What was sent; empty for GET."""
    here: str = ""
    """The path that this page is at, where that is not the path asked: a form's own may be no page."""

    @property
    def query(self) -> ImmutableMultiDict[str, str]:
        """The parameters in the address."""
        return self.request.query_params

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    @property
    def may_write(self) -> bool:
        """Whether this person may change something."""
        return self.principal.scope == "write"

    def render(self, template: str, status: int = 200, **values: object) -> Response:
        """A page. Takes away what was to be said once."""
        body = self.rendering.render(
            template,
            visit=self,
            said=self.request.session.pop("said", None),
            token=form_token(self.request),
            called=naming(self.ports.vocabulary),
            **values,
        )
        return HTMLResponse(body, status, headers=HEADERS)

    def gettext(self, text: str, **values: object) -> str:
        """A sentence of ours in the language of the pages; `values` for what stands in it as `%(name)s`."""
        return self.rendering.texts.gettext(text) % values

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        """The same, in the form that goes with this number, which is `%(num)s` in it."""
        return self.rendering.texts.ngettext(one, many, number) % {"num": f"{number:,}", **values}

    def go(self, path: str, said: str = "", **query: str) -> Response:
        """Lead to a page of ours after a change, which says this once."""
        if said:
            self.request.session["said"] = said
        address = f"{path}?{urlencode(query)}" if query else path
        return RedirectResponse(address, status_code=303)

    def address(self, **changes: str | Sequence[str] | None) -> str:
        """The address of this page with some parameters changed; None or nothing takes one away."""
        kept: list[tuple[str, str]] = [
            (name, value) for name, value in self.query.multi_items() if name not in changes
        ]
        for name, value in changes.items():
            kept += [(name, one) for one in ([value] if isinstance(value, str) else value or ()) if one]
        path = self.here or self.request.url.path
        return f"{path}?{urlencode(kept)}" if kept else path


def form_token(request: Request) -> str:
    """What forms of this visitor have to carry: another site's page cannot know it."""
    session: dict[str, str] = request.session
    if "token" not in session:
        session["token"] = secrets.token_urlsafe(24)
    return session["token"]


def check(request: Request, given: object) -> None:
    """Refuse a form that is not ours."""
    ours = str(request.session.get("token", ""))
    if (
        not ours
        or not isinstance(given, str)
        or not secrets.compare_digest(given.encode("utf-8", "replace"), ours.encode())
    ):
        raise Refusal(403, "This form is out of date; go back, load the page again and send it anew.")


def text(form: Mapping[str, object], name: str, most: int = 20_000) -> str:
    """A text field of a form; empty for one that was not sent."""
    value = form.get(name, "")
    return value[:most] if isinstance(value, str) else ""
