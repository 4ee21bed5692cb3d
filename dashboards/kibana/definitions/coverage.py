"""Coverage and health: how feeds fare, what came in from where, what became of it, and what was given up."""

from __future__ import annotations

from ..columns import count, largest, latest, over, share, top, unique
from ..dashboard import dashboard, row
from ..panels import bars, figure, found, lines, note, ring, table
from .searches import NEWEST_DEAD_LETTERS, NOT_KEPT
from .views import EVERYTHING, FEEDS_FOLLOWED, FEEDS_IN_TROUBLE, GIVEN_UP, ITEMS

_NOTE = """
**What is counted.** Feeds: the feed list as it is now, whatever time is chosen, with what
`biowire feeds list` says of each: `ok`, `empty` (it answers, and holds nothing), `failing`, `retired` (not
asked any more) or `new` (not asked yet). Items: everything that feeds delivered, by the time at which it
came in, also what was already known. Each has exactly one outcome: `new`, `revision` (the publisher changed
the words), `near_duplicate` (a copy), `duplicate` (delivered before), `skipped`, or `failed` (a dead letter
of the first stages), so the outcomes add up to the items. Dead letters: what any stage gave up, by the time
at which it did, until it is sent again or discarded (`biowire deadletters`). Feeds and dead letters are
brought here once a minute.

**What is not covered.** How far the workers are behind, and how long an item takes from its arrival into
the index, is told by the metrics for Prometheus (`biowire_lag_messages`, `biowire_article_age_seconds`) and
by `biowire status`. How long publishers' items take to arrive is not measured: each item has both dates,
`published` and `received`.
"""

COVERAGE = dashboard(
    "biowire-coverage",
    "biowire: Coverage and health",
    "How feeds fare, what came in from where, what became of it, and what was given up.",
    [
        row(
            6,
            figure("Feeds followed", FEEDS_FOLLOWED, count("Feeds")),
            figure("Feeds that answer", FEEDS_FOLLOWED, share("Part", 'health : ("ok" or "empty")')),
            figure("Feeds late by an hour", FEEDS_FOLLOWED, count("Feeds", "next_fetch < now-1h")),
            figure("Feeds that brought something", ITEMS, unique("feed_url", "Feeds")),
        ),
        row(
            6,
            figure("Items received", ITEMS, count("Items")),
            figure("New articles", ITEMS, count("Items", 'outcome : "new"')),
            figure("Known already", ITEMS, share("Part", 'outcome : "duplicate"')),
            figure("Dead letters", GIVEN_UP, count("Dead letters")),
        ),
        row(
            13,
            ring("Feeds by how they stand", FEEDS_FOLLOWED, top("health", "Health", 5), count("Feeds")),
            table(
                "Feeds that fail or are not asked any more",
                FEEDS_IN_TROUBLE,
                [top("url", "Feed", 100, least=True), top("reason", "Reason", 1)],
                latest("failing_since", "Failing since"),
                latest("last_success", "Last success"),
                latest("next_fetch", "Asked again"),
            ).wide(2),
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
                FEEDS_FOLLOWED.but('not health : "retired"'),
                [top("url", "Feed", 100, least=True)],
                latest("last_change", "Last new item"),
                latest("last_success", "Last success"),
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
        row(
            13,
            bars(
                "Dead letters by stage",
                GIVEN_UP,
                over("time"),
                count("Dead letters"),
                split=top("stage", "Stage", 5),
            ),
            table(
                "Dead letters by reason",
                GIVEN_UP,
                [top("stage", "Stage", 5), top("kind", "Reason", 20)],
                count("Dead letters"),
                latest("time", "Last"),
                largest("tries", "Most tries"),
            ),
        ),
        row(14, found(NEWEST_DEAD_LETTERS)),
        row(14, found(NOT_KEPT)),
        row(11, note("what-is-counted", _NOTE)),
    ],
)
