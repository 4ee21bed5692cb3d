"""Find articles: one box, counts to narrow by, a histogram to take a period from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from connectors.errors import UserError
from streams.core import query as q
from streams.core.index import FACETS
from streams.core.narrowing import chosen, holds, narrowed, without
from streams.core.query import LABEL_FACETS, QuerySyntaxError
from streams.near_misses import NearMiss, near_misses
from streams.saved_searches import SavedSearches
from streams.sinks import ArticleSearch, Counts, SearchResult

from ..routing import Pages
from ..searched import Asked, asked
from ..timeline import bucket_for, timeline
from ..visit import Visit
from .saved import address
from .search_files import MOST_ROWS

pages = Pages()

ON_PAGE = 20
FURTHEST = 1000
"""Articles that may be leafed through in order of relevance."""
VALUES = 12
"""Values shown of a facet."""
_ORDER = tuple(dict.fromkeys(("watchlist", "theme", "organisation", "country", *LABEL_FACETS, *FACETS)))
"""Of facets, as people ask: what it is about before who wrote it."""
_AROUND = 48
"""Characters shown on each side of where a query goes wrong."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, how many articles have it, and where a click leads; `address` is empty for one chosen."""

    value: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its most frequent values."""

    name: str
    values: Sequence[FacetValue]
    more: int
    """Values that are not shown."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A part of the query that can be taken out, and where that leads."""

    part: str
    address: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a query goes wrong: its text around the place, and how far a caret is moved to stand under it."""

    line: str
    caret: str


@pages.get("/search")
def show(visit: Visit) -> Response:
    """A page of results, or what is wrong with the question."""
    try:
        wanted = asked(visit.query)
    except UserError as wrong:
        place = pointed(wrong) if isinstance(wrong, QuerySyntaxError) else None
        sentence = wrong.sentence if isinstance(wrong, QuerySyntaxError) else str(wrong)
        return visit.render("search_wrong.html", 400, place=place, sentence=sentence)
    saved = SavedSearches(visit.ports.context.home).all()
    with visit.ports.reading() as reading:
        index = reading.index
        first, last = _shown_period(index, wanted)
        found = _found(index, wanted, first, last)
        compared = index.count(q.Everything(), **wanted.range)
        near = (
            []
            if found.total
            else near_misses(index, wanted.query, wanted.first, wanted.last, copies=wanted.copies)
        )
    return visit.render(
        "search.html",
        asked=wanted,
        found=found,
        all_articles=compared,
        facets=_facets(wanted, found.facets),
        choices=[
            Choice(str(part), wanted.address(q=without(wanted.text, part))) for part in chosen(wanted.query)
        ],
        line=timeline(found.bars, bucket_for(first, last), first, last),
        older=_older(wanted, found),
        near=[(one, _near_address(wanted, one)) for one in near],
        saved=[(one, address(one)) for one in saved],
        most_rows=MOST_ROWS,
    )


def _found(index: ArticleSearch, wanted: Asked, first: datetime, last: datetime) -> SearchResult:
    """One page, with all counts of it."""
    by_time = wanted.sort == "new"
    return index.search(
        wanted.query,
        **wanted.range,
        sort=wanted.sort,
        limit=ON_PAGE,
        offset=0 if by_time else _offset(wanted.after),
        after=(wanted.after or None) if by_time else None,
        facets=FACETS,
        bars=bucket_for(first, last),
    )


def _offset(after: str) -> int:
    if not after:
        return 0
    if not after.isdecimal() or len(after) > 4 or int(after) > FURTHEST:
        raise UserError(f"In order of relevance the first {FURTHEST:,} articles can be leafed through.")
    return int(after)


def _older(wanted: Asked, found: SearchResult) -> str:
    """The next page; empty on the last."""
    if wanted.sort == "new":
        return wanted.address(after=found.next) if found.next else ""
    following = _offset(wanted.after) + ON_PAGE
    return wanted.address(after=str(following)) if following < min(found.total, FURTHEST) else ""


def _shown_period(index: ArticleSearch, wanted: Asked) -> tuple[datetime, datetime]:
    """What the histogram shows: the period asked for; where a side is open, what the archive has."""
    now = datetime.now(UTC)
    first, last = wanted.first, wanted.last
    if first is None:
        oldest = next(iter(index.older(last or datetime.max.replace(tzinfo=UTC), 1)), None)
        document = index.get(oldest) if oldest else None
        first = document.when if document else (last or now) - timedelta(days=1)
    if last is None:
        newest = index.search(q.Everything(), limit=1, copies=True).hits
        newest_at = newest[0].document.when if newest else now
        last = min(newest_at, now) + timedelta(seconds=1)  # a feed may give any date
    return first, max(last, first + timedelta(seconds=1))


def _facets(wanted: Asked, counts: Counts) -> Sequence[Facet]:
    return [
        Facet(
            name,
            [_value(wanted, name, value, count) for value, count in own[:VALUES]],
            max(0, len(own) - VALUES),
        )
        for name in _ORDER
        if (own := counts.get(name, ()))
    ]


def _value(wanted: Asked, field: str, value: str, count: int) -> FacetValue:
    if holds(wanted.query, field, value):
        return FacetValue(value, count, "")
    return FacetValue(value, count, wanted.address(q=narrowed(wanted.text, field, value)))


def _near_address(wanted: Asked, near: NearMiss) -> str:
    if near.kind == "copies":
        return wanted.address(copies="1")
    if near.kind == "always":
        return wanted.address(since="", until="")
    return wanted.address(q=str(near.query))


def pointed(wrong: QuerySyntaxError) -> Place:
    """The part of a query around the place, and a caret under it, in columns of a fixed font."""
    at = min(wrong.position, len(wrong.query))
    start = max(0, at - _AROUND)
    before = "".join(" " if one.isspace() else one for one in wrong.query[start:at])
    after = "".join(" " if one.isspace() else one for one in wrong.query[at : at + _AROUND])
    cut = "…" if start else ""
    return Place(line=f"{cut}{before}{after}", caret=" " * (len(cut) + _columns(before)) + "^")


def _columns(text: str) -> int:
    """Of a fixed font: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )
