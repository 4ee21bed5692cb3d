"""What is new: the newest stories, each by the article that opened it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from starlette.responses import Response

from streams.core import query as q
from streams.core.highlight import Highlight
from streams.core.query_parse import parse
from streams.core.records import Document
from streams.sinks import ArticleSearch

from ...api.stories import leading
from ..evidence import quotes_of
from ..first_run import nothing_yet
from ..routing import Pages
from ..visit import Visit

pages = Pages()

STORIES = 30
ASKED = {"main": parse("relevance:main"), "all": q.Everything()}
"""What the two sides of the switch show."""
_RECENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Card:
    """A story in a list: the article that opened it, and the newest of those that were asked for."""

    APART: ClassVar = timedelta(hours=1)
    """From here on it is said when the newest came."""
    lead: Document
    newest: Document
    quoted: Document
    """The one whose words are quoted."""
    quotes: tuple[Highlight, ...]
    """Of one field; none where only the title has words to show."""

    @property
    def watchlists(self) -> list[str]:
        """What flagged either of the two."""
        return sorted({*self.lead.watchlists, *self.newest.watchlists})

    @property
    def title_marks(self) -> list[tuple[int, int]]:
        """What is marked in the title: its flags, where there is nothing to quote."""
        if self.quotes:
            return []
        return [(flag.start, flag.end) for flag in self.lead.flags if flag.field == "title"]


@pages.get("/")
def show(visit: Visit) -> Response:
    """The newest stories on biometrics, or all; where there is nothing at all, how to begin."""
    if nothing_yet(visit.ports):
        return visit.go("/welcome")
    chosen = "all" if visit.query.get("show") == "all" else "main"
    with visit.ports.reading() as reading:
        after = visit.query.get("after")
        newest, following = leading(reading.index, ASKED[chosen], limit=STORIES, after=after)
        return visit.render(
            "now.html",
            chosen=chosen,
            cards=cards(reading.index, newest),
            counts=_recent(reading.index) if after is None else None,
            after=after,
            following=following,
        )


def cards(index: ArticleSearch, newest: Sequence[Document]) -> list[Card]:
    """Each story with its lead; where that is gone, the article at hand stands for it."""
    leads = _several(index, {one.story.lead for one in newest} - {one.id for one in newest})
    return [_card(leads.get(one.story.lead, one), one) for one in newest]


def _card(lead: Document, newest: Document) -> Card:
    quoted = lead if lead.flags or not newest.flags else newest
    quotes = [one for one in quotes_of(quoted) if one.field != "title"]
    return Card(lead, newest, quoted, tuple(quotes[:1]))


def _several(index: ArticleSearch, ids: set[str]) -> dict[str, Document]:
    if not ids:
        return {}
    any_of = q.join(q.Or, [q.Value("id", one) for one in sorted(ids)])
    found = index.search(any_of, limit=len(ids), copies=True)
    return {hit.document.id: hit.document for hit in found.hits}


def _recent(index: ArticleSearch) -> dict[str, int]:
    """Articles of the last day: those on biometrics, and all."""
    since = datetime.now(UTC) - _RECENT
    return {name: index.count(query, since=since) for name, query in ASKED.items()}
