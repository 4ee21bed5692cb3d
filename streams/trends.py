"""Themes, organisations and places over time against all coverage; spikes; who is named with what.

Read through the port of the index only, so both modes show the same. All numbers are articles without
near-duplicates, by day of publication (first seen, where a feed gives none), UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .core import query as q
from .core.index import normal
from .core.trends import Counted, Rise, Rises, lookback
from .sinks import ArticleSearch, Bars, Bucket

FACETS = ("theme", "organisation", "region")
SERIES = 6
"""Values of a facet that are drawn."""
RISES = 6
"""Spikes of a facet that are shown: the strongest."""
_JUDGED = 12
"""Spikes whose publishers are looked at."""
ROWS, COLUMNS = 12, 10
"""Organisations and themes of the table of both."""
_WINDOWS: dict[Bucket, timedelta] = {"day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Series:
    """One value over time."""

    value: str
    total: int
    counts: Sequence[int]
    """By bucket, in the order of `Trends.starts`."""


@dataclass(frozen=True, slots=True)
class Spike:
    """A spike of a value, and of how many publishers."""

    value: str
    rise: Rise
    sources: int


@dataclass(frozen=True, slots=True)
class FacetTrend:
    """A facet: its most frequent values over time, and the spikes of all of them."""

    facet: str
    series: Sequence[Series]
    values: int
    """That have any article in the period."""
    spikes: Sequence[Spike]


@dataclass(frozen=True, slots=True)
class Trends:
    """A period, in whole buckets."""

    bucket: Bucket
    starts: Sequence[datetime]
    until: datetime
    """Exclusive."""
    articles: Sequence[int]
    """All articles by bucket: the denominators."""
    facets: Sequence[FacetTrend]

    @property
    def total(self) -> int:
        """All articles of the period."""
        return sum(self.articles)


def trends(
    index: ArticleSearch,
    starts: Sequence[datetime],
    until: datetime,
    bucket: Bucket,
    facets: Sequence[str] = FACETS,
) -> Trends:
    """What each facet has in the buckets that begin at `starts`, which are whole and have no gaps.

    Spikes are looked for in days and weeks, over what came before the first bucket too.
    """
    window = _WINDOWS.get(bucket)
    before = starts[0] - lookback(window) if window else starts[0]
    everything = index.histogram(q.Everything(), bucket, since=before, until=until)
    found = index.trends(q.Everything(), facets, bucket, since=before, until=until)
    judge = Rises(Counted(everything), window) if window else None
    shown = []
    for facet in facets:
        series = sorted(
            (_series(value, bars, starts) for value, bars in found[facet].items()),
            key=lambda one: (-one.total, one.value),
        )
        spikes = _spikes(index, facet, found[facet], judge, starts[0]) if judge else []
        values = sum(one.total > 0 for one in series)
        shown.append(FacetTrend(facet, series[:SERIES], values, spikes))
    return Trends(bucket, starts, until, _filled(everything, starts), shown)


def _series(value: str, bars: Bars, starts: Sequence[datetime]) -> Series:
    counts = _filled(bars, starts)
    return Series(value, sum(counts), counts)


def _filled(bars: Bars, starts: Sequence[datetime]) -> Sequence[int]:
    counts = dict(bars)
    return [counts.get(at, 0) for at in starts]


def _spikes(
    index: ArticleSearch,
    facet: str,
    values: Mapping[str, Bars],
    judge: Rises,
    since: datetime,
) -> list[Spike]:
    """The strongest, strongest first; none that one publisher makes."""
    found = [(value, rise) for value, bars in values.items() for rise in judge.of(bars, since)]
    found.sort(key=lambda one: (one[1].usual.stories / one[1].count, -one[1].count, one[0], one[1].at))
    spikes = []
    for value, rise in found[:_JUDGED]:
        about = q.Value(facet, normal(facet, value))
        sources = index.facets(about, ["source"], since=rise.at, until=rise.at + judge.condition.window)[
            "source"
        ]
        others = rise.count - sources[0][1] if sources else 0
        if 2 * others >= judge.condition.count:
            spikes.append(Spike(value, rise, len(sources)))
        if len(spikes) == RISES:
            break
    return spikes


@dataclass(frozen=True, slots=True)
class Together:
    """How many articles name an organisation and have a theme, by the most frequent of both."""

    rows: Sequence[tuple[str, Sequence[int]]]
    columns: Sequence[str]
    pairs: int
    """All that there are, shown or not."""

    @property
    def most(self) -> int:
        """The highest count."""
        return max((count for _, counts in self.rows for count in counts), default=0)


def together(
    index: ArticleSearch, since: datetime, until: datetime, rows: str = "organisation", columns: str = "theme"
) -> Together:
    """Which organisations are named with which themes in a period."""
    pairs = index.together(q.Everything(), rows, columns, since=since, until=until)
    by_row: Counter[str] = Counter()
    by_column: Counter[str] = Counter()
    for row, column, count in pairs:
        by_row[row] += count
        by_column[column] += count
    counts = {(row, column): count for row, column, count in pairs}
    shown = [column for column, _ in by_column.most_common(COLUMNS)]
    return Together(
        rows=[
            (row, [counts.get((row, column), 0) for column in shown]) for row, _ in by_row.most_common(ROWS)
        ],
        columns=shown,
        pairs=len(pairs),
    )
