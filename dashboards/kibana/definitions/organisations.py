"""Organisations and laws: who is named with what, over time, and what subscribers were told."""

from __future__ import annotations

from ..columns import count, over, top, unique
from ..dashboard import dashboard, row
from ..panels import bars, figure, found, lines, note, table
from .searches import ALERT_HISTORY, VENDORS
from .views import ALERTS_RAISED, CONTROLS, MAIN

_NAMED = MAIN.but("facets.organisation : *")
_LAWS = MAIN.but("facets.law : *")

_NOTE = """
**What is counted.** Articles about biometrics (relevance `main`), each once, that name an organisation or
a law of the vocabulary under any of its names. *Stories* counts the events behind them: one event told by
ten outlets is ten articles and one story.

**What is not covered.** Organisations and laws that the vocabulary does not hold. Named together is not
the same as done together: read the article. Alerts are those of the subscriptions of this
instance, without withdrawn ones. Their charts follow the time, not the controls above; the list of alerts is
empty while a control is set, since alerts have no such fields.
"""

ORGANISATIONS = dashboard(
    "biowire-organisations",
    "biowire: Organisations and laws",
    "Who is named with what, over time, and which alerts were raised.",
    [
        row(
            6,
            figure("Articles that name an organisation", _NAMED, count()),
            figure("Organisations named", _NAMED, unique("facets.organisation", "Organisations")),
            figure("Articles that name a law", _LAWS, count()),
            figure("Laws named", _LAWS, unique("facets.law", "Laws")),
            figure("Alerts raised", ALERTS_RAISED, count("Alerts")),
        ),
        row(
            15,
            table(
                "Organisations",
                _NAMED,
                [top("facets.organisation", "Organisation", 100)],
                count(),
                unique("story_id", "Stories"),
                unique("source.host", "Outlets"),
            ),
            table(
                "Organisations by theme",
                _NAMED,
                [top("facets.organisation", "Organisation", 30)],
                count(),
                across=top("facets.theme", "Theme", 8),
            ).wide(2),
        ),
        row(
            13,
            lines(
                "Organisations over time",
                _NAMED,
                over("when"),
                count(),
                split=top("facets.organisation", "Organisation", 8),
            ),
            lines("Laws over time", _LAWS, over("when"), count(), split=top("facets.law", "Law", 8)),
        ),
        row(
            15,
            table(
                "Laws by theme",
                _LAWS,
                [top("facets.law", "Law", 50)],
                count(),
                across=top("facets.theme", "Theme", 8),
            ),
            table(
                "Organisations with laws",
                _NAMED.but("facets.law : *"),
                [top("facets.organisation", "Organisation", 30)],
                count(),
                across=top("facets.law", "Law", 8),
            ),
        ),
        row(
            13,
            bars(
                "Alerts over time",
                ALERTS_RAISED,
                over("raised"),
                count("Alerts"),
                split=top("subscription", "Subscription", 10),
            ),
            table(
                "Alerts by subscription",
                ALERTS_RAISED,
                [top("subscription", "Subscription", 50), top("kind", "Kind", 8)],
                count("Alerts"),
            ),
        ),
        row(14, found(ALERT_HISTORY)),
        row(16, found(VENDORS)),
        row(8, note("what-is-counted", _NOTE)),
    ],
    CONTROLS,
)
