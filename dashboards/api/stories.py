"""Stories: articles on one event, newest first, and each with all of its articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from streams.core import query as q
from streams.core.query_parse import parse
from streams.core.records import Document, Story
from streams.sinks import ArticleSearch, Hit
from streams.sinks.order import cursor

from .answers import Missing, answer
from .asked import Asked, Limit, Moment, Ports, period

router = APIRouter(prefix="/stories", tags=["stories"])

_PAGE = 100
"""Documents looked at in one go for the stories they belong to."""
_MEMBERS = 200
"""Articles shown of one story."""

StoryId = Annotated[str, Path(description="Id of a story.", pattern="^[0-9a-z]{4,65}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story with the newest of its documents that the query finds."""

    story: Story
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    """One page of stories."""

    stories: Sequence[Told]
    next: str | None
    """Give it as `after` for the next page; null on the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A story with its articles, newest first, copies included."""

    story: Story
    documents: Sequence[Document]
    total: int
    """How many there are; at most 200 are shown."""


@router.get("", response_model=Stories, summary="List stories")
def newest(
    ports: Ports,
    query: Asked = "*",
    since: Moment = None,
    until: Moment = None,
    limit: Limit = 20,
    after: Annotated[str | None, Query(description="`next` of the page before.", max_length=200)] = None,
) -> Response:
    """Stories by the newest of their documents that the query finds, each once over all pages."""
    wanted = parse(query)
    first, last = period(since, until)
    with ports.reading() as reading:
        stories, following = told(reading.index, wanted, first, last, limit=limit, after=after)
    return answer(Stories(stories=stories, next=following))


def told(
    index: ArticleSearch,
    query: q.Query,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    limit: int,
    after: str | None = None,
) -> tuple[Sequence[Told], str | None]:
    """One page of stories, newest first, and where the next one begins."""
    documents, following = leading(index, query, since, until, limit=limit, after=after)
    stories = [
        Told(story=story, document=document)
        for document in documents
        if (story := index.story(document.story_id)) is not None
    ]
    return stories, following


def leading(
    index: ArticleSearch,
    query: q.Query,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    limit: int,
    after: str | None = None,
) -> tuple[Sequence[Document], str | None]:
    """The newest document of each story on one page of stories, and where the next page begins."""
    found = list(islice(_leading(index, query, since, until, after), limit + 1))
    return [hit.document for hit, _ in found[:limit]], found[limit - 1][1] if len(found) > limit else None


def _leading(
    index: ArticleSearch, query: q.Query, since: datetime | None, until: datetime | None, after: str | None
) -> Iterator[tuple[Hit, str]]:
    """Each story's newest document, newest first, with the place to go on from."""
    known: set[str] = set()
    begun_before = after is not None
    while True:
        page = index.search(query, since=since, until=until, limit=_PAGE, after=after)
        for hit in page.hits:
            story = hit.document.story_id
            if story in known:
                continue
            known.add(story)
            if not (begun_before and _newer(index, query, since, until, hit.document)):
                yield hit, cursor(hit.document)
        after = page.next
        if after is None:
            return


def _newer(
    index: ArticleSearch, query: q.Query, since: datetime | None, until: datetime | None, document: Document
) -> bool:
    """Whether an earlier page told of the story, by a newer document."""
    if document.story.size == 1:
        return False
    of_story = q.both(query, q.Value("story", document.story_id))
    newest = index.search(of_story, since=since, until=until, limit=1)
    return bool(newest.hits) and newest.hits[0].document.id != document.id


@router.get("/{id}", response_model=Whole, summary="Show a story")
def show(ports: Ports, id: StoryId) -> Response:  # noqa: A002 - the name in the address
    """A story with its articles, newest first, copies included."""
    with ports.reading() as reading:
        story = reading.index.story(id)
        if story is None:
            raise Missing(f"There is no story {id}.")
        found = reading.index.search(q.Value("story", id), limit=_MEMBERS, copies=True)
    return answer(Whole(story=story, documents=[hit.document for hit in found.hits], total=story.size))
