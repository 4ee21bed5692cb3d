"""What is rising: shares of all coverage over time, spikes with their evidence, who is named with what."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from connectors.errors import UserError
from streams.core import query as q
from streams.core.alerts.wording import figure, percent
from streams.core.narrowing import clause
from streams.export import cell
from streams.sinks import ArticleSearch, Bucket
from streams.trends import FACETS, FacetTrend, Trends, together, trends

from ...api.answers import Missing
from ...api.asked import period
from .. import charts
from ..names import naming
from ..routing import Pages
from ..timeline import floor, following, named
from ..visit import Visit

pages = Pages()

DAYS = (30, 90, 365)
"""Lengths of period that are offered, beside all there is."""
_MOST = 400
"""Buckets of a chart."""
_SHADES = 5


@dataclass(frozen=True, slots=True)
class Span:
    """The period a page shows, in whole days, weeks or months."""

    bucket: Bucket
    starts: Sequence[datetime]
    until: datetime
    asked: Mapping[str, str]
    """As the address says it; without anything, the newest 90 days there are."""

    def address(self, path: str, **more: str) -> str:
        """A page or picture of this period."""
        parts = {name: value for name, value in {**self.asked, **more}.items() if value}
        return f"{path}?{urlencode(parts)}" if parts else path


def _span(visit: Visit, index: ArticleSearch) -> Span | None:
    """What is asked for; None for an empty archive. Raises UserError."""
    since, until = (visit.query.get(name, "").strip() for name in ("since", "until"))
    days = visit.query.get("days", "")
    if days not in {"", "all", *map(str, DAYS)}:
        raise UserError(f"`{days[:20]}` is no length of period; there are 30, 90, 365 and all.")
    first, last = period(since or None, until or None)
    newest = index.search(q.Everything(), limit=1, copies=True).hits
    if not newest:
        return None
    if last is None:
        last = min(newest[0].document.when, datetime.now(UTC)) + timedelta(seconds=1)
    if first is None:
        oldest = _oldest(index)
        first = oldest if days == "all" else _midnight(last) - timedelta(days=int(days or DAYS[1]) - 1)
        first = max(first, oldest) if oldest < last else first
    if first >= last:
        raise UserError("The period ends before it begins.")
    bucket: Bucket = "day" if last - first <= timedelta(days=100) else "week"
    if last - first > timedelta(weeks=160):
        bucket = "month"
    starts = _starts(first, last, bucket)[-_MOST:]
    asked = {"since": since, "until": until, "days": "" if since else days}
    return Span(bucket, starts, following(starts[-1], bucket), asked)


def _midnight(last: datetime) -> datetime:
    """The first moment of the last day; `last` is exclusive."""
    return floor(last - timedelta(seconds=1), "day")


def _oldest(index: ArticleSearch) -> datetime:
    ids = index.older(datetime.max.replace(tzinfo=UTC), 1)
    document = index.get(ids[0]) if ids else None
    return document.when if document else datetime.now(UTC)


def _starts(first: datetime, last: datetime, bucket: Bucket) -> list[datetime]:
    starts, at = [], floor(first, bucket)
    while at < last:
        starts.append(at)
        at = following(at, bucket)
    return starts


@pages.get("/trends")
def show(visit: Visit) -> Response:
    """All of it for a period."""
    with _looking(visit) as (index, span):
        if span is None:
            return visit.render("trends.html", span=None)
        found = trends(index, span.starts, span.until, span.bucket)
        pairs = together(index, span.starts[0], span.until)
    return visit.render(
        "trends.html",
        span=span,
        trends=found,
        pairs=pairs,
        first=span.starts[0],
        last=span.until - timedelta(seconds=1),
        bars=[named(at, span.bucket) for at in found.starts],
        mark=_mark(found),
        figure=figure,
        percent=percent,
        period_days=DAYS,
        shade=lambda count: -(-_SHADES * count // pairs.most) if count else 0,
        to=lambda *parts, at=None: _to(parts, at or (span.starts[0], span.until)),
        rise_period=lambda rise: (rise.at, following(rise.at, span.bucket)),
    )


@contextmanager
def _looking(visit: Visit) -> Iterator[tuple[ArticleSearch, Span | None]]:
    with visit.ports.reading() as reading:
        yield reading.index, _span(visit, reading.index)


def _to(parts: Sequence[tuple[str, str]], at: tuple[datetime, datetime]) -> str:
    """The search that shows the articles of a number."""
    since, until = at[0].date(), (at[1] - timedelta(seconds=1)).date()
    query = " ".join(clause(field, value) for field, value in parts)
    return f"/search?{urlencode({'q': query, 'since': since.isoformat(), 'until': until.isoformat()})}"


def _mark(found: Trends) -> str:
    """Changes with what charts are drawn from."""
    told = repr((found.starts, found.articles, found.facets)).encode()
    return hashlib.sha256(told).hexdigest()[:12]


@pages.get("/trends/{file}")
def file(visit: Visit) -> Response:
    """`theme.svg`, a chart; `theme.csv`, what it is drawn from; `together.csv`."""
    name, _, kind = visit.part("file").partition(".")
    if kind == "svg" and name in FACETS:
        return _chart(visit, name)
    if kind == "csv" and name in FACETS:
        return _table(name, _rows(*_one(visit, name)))
    if kind == "csv" and name == "together":
        return _table(name, _pairs(visit))
    raise Missing("There is no such chart.")


def _one(visit: Visit, facet: str) -> tuple[Trends, FacetTrend]:
    with _looking(visit) as (index, span):
        if span is None:
            raise Missing("There is nothing in the archive yet.")
        found = trends(index, span.starts, span.until, span.bucket, [facet])
    return found, found.facets[0]


def _chart(visit: Visit, facet: str) -> Response:
    scheme = visit.query.get("scheme", "light")
    if scheme not in charts.SCHEMES:
        raise Missing("There is no such chart.")
    found, one = _one(visit, facet)
    narrow = visit.query.get("narrow") == "1"
    called = naming(visit.ports.vocabulary)
    names = {series.value: called(facet, series.value) for series in one.series}
    picture = charts.drawn(charts.lines(found, one, names, scheme, narrow=narrow))
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})


def _rows(found: Trends, one: FacetTrend) -> Iterator[Sequence[object]]:
    yield ("from", "all articles", *(series.value for series in one.series))
    for place, (at, articles) in enumerate(zip(found.starts, found.articles, strict=True)):
        yield (at.date().isoformat(), articles, *(series.counts[place] for series in one.series))


def _pairs(visit: Visit) -> Iterator[Sequence[object]]:
    yield ("organisation", "theme", "articles")
    with _looking(visit) as (index, span):
        if span is not None:
            yield from index.together(
                q.Everything(), "organisation", "theme", since=span.starts[0], until=span.until
            )


def _table(name: str, rows: Iterator[Sequence[object]]) -> Response:
    text = io.StringIO()
    csv.writer(text).writerows([cell(one) for one in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="biowire-{name}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
