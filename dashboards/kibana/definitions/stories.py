"""Stories and syndication: who told it first, who copied, what was a press release, whose view it is."""

from __future__ import annotations

from ..columns import among, count, middle, over, share, top
from ..dashboard import dashboard, row
from ..panels import bars, figure, found, lines, note, ring, table
from .searches import MOST_TOLD
from .views import CONTROLS, LEADS, MAIN, WITH_COPIES

_COPIES = WITH_COPIES.but('story.role : ("copy" or "press-release")')
_ROLES = {
    "opens a story": 'story.role : "lead"',
    "own report": 'story.role : "report"',
    "copy of another": 'story.role : "copy"',
    "press release, or reprint of one": 'story.role : "press-release"',
}

_NOTE = """
**What is counted.** Stories, first outlets and perspectives: articles about biometrics (relevance
`main`). Panels that say *all coverage*: every article kept, whatever it is about, with its copies, since
copying is what is looked at; the saved query *About biometrics* narrows them. A story is one event; its
first article in time opens it. Told by two outlets or more: in their own words, as neither copies nor
reprints of a press release.

**What is not covered.** The first outlet among those monitored need not be the first of all. What an
outlet reworded thoroughly counts as its own report. Perspectives are those of the feed list.
"""

STORIES = dashboard(
    "biowire-syndication",
    "biowire: Stories and syndication",
    "First outlets, reprints, press releases, and the balance of perspectives.",
    [
        row(
            6,
            figure("Stories", LEADS, count("Stories")),
            figure("Told by two outlets or more", LEADS, count("Stories", "story.independent >= 2")),
            figure("All coverage with copies", WITH_COPIES, count()),
            figure(
                "Copied or from a press release, of all coverage",
                WITH_COPIES,
                share("Part", 'story.role : ("copy" or "press-release")'),
            ),
            figure("Middle size of a story", LEADS, middle("story.size", "Articles")),
        ),
        row(
            13,
            bars(
                "Parts in stories over time, all coverage",
                WITH_COPIES,
                over("when"),
                count(),
                split=among("Part", _ROLES),
            ),
            ring("Parts in stories, all coverage", WITH_COPIES, among("Part", _ROLES), count()),
        ),
        row(
            15,
            table(
                "First outlets",
                LEADS,
                [top("facets.source", "Outlet", 50)],
                count("Stories opened"),
                count("taken up by others", "story.independent >= 2"),
            ),
            table(
                "Outlets that reprint, all coverage",
                _COPIES,
                [top("facets.source", "Outlet", 50)],
                count("Copies and releases"),
                count("from press releases", 'story.role : "press-release"'),
            ),
        ),
        row(
            13,
            lines(
                "Perspectives over time",
                MAIN,
                over("when"),
                count(),
                split=top("facets.perspective", "Perspective", 8),
            ),
            table(
                "Perspectives by theme",
                MAIN,
                [top("facets.theme", "Theme", 30)],
                count(),
                across=top("facets.perspective", "Perspective", 8),
            ),
        ),
        row(18, found(MOST_TOLD)),
        row(8, note("what-is-counted", _NOTE)),
    ],
    CONTROLS,
)
