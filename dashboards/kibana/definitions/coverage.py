"""Coverage and health: what came in from where, what became of it, and who has fallen silent."""

from __future__ import annotations

from ..columns import count, latest, over, share, top, unique
from ..dashboard import dashboard, row
from ..panels import bars, figure, found, lines, note, table
from .searches import NOT_KEPT
from .views import EVERYTHING, ITEMS

_NOTE = """
**What is counted.** Items: everything that feeds delivered, by the time at which it came in, also what
was already known. Each has exactly one outcome: `new`, `revision` (the publisher changed the words),
`near_duplicate` (a copy), `duplicate` (delivered before), `skipped`, or `failed` (a dead letter), so the
outcomes add up to the items.

**What is not covered.** A feed that brought nothing in the chosen time is in no table here: choose a
longer time, and see those silent for longest. Which feeds answer, and with what errors, is told by
`biowire feeds list` and by the metrics for Prometheus; how to send dead letters again, by `biowire
deadletters`.
"""

COVERAGE = dashboard(
    "biowire-coverage",
    "biowire: Coverage and health",
    "What came in from where, what became of it, and which feeds have fallen silent.",
    [
        row(
            6,
            figure("Items received", ITEMS, count("Items")),
            figure("Feeds that brought something", ITEMS, unique("feed_url", "Feeds")),
            figure("New articles", ITEMS, count("Items", 'outcome : "new"')),
            figure("Known already", ITEMS, share("Part", 'outcome : "duplicate"')),
            figure("Dead letters", ITEMS, count("Items", 'outcome : "failed"')),
        ),
        row(
            13,
            bars(
                "What became of items",
                ITEMS,
                over("received"),
                count("Items"),
                split=top("outcome", "Outcome", 6),
            ),
            lines("Feeds heard from", ITEMS, over("received"), unique("feed_url", "Feeds")),
        ),
        row(
            16,
            table(
                "Silent for longest",
                ITEMS,
                [top("feed_url", "Feed", 100, least=True)],
                latest("received", "Last item"),
                count("Items"),
            ),
            table(
                "Feeds by what they bring",
                ITEMS,
                [top("feed_url", "Feed", 100)],
                count("Items"),
                share("New", 'outcome : "new"'),
                share("Copies", 'outcome : "near_duplicate"'),
                count("Dead letters", 'outcome : "failed"'),
            ),
        ),
        row(
            13,
            bars(
                "Outlets by kind",
                EVERYTHING,
                top("facets.kind", "Kind", 12),
                unique("source.host", "Outlets"),
                lying=True,
            ),
            bars(
                "Outlets by perspective",
                EVERYTHING,
                top("facets.perspective", "Perspective", 12),
                unique("source.host", "Outlets"),
                lying=True,
            ),
            bars(
                "Outlets by country",
                EVERYTHING,
                top("facets.country", "Source country", 20),
                unique("source.host", "Outlets"),
                lying=True,
            ),
        ),
        row(14, found(NOT_KEPT)),
        row(8, note("what-is-counted", _NOTE)),
    ],
)
