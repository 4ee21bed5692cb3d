"""Documents: found by a query, shown, explained, counted over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from connectors.errors import UserError
from streams.core.highlight import Highlight
from streams.core.index import FACETS
from streams.core.query_parse import parse
from streams.core.records import Document
from streams.explain import Explainer
from streams.sinks import Bucket, SearchResult, Sort

from .answers import answer
from .asked import Asked, Copies, Limit, Moment, Ports, no_article, period

router = APIRouter(prefix="/documents", tags=["documents"])

DocumentId = Annotated[
    str,
    Path(
        description="Id of a document, or the beginning of one (4 characters or more).",
        pattern="^[0-9a-f]{4,64}$",
    ),
]
Address = Annotated[str, Query(description="URL of an article.", min_length=1, max_length=4096)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of what a search found."""

    total: int
    """At least so many, when not `exact`."""
    exact: bool
    next: str | None
    """Give it as `after` for the next page; null on the last, and when sorted by relevance."""
    facets: Mapping[str, Mapping[str, int]]
    documents: Sequence[Document]
    highlights: Mapping[str, Sequence[Highlight]]
    """By document id: where the words of the query stand."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Documents of one hour, day, week or month."""

    when: datetime
    """Its begin, UTC."""
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Rising; buckets without documents are left out."""

    bucket: Bucket
    bars: Sequence[Bar]


@router.get("", response_model=Page, summary="Search documents")
def search(
    ports: Ports,
    *,
    query: Asked = "*",
    since: Moment = None,
    until: Moment = None,
    sort: Annotated[Sort, Query(description="Newest first, or best match first.")] = "new",
    limit: Limit = 20,
    after: Annotated[str | None, Query(description="`next` of the page before.", max_length=200)] = None,
    copies: Copies = False,
    facets: Annotated[
        str,
        Query(
            description=f"Count these, with commas between, or `all`: {', '.join(FACETS)}.", max_length=300
        ),
    ] = "",
) -> Response:
    """Find documents, newest first, near-duplicates left out unless asked for.

    The same as `biowire search --json --facets`, by pages.
    """
    wanted, counted = parse(query), _facets(facets)
    first, last = period(since, until)
    if after is not None and sort == "relevance":
        raise UserError("Pages go on with `after` only when sorted by `new`.")
    with ports.reading() as reading:
        found = reading.index.search(
            wanted,
            since=first,
            until=last,
            sort=sort,
            limit=limit,
            after=after,
            copies=copies,
            facets=counted,
        )
    return answer(page_of(found))


def page_of(found: SearchResult) -> Page:
    """A search's result as it is told."""
    return Page(
        total=found.total,
        exact=found.exact,
        next=found.next,
        facets={field: dict(counts) for field, counts in found.facets.items()},
        documents=[hit.document for hit in found.hits],
        highlights={hit.document.id: hit.highlights for hit in found.hits},
    )


def _facets(names: str) -> Sequence[str]:
    if names == "all":
        return FACETS
    asked = [name for name in names.split(",") if name]
    for name in asked:
        if name not in FACETS:
            raise UserError(f"There is no facet `{name}`; there are {', '.join(FACETS)}.")
    return list(dict.fromkeys(asked))


@router.get("/histogram", response_model=Histogram, summary="Count documents over time")
def histogram(
    ports: Ports,
    *,
    query: Asked = "*",
    since: Moment = None,
    until: Moment = None,
    bucket: Annotated[Bucket, Query(description="Hour, day, week (from Monday) or month; UTC.")] = "day",
    copies: Copies = False,
) -> Response:
    """How many documents were published in each hour, day, week or month."""
    wanted = parse(query)
    first, last = period(since, until)
    with ports.reading() as reading:
        bars = reading.index.histogram(wanted, bucket, since=first, until=last, copies=copies)
    return answer(Histogram(bucket, [Bar(when, count) for when, count in bars]))


@router.get("/lookup", response_model=Document, summary="Show the document of a URL")
def lookup(ports: Ports, url: Address) -> Response:
    """The document with this address, as delivered or canonical."""
    return answer(_found(ports, url))


@router.get("/explain", response_model=dict[str, Any], summary="Explain an article by its URL")
def explain_address(ports: Ports, url: Address) -> Response:
    """The trace of any address that ever came in, also where it is no document of its own."""
    return answer(_explained(ports, url))


@router.get("/{id}", response_model=Document, summary="Show a document")
def show(ports: Ports, id: DocumentId) -> Response:  # noqa: A002 - the name in the address
    """One document, whole: the same as `biowire show --json`."""
    return answer(_found(ports, id))


@router.get("/{id}/explain", response_model=dict[str, Any], summary="Explain a document")
def explain(ports: Ports, id: DocumentId) -> Response:  # noqa: A002 - the name in the address
    """Where it came from, what each stage decided and why: the same as `biowire explain --json`."""
    return answer(_explained(ports, id))


def _found(ports: Ports, which: str) -> Document:
    with ports.reading() as reading:
        document = reading.index.find(which)
    if document is None:
        raise no_article(which)
    return document


def _explained(ports: Ports, which: str) -> dict[str, Any]:
    with ports.reading() as reading:
        return Explainer(reading=reading, vocabulary=ports.vocabulary()).explain(which)
