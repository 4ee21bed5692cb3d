"""Every page over real news: what they say of it is whole, readable, and fits a telephone.

The first articles of a captured week; `BIOWIRE_FULL=1` takes all 15,198 and looks at the dark pages, too.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_world import served, shipped
from playwright.sync_api import Page
from real_articles import rows
from web_pages import NARROW, WIDE, accessible, fits, keep, watched

from connectors.records import Feed
from dashboards.web.app import VIEWS
from streams.core.alerts.records import Subscription
from streams.core.query_parse import parse
from streams.embedded import Instance
from streams.subscriptions.files import FileSubscriptions

pytestmark = [pytest.mark.shared, pytest.mark.slow]

FULL = bool(os.environ.get("BIOWIRE_FULL"))
ITEMS = None if FULL else 1_500
BATCH = 500
NOW = datetime(2023, 8, 14, tzinfo=UTC)
QUERIES = ('"facial recognition" OR biometric*', "flag:*", "police NEAR/10 camera")
OTHERS = ("/live", "/feeds/opml", "/feeds/one")
"""No pages, or none without a parameter; what has a dot in its name or is named by a file is no page either."""


@dataclass(frozen=True)
class Week:
    """Where it is served, and what stands for `{id}` in the addresses of pages."""

    url: str
    ids: dict[str, str]

    def addresses(self) -> Iterator[str]:
        """Of every page that the views declare, and of some searches."""
        for route in (route for pages in VIEWS for route in pages.routes()):
            folder = route.path.split("/")[1]
            if (
                "GET" in route.methods
                and route.path not in OTHERS
                and "." not in route.path
                and "{file}" not in route.path
            ):
                yield route.path.replace("{id}", self.ids.get(folder, ""))
        yield "/?show=all"
        yield f"/feeds/one?url={self.ids['feeds']}"
        for query in QUERIES:
            yield f"/search?q={query}"


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    home = tmp_path_factory.mktemp("week")
    ids = _filled(home)
    with served(home) as server:
        yield Week(server.url, ids)


def _filled(home: Path) -> dict[str, str]:
    items = list(itertools.islice(rows("stream", "full_stream_2023-W32.jsonl.gz"), ITEMS))
    with Instance(home / "biowire.db", shipped()) as instance:
        feeds = {row["feed_url"]: Feed(url=row["feed_url"], title=row["feed_title"] or "") for row in items}
        instance.add_feeds(feeds.values())
        for at in range(0, len(items), BATCH):
            bodies = [json.dumps(row).encode() for row in items[at : at + BATCH]]
            instance.ingest(bodies, NOW, lambda: None)
        flagged = [hit.document for hit in instance.index.search(parse("flag:*"), limit=50).hits]
    told = max(flagged, key=lambda one: (one.story.size, len(one.flags)))
    FileSubscriptions(home / "subscriptions").save(
        Subscription(id="faces", name="Faces", query="face"), "ana", NOW
    )
    return {
        "documents": told.id,
        "stories": told.story_id,
        "subscriptions": "faces",
        "watchlists": told.watchlists[0],
        "feeds": next(iter(feeds)),
    }


def test_every_page_shows_real_news_readably_and_fits_a_telephone(browser, week) -> None:
    """One page after the other in one window, as opening a window costs more than most pages."""
    trouble: list[str] = []
    looked = 0
    for scheme in ("light", "dark") if FULL else ("light",):
        with watched(browser, color_scheme=scheme) as page:
            for address in dict.fromkeys(week.addresses()):
                looked += 1
                trouble += [
                    f"{address} ({scheme}): {why}" for why in _faults(page, week.url + address, address)
                ]
    assert not trouble, "\n".join(trouble)
    assert looked >= 15


def _faults(page: Page, url: str, name: str) -> Iterator[str]:
    page.set_viewport_size(WIDE)
    answer = page.goto(url, wait_until="load")
    assert answer is not None
    if answer.status != 200:
        yield f"status {answer.status}"
        return
    for check, size in ((accessible, WIDE), (fits, WIDE), (fits, NARROW)):
        page.set_viewport_size(size)
        try:
            check(page)
        except AssertionError as why:
            yield f"{check.__name__} at {size['width']}: {' '.join(str(why).split())[:600]}"
        keep(page, f"week {name} {size['width']}")
