"""What is new: the newest stories, each by its lead."""

from __future__ import annotations

from starlette.responses import Response

from dashboards.api.stories import told
from streams.core.query_parse import parse

from ..routing import Pages
from ..visit import Visit

pages = Pages()

STORIES = 30


@pages.get("/")
def show(visit: Visit) -> Response:
    """The newest stories on biometrics, or all."""
    wanted = "relevance:main"
    with visit.ports.reading() as reading:
        newest, after = told(reading.index, parse(wanted), limit=STORIES, after=visit.query.get("after"))
    return visit.render("now.html", stories=newest, after=after)
