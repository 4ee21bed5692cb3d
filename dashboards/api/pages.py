"""What this server writes as HTML. Templates are files of this package; Jinja escapes every value."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from zoneinfo import ZoneInfo

import jinja2
from starlette.responses import HTMLResponse, Response

from streams.alerts import Raised
from streams.core.alerts import phrasing
from streams.core.alerts.addresses import Addresses
from streams.core.alerts.records import Subscription
from streams.core.alerts.wording import some
from streams.sinks import Hit

_STYLE = (
    ":root{color-scheme:light dark}body{margin:0;font:1rem/1.5 system-ui,sans-serif}"
    "main{max-width:36rem;margin:15vh auto;padding:0 1rem;overflow-wrap:anywhere}"
    "h1{font-size:1.25rem}button{font:inherit;padding:.5rem 1rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def alert_html(raised: Raised, subscription: Subscription, addresses: Addresses, zone: ZoneInfo) -> str:
    """What an alert says, as a feed carries it: the sentence, its documents, the words, and why."""
    return _template("alert.html").render(
        alert=raised.alert,
        withdrawn=raised.withdrawn,
        name=subscription.name,
        zone=zone.key,
        explain=addresses.explain,
        moment=lambda when: phrasing.moment(when, zone),
    )


def hit_html(hit: Hit, ours: str) -> str:
    """An article that a search found, as a feed carries it: where from, and the words in their context."""
    return _template("hit.html").render(hit=hit, ours=ours)


def page(template: str, status: int = 200, **values: str) -> Response:
    """A small page of its own that loads nothing and sends its form only to us."""
    body = _template(template).render(style=_STYLE, **values)
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",  # with none at all, browsers hide the Origin of our own form
    }
    return HTMLResponse(body, status, headers)


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dashboards.api"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "one_line": phrasing.one_line,
        "link": phrasing.link,
        "direction": phrasing.direction,
        "around": phrasing.around,
        "some": some,
    }
    return environment.get_template(name)
