"""Overview: what is new, how much of all coverage it is, and what it is about."""

from __future__ import annotations

from ..columns import count, over, share, top, unique
from ..dashboard import dashboard, row
from ..panels import bars, figure, found, lines, note
from .searches import LATEST
from .views import CONTROLS, EVERYTHING, FLAGGED, LEADS, MAIN

_NOTE = """
**What is counted.** Articles, each once: copies of another are left out. *All coverage* is every article
that the monitored feeds delivered and biowire kept, whatever it is about; *about biometrics* are those
whose relevance is `main`. Dates are those of publication, or of receipt where the feed gives none.

**What is not covered.** Outlets that are not in the feed list, and what a feed dropped between two
fetches. An article can have several themes and flags, so their bars add up to more than the articles.
"""

OVERVIEW = dashboard(
    "biowire-overview",
    "biowire: Overview",
    "What is new about biometrics, against all that was monitored.",
    [
        row(
            6,
            figure("All coverage", EVERYTHING, count()),
            figure("About biometrics", MAIN, count()),
            figure("Part of all coverage", EVERYTHING, share("About biometrics", 'relevance : "main"')),
            figure("New stories", LEADS, count("Stories")),
            figure("Flagged articles", FLAGGED, count()),
            figure("Sources heard from", EVERYTHING, unique("source.host", "Sources")),
        ),
        row(
            12,
            bars(
                "All coverage by relevance",
                EVERYTHING,
                over("when"),
                count(),
                split=top("relevance", "Relevance", 3),
            ),
            lines(
                "Part about biometrics over time",
                EVERYTHING,
                over("when"),
                share("Part of all coverage", 'relevance : "main"'),
            ),
        ),
        row(
            12,
            bars("New stories over time", LEADS, over("when"), count("Stories")),
            bars(
                "Flags over time",
                FLAGGED,
                over("when"),
                count(),
                split=top("facets.watchlist", "Watchlist", 8),
            ),
        ),
        row(
            14,
            bars("Top themes", MAIN, top("facets.theme", "Theme", 15), count(), lying=True),
            bars("Top sources", MAIN, top("facets.source", "Source", 15), count(), lying=True),
            bars("Languages", MAIN, top("language", "Language", 15), count(), lying=True),
        ),
        row(18, found(LATEST)),
        row(7, note("what-is-counted", _NOTE)),
    ],
    CONTROLS,
)
