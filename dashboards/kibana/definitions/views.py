"""What can be looked at: the data views, and which of their documents are counted as what."""

from __future__ import annotations

from ..dashboard import Control
from ..objects import Source, View, duration, link

ARTICLES = View(
    id="biowire-articles",
    name="biowire articles",
    alias="articles",
    time="when",
    formats={"url": link(), "canonical_url": link(), "feed_url": link()},
)
STORIES = View(id="biowire-stories", name="biowire stories", alias="stories", time="last")
ALERTS = View(
    id="biowire-alerts",
    name="biowire alerts",
    alias="alerts",
    time="raised",
    formats={"documents.url": link()},
    apart=True,
)
SIGHTINGS = View(
    id="biowire-sightings",
    name="biowire sightings",
    alias="sightings",
    time="received",
    formats={"url": link(), "feed_url": link()},
)
FEEDS = View(
    id="biowire-feeds",
    name="biowire feeds",
    alias="feeds",
    time="",
    formats={"url": link(), "site_url": link(), "interval": duration()},
    apart=True,
)
DEAD_LETTERS = View(
    id="biowire-deadletters",
    name="biowire dead letters",
    alias="deadletters",
    time="time",
    formats={"bytes": {"id": "bytes", "params": {}}},
    apart=True,
)
VIEWS = (ARTICLES, STORIES, ALERTS, SIGHTINGS, FEEDS, DEAD_LETTERS)

EVERYTHING = Source(view=ARTICLES, where='not dedup.outcome : "near_duplicate"')
"""Each article once: copies of another are left out, as `biowire search` leaves them out of counts."""
WITH_COPIES = Source(view=ARTICLES)
MAIN = EVERYTHING.but('relevance : "main"')
"""Articles about biometrics."""
FLAGGED = EVERYTHING.but("watchlists : *")
LEADS = MAIN.but('story.role : "lead"')
"""The first article of each story: one for each story."""
STORIES_TOLD = Source(view=STORIES)
ITEMS = Source(view=SIGHTINGS)
"""Everything that came in, also what was already known."""
ALERTS_RAISED = Source(view=ALERTS, where="holds : true")
"""Alerts that were not withdrawn."""
FEEDS_FOLLOWED = Source(view=FEEDS)
"""The feed list as it is now, whatever time is chosen."""
FEEDS_IN_TROUBLE = FEEDS_FOLLOWED.but('health : ("failing" or "retired")')
GIVEN_UP = Source(view=DEAD_LETTERS)
"""Dead letters of all stages that were neither sent again nor discarded."""

CONTROLS = (
    Control(id="watchlist", title="Watchlist", view=ARTICLES, field="facets.watchlist"),
    Control(id="theme", title="Theme", view=ARTICLES, field="facets.theme"),
    Control(id="region", title="Subject country", view=ARTICLES, field="facets.region"),
    Control(id="country", title="Source country", view=ARTICLES, field="facets.country"),
    Control(id="kind", title="Source kind", view=ARTICLES, field="facets.kind"),
    Control(id="language", title="Language", view=ARTICLES, field="facets.language"),
)
