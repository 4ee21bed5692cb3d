"""Discover sessions to start from, and queries to narrow anything by."""

from __future__ import annotations

from ..objects import query, search
from .views import (
    ALERTS_RAISED,
    EVERYTHING,
    FEEDS_IN_TROUBLE,
    FLAGGED,
    GIVEN_UP,
    ITEMS,
    LEADS,
    MAIN,
)

LATEST = search(
    "biowire-latest",
    "Latest about biometrics",
    MAIN,
    ["title", "source.name", "facets.theme", "facets.watchlist", "url"],
    "Articles whose main subject is biometrics, newest first, each once.",
)
DETENTION = search(
    "biowire-detention-facial-recognition",
    "Detention with facial recognition",
    EVERYTHING.but('watchlists : "detention" and watchlists : "facial-recognition"'),
    ["title", "source.name", "facets.term", "facets.region", "url"],
    "Articles that both watchlists flagged, with the words that did.",
)
VENDORS = search(
    "biowire-vendors",
    "By vendor",
    EVERYTHING.but('watchlists : "vendors"'),
    ["facets.organisation", "title", "source.name", "facets.theme", "url"],
    "Articles that name a vendor; narrow by facets.organisation.",
)
OTHER_LANGUAGES = search(
    "biowire-other-languages",
    "Not in English",
    MAIN.but('not language : "en"'),
    ["language", "title", "source.name", "facets.region", "url"],
    "Articles about biometrics in other languages, as published: nothing is translated.",
)
FLAGGED_LATEST = search(
    "biowire-flagged",
    "Latest flagged",
    FLAGGED,
    ["facets.watchlist", "facets.term", "title", "source.name", "url"],
    "Articles that a watchlist flagged, with the words that did.",
)
MOST_TOLD = search(
    "biowire-most-told",
    "Stories told by most outlets",
    LEADS,
    ["title", "source.name", "story.independent", "story.size", "url"],
    "First articles of stories about biometrics; those that most outlets tell in their own words first.",
    by=["story.independent", "story.size"],
)
ALERT_HISTORY = search(
    "biowire-alert-history",
    "Alert history",
    ALERTS_RAISED,
    ["subscription", "kind", "sentence", "count", "states"],
    "Alerts that were raised and not withdrawn, with what became of their messages.",
)
NOT_KEPT = search(
    "biowire-not-kept",
    "Items that became no article",
    ITEMS.but('outcome : ("failed" or "skipped")'),
    ["outcome", "title", "feed_url", "url"],
    "Dead letters, and what was left out, with the reason in the field reason of each.",
)
FAILING_FEEDS = search(
    "biowire-failing-feeds",
    "Feeds that fail",
    FEEDS_IN_TROUBLE,
    ["health", "title", "url", "reason", "failing_since", "last_success", "next_fetch"],
    "Feeds that fail or are not asked any more, with the reason; those that failed most often first.",
    by=["failures"],
)
NEWEST_DEAD_LETTERS = search(
    "biowire-dead-letters",
    "Newest dead letters",
    GIVEN_UP,
    ["stage", "reason", "tries", "bytes", "id"],
    "What a stage gave up, with the reason; `biowire deadletters retry ID` sends it again.",
)
SEARCHES = (
    *(LATEST, DETENTION, VENDORS, OTHER_LANGUAGES, FLAGGED_LATEST, MOST_TOLD),
    *(ALERT_HISTORY, NOT_KEPT, FAILING_FEEDS, NEWEST_DEAD_LETTERS),
)

QUERIES = (
    query("biowire-main", "About biometrics", 'relevance : "main"', "Main subject, not a mention."),
    query("biowire-no-copies", "Each article once", EVERYTHING.where, "Without copies of another article."),
    query("biowire-leads", "First of its story", 'story.role : "lead"', "One article for each story."),
    query(
        "biowire-no-press-releases",
        "Without press releases",
        'not story.role : "press-release"',
        "Without articles found to be a press release or a reprint of one.",
    ),
    query(
        "biowire-independent",
        "Told by two outlets or more",
        "story.independent >= 2",
        "Of stories that more than one outlet reports in its own words.",
    ),
    query("biowire-flags", "Flagged", "watchlists : *", "By any watchlist."),
)
