"""What a search finds as a file or a feed: CSV and JSON Lines whole, RSS of the newest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from starlette.responses import Response, StreamingResponse

from connectors.errors import UserError
from streams.core.alerts.addresses import checked_base
from streams.core.alerts.phrasing import link
from streams.export import in_pieces
from streams.sinks import Hit

from ...api.feed_forms import TYPES, FeedEntry, OutFeed, write
from ...api.opening import LONG_SECONDS
from ...api.pages import hit_html
from ..routing import Pages
from ..searched import Asked, asked
from ..visit import Visit

pages = Pages()

MOST_ROWS = 20_000
"""Of a file; `biowire export` knows no such bound."""
NEWEST = 50

Form = Literal["csv", "jsonl"]
_TYPES: dict[Form, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@pages.get("/search.csv")
def csv(visit: Visit) -> Response:
    """All articles found, a row each."""
    return _file(visit, "csv")


@pages.get("/search.jsonl")
def jsonl(visit: Visit) -> Response:
    """All articles found, a line each."""
    return _file(visit, "jsonl")


def _file(visit: Visit, form: Form) -> Response:
    wanted = asked(visit.query)
    with visit.ports.reading() as reading:
        count = reading.index.count(wanted.query, **wanted.range)
    if count > MOST_ROWS:
        raise UserError(
            f"This search finds {count:,} articles, and a file holds {MOST_ROWS:,} at most: choose a shorter "
            "period, or let `biowire export` write them."
        )
    name = f"biowire-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_pieces(visit, wanted, form), headers=headers, media_type=_TYPES[form])


def _pieces(visit: Visit, wanted: Asked, form: Form) -> Iterator[bytes]:
    """As they are sent. Whoever takes too long gets a broken connection, not a file that looks whole."""
    with visit.ports.reading(LONG_SECONDS) as reading:
        yield from in_pieces(reading.index.scan(wanted.query, **wanted.range), form)


@pages.get("/search.rss")
def rss(visit: Visit) -> Response:
    """The newest articles found, as a feed; `until` and `after` do not count."""
    wanted = asked(visit.query)
    with visit.ports.reading() as reading:
        found = reading.index.search(wanted.query, since=wanted.first, limit=NEWEST, copies=wanted.copies)
    base = checked_base(visit.ports.context.settings["public_url"])
    feed = OutFeed(
        id=f"search {wanted.text}",
        title=f"biowire: {wanted.text or '*'}",
        subtitle=f"Newest articles found by {wanted.text or '*'}",
        self_url=base + wanted.address("/search.rss", until="", sort=""),
        home_url=base + wanted.address(),
        updated=max((hit.document.when for hit in found.hits), default=datetime(1970, 1, 1, tzinfo=UTC)),
        entries=[_entry(hit, base) for hit in found.hits],
    )
    return Response(
        write(feed, "rss"), media_type=TYPES["rss"], headers={"Cache-Control": "private, max-age=60"}
    )


def _entry(hit: Hit, base: str) -> FeedEntry:
    document = hit.document
    ours = f"{base}/documents/{document.id}"
    return FeedEntry(
        id=hashlib.sha256(f"document {document.id}".encode()).hexdigest()[:32],
        title=document.title or "(without title)",
        url=link(document.url) or ours,
        when=document.when,
        html=hit_html(hit, ours),
        kind="article",
    )
