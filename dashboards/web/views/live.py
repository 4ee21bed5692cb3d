"""The newest stories as they come in: a stream of server-sent events, which the page Now listens to."""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from dashboards.api.answers import Busy

from ..listening import Listening
from ..routing import Pages
from ..visit import HEADERS, Visit

pages = Pages()


@pages.get("/live")
def live(visit: Visit) -> Response:
    """`stories`: ids of the newest, for each side of the switch; again whenever they are others."""
    listening: Listening = visit.request.app.state.listening
    if listening.full:
        raise Busy("Too many pages are listening already; load the page again for what is new.")
    headers = {**HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(listening.events(), media_type="text/event-stream", headers=headers)
