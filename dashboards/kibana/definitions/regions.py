"""Regions: the countries that articles are about, which are not the countries of their outlets."""

from __future__ import annotations

from ..columns import count, over, share, top, unique
from ..dashboard import dashboard, row
from ..panels import bars, figure, lines, note, table
from .views import CONTROLS, MAIN

_PLACED = MAIN.but("facets.region : *")

_NOTE = """
**What is counted.** Articles about biometrics (relevance `main`), each once, by the country or region
that they are about (label `region`), never by the country of the outlet. One article can be about several
countries, so the rows add up to more than the articles. Country codes are those of ISO 3166-1, in small
letters; a region has a name.

**What is not covered.** Articles that name no place: the part with one is given above. Few articles about
a country can mean little news, or few monitored outlets: compare the table of source countries. There is
no map: the table stands in its place, and can be sorted.
"""

REGIONS = dashboard(
    "biowire-regions",
    "biowire: Regions",
    "Which countries the news is about, with what themes, and from where it is told.",
    [
        row(
            6,
            figure("Articles with a subject country", _PLACED, count()),
            figure("Part with a subject country", MAIN, share("Placed", "facets.region : *")),
            figure("Subject countries", _PLACED, unique("facets.region", "Countries")),
            figure("Source countries", MAIN, unique("facets.country", "Countries")),
        ),
        row(
            20,
            table(
                "Countries",
                _PLACED,
                [top("facets.region", "Subject country", 250)],
                count(),
                unique("story_id", "Stories"),
                unique("source.host", "Outlets"),
                share("Flagged", "watchlists : *"),
            ),
            table(
                "Countries by theme",
                _PLACED,
                [top("facets.region", "Subject country", 50)],
                count(),
                across=top("facets.theme", "Theme", 8),
            ),
        ),
        row(
            13,
            lines(
                "Countries over time",
                _PLACED,
                over("when"),
                count(),
                split=top("facets.region", "Subject country", 8),
            ),
            bars(
                "Source countries by articles",
                MAIN,
                top("facets.country", "Source country", 20),
                count(),
                lying=True,
            ),
        ),
        row(
            16,
            table(
                "Told from where",
                _PLACED,
                [top("facets.region", "Subject country", 30)],
                count(),
                across=top("facets.country", "Source country", 8),
            ),
            table(
                "Countries by field of use",
                _PLACED,
                [top("facets.region", "Subject country", 30)],
                count(),
                across=top("facets.domain", "Field of use", 8),
            ),
        ),
        row(8, note("what-is-counted", _NOTE)),
    ],
    CONTROLS,
)
