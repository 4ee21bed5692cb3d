"""Watchlists and flags: which words, in which outlets, and which lists meet in one article."""

from __future__ import annotations

from ..columns import count, over, share, top, unique
from ..dashboard import dashboard, row
from ..panels import bars, figure, found, note, table
from .searches import FLAGGED_LATEST
from .views import CONTROLS, EVERYTHING, FLAGGED

_NOTE = """
**What is counted.** Articles that at least one watchlist flagged, each once: copies of another are left
out. Parts are of all articles kept, whatever they are about. An article can be flagged by several lists
and words, so numbers of lists and words add up to more than the articles. *Pairs*: the number where a
list meets itself is all of its articles.

**What is not covered.** Words are those of the watchlists in use when the article was worked; after a
change of a list, `biowire replay` flags the past anew. The field and place of each word stand in `flags`
of the article.
"""

WATCHLISTS = dashboard(
    "biowire-watchlists",
    "biowire: Watchlists and flags",
    "Which words raised flags, where, and which watchlists meet.",
    [
        row(
            6,
            figure("Flagged", FLAGGED, count()),
            figure("Flagged part of all articles", EVERYTHING, share("Flagged", "watchlists : *")),
            figure("Stories flagged", FLAGGED, unique("story_id", "Stories")),
            figure("Words that flagged", FLAGGED, unique("facets.term", "Words")),
            figure("Outlets with flags", FLAGGED, unique("source.host", "Outlets")),
        ),
        row(
            13,
            bars(
                "Flagged articles over time",
                FLAGGED,
                over("when"),
                count(),
                split=top("facets.watchlist", "Watchlist", 12),
            ),
            table(
                "Pairs of watchlists",
                FLAGGED,
                [top("facets.watchlist", "Watchlist", 12)],
                count(),
                across=top("facets.watchlist", "with", 12),
            ),
        ),
        row(
            16,
            table(
                "Words",
                FLAGGED,
                [top("facets.term", "Word", 100)],
                count(),
                unique("story_id", "Stories"),
                unique("source.host", "Outlets"),
            ),
            table(
                "Outlets by watchlist",
                FLAGGED,
                [top("facets.source", "Outlet", 50)],
                count(),
                across=top("facets.watchlist", "Watchlist", 12),
            ),
        ),
        row(
            14,
            table(
                "Words by field of use",
                FLAGGED,
                [top("facets.term", "Word", 50)],
                count(),
                across=top("facets.domain", "Field of use", 8),
            ),
            bars(
                "Countries that flagged articles are about",
                FLAGGED,
                top("facets.region", "Country", 15),
                count(),
                lying=True,
            ),
        ),
        row(18, found(FLAGGED_LATEST)),
        row(8, note("what-is-counted", _NOTE)),
    ],
    CONTROLS,
)
