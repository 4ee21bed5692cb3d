"""A story: who told of an event, in which order, who reported for themselves and who copied whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from streams.core import query as q
from streams.core.records import Document, Role, Story
from streams.reading import Reading

from ...api.answers import Missing
from ..evidence import quotes_of
from ..routing import Pages
from ..visit import Visit

pages = Pages()

_ID = re.compile("s?[0-9a-f]{4,64}")
_MOST = 200
"""Articles told of on one page; of more, the newest, and the one that opened it."""
ROLES: tuple[Role, ...] = ("lead", "report", "press-release", "copy")


@dataclass(frozen=True, slots=True)
class Place:
    """An article on the line of time that the page draws."""

    document: Document
    x: float


@pages.get("/stories/{id}")
def show(visit: Visit) -> Response:
    """Its articles in the order they came, with the part each plays and why it belongs here."""
    id_ = visit.part("id")
    if not _ID.fullmatch(id_):
        raise _missing(id_[:66])
    with visit.ports.reading() as reading:
        story = reading.index.story(id_)
        if story is None:
            return visit.go(f"/stories/{_where_it_is_now(reading, id_)}")
        documents = _articles(reading, story)
    lead = next((one for one in documents if one.id == story.lead), documents[0] if documents else None)
    if lead is None:
        raise _missing(id_)
    return visit.render(
        "story.html",
        story=story,
        lead=lead,
        documents=documents,
        quotes={one.id: quotes_of(one) for one in documents},
        roles=_roles(documents),
        flags=Counter(one for document in documents for one in document.watchlists).most_common(),
        labels=_labels(documents),
        outlets=_outlets(documents),
        places=_places(documents, story.first, story.last),
    )


def _articles(reading: Reading, story: Story) -> list[Document]:
    """Oldest first."""
    found = reading.index.search(q.Value("story", story.id), limit=_MOST, copies=True)
    documents = [hit.document for hit in found.hits]
    if found.next is not None and all(one.id != story.lead for one in documents):
        lead = reading.index.get(story.lead)
        documents += [lead] if lead else []
    return documents[::-1]


def _where_it_is_now(reading: Reading, id_: str) -> str:
    """The story that the article which gave a story its id belongs to now."""
    trace = reading.received.trace(id_.removeprefix("s"))
    document = reading.index.get(trace.id) if trace else None
    if document is None or document.story_id == id_:
        raise _missing(id_)
    return document.story_id


def _missing(id_: str) -> Missing:
    return Missing(f"There is no story {id_}.")


def _roles(documents: Sequence[Document]) -> list[tuple[Role, int]]:
    """How many play which part."""
    counted = Counter(one.story.role for one in documents)
    return [(role, counted[role]) for role in ROLES if counted[role]]


def _labels(documents: Sequence[Document]) -> list[tuple[str, str, int]]:
    """Facet, label, and in how many of its articles; the most frequent first."""
    counted = Counter((label.facet, label.id) for one in documents for label in one.labels)
    return [(facet, id_, count) for (facet, id_), count in counted.most_common()]


def _outlets(documents: Sequence[Document]) -> list[tuple[str, int]]:
    return Counter(one.source.name or one.source.host for one in documents).most_common()


def _places(documents: Sequence[Document], first: datetime, last: datetime) -> list[Place]:
    """Where each stands between the first and the last, in hundredths."""
    whole = max(last - first, timedelta(seconds=1))
    return [Place(one, round(100 * min(1.0, max(0.0, (one.when - first) / whole)), 2)) for one in documents]
