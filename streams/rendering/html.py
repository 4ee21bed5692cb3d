"""A message as the HTML of a mail: one column, styles inline, nothing loaded from anywhere.

Templates are files of this package. Jinja escapes every value; no message is ever read as a template.
"""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

import jinja2

from ..core.alerts import phrasing
from ..core.alerts.message import Message
from ..core.alerts.wording import some
from . import chart as charts


def render(message: Message, *, chart: str = "") -> str:
    """A whole page. `chart`: address of the picture within the mail; empty for none."""
    zone = ZoneInfo(message.subscription.rhythm.zone)
    return _template().render(
        message=message,
        subscription=message.subscription,
        urls=dict(message.urls),
        chart=chart,
        chart_words=charts.words(message) if chart else "",
        moment=lambda when: phrasing.moment(when, zone),
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("streams", "rendering/templates"),
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
        "telling": phrasing.telling,
        "some": some,
        "label": phrasing.LABELS.__getitem__,
    }
    return environment.get_template("message.html")
