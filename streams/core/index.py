"""What is kept of an article for searching, and how it becomes the document people see. Pure.

    flagged ─► Stored ─► (put)  index  (get) ─► compose(Stored, Grouping, Story) ─► Document

A `Stored` changes only with its own words, vocabulary or sightings. What other articles decide about it
(its story, whose copy it is) is kept beside it and joined at read, so a growing story rewrites no text.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from .query import LABEL_FACETS
from .records import Dedup, Document, Evidence, Flag, Grouping, Label, Relevance, Source, Story, StoryRef
from .text import fold_text, tokens

VERSION = 1
"""Of the token streams; rises when they change, so that an index of the old ones is built anew."""

FACETS = (
    *("source", "country", "kind", "perspective", "language", "relevance", "watchlist"),
    *LABEL_FACETS,
)
"""What can be counted by value; each is also a field of the query language."""

WHOLE_FIELDS = frozenset({"url", "feed", "story", "relevance"})
"""Fields without `prefix*`."""

_EXACT = frozenset({"url", "feed", "id", "story"})
_MAX_VALUE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A document without what other articles decide about it."""

    id: str
    url: str
    canonical_url: str
    feed_url: str
    source: Source
    title: str
    summary: str
    text: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    language: str
    published: datetime | None
    updated: datetime | None
    first_seen: datetime
    revision: int
    content_hash: str
    relevance: Relevance
    relevance_score: float
    relevance_reasons: tuple[Evidence, ...]
    labels: tuple[Label, ...]
    flags: tuple[Flag, ...]
    watchlists: tuple[str, ...]
    sightings: int
    vocabulary_version: str
    pipeline_version: str

    @property
    def when(self) -> datetime:
        """Published, or first seen where the feed does not say."""
        return self.published or self.first_seen


_FIELDS = tuple(field.name for field in fields(Stored))


def strip(document: Stored | Document) -> Stored:
    """Leave out of a document what its grouping and story say."""
    if isinstance(document, Stored):
        return document
    return Stored(**{name: getattr(document, name) for name in _FIELDS})


def compose(stored: Stored, grouping: Grouping | None, story: Story | None) -> Document:
    """Join an article with its place among the others; one not grouped yet is a story of its own."""
    own = {name: getattr(stored, name) for name in _FIELDS}
    return Document(
        **own,
        dedup=dedup_of(stored.revision, grouping),
        story_id=grouping.story_id if grouping else stored.id,
        story=story_ref(stored.id, stored.source.host, grouping, story),
    )


def dedup_of(revision: int, grouping: Grouping | None) -> Dedup:
    """The `dedup` field of an article in its revision-th version."""
    if grouping and grouping.near_duplicate:
        match = grouping.near_duplicate
        return Dedup(outcome="near_duplicate", of=match.of, similarity=match.similarity, reason=match.reason)
    if revision > 1:
        reason = f"The publisher changed the words: this is version {revision}."
        return Dedup(outcome="revision", of=None, similarity=None, reason=reason)
    return Dedup(outcome="new", of=None, similarity=None, reason="No earlier article has these words.")


def story_ref(id: str, host: str, grouping: Grouping | None, story: Story | None) -> StoryRef:  # noqa: A002
    """The `story` field of an article."""
    reason = "It opens its story: no earlier article tells of the same event."
    if grouping and grouping.joined:
        reason = grouping.joined.reason
    return StoryRef(
        lead=story.lead if story else id,
        size=story.size if story else 1,
        sources=story.sources if story else (host,),
        independent=story.independent if story else 1,
        role=grouping.role if grouping else "lead",
        reason=reason,
    )


@functools.lru_cache(maxsize=4096)  # labels, languages and outlets come again and again
def normal(field: str, value: str) -> str:
    """Bring a value of a field to the form that is compared: folded, without quotes, one space."""
    plain = value.translate(_QUOTES)
    if field not in _EXACT:
        plain = fold_text(plain)
    return " ".join(plain.split())[:_MAX_VALUE] if field not in _EXACT else plain.strip()


_QUOTES = dict.fromkeys(map(ord, '"“”„«»'))


def values(document: Stored | Document) -> Iterator[tuple[str, str]]:
    """Each field and value the query language can ask for, as written; some more than once."""
    source = document.source
    yield "id", document.id
    yield "url", document.url
    yield "url", document.canonical_url
    yield "feed", document.feed_url
    yield "host", source.host
    yield "source", source.host
    for field, names in (
        ("source", (source.name,)),
        ("author", document.authors),
        ("category", document.categories),
    ):
        for name in names:
            yield field, name
            for word in tokens(fold_text(name)):
                yield field, word
    yield "language", document.language
    yield "relevance", document.relevance
    for field, value in (
        ("country", source.country),
        ("kind", source.kind),
        ("perspective", source.perspective),
    ):
        if value:
            yield field, value
    for label in document.labels:
        yield "label", label.id
        yield label.facet, label.id
    for watchlist in document.watchlists:
        yield "flag", watchlist
    for flag in document.flags:
        yield "term", flag.term


def terms(document: Stored | Document) -> set[tuple[str, str]]:
    """Each field with each value it holds, in the form that is compared."""
    found = {(field, normal(field, value)) for field, value in values(document)}
    return {term for term in found if term[1]}


def facets(document: Stored | Document) -> Iterator[tuple[str, str]]:
    """Each facet with each value counted for it, as shown to people."""
    source = document.source
    yield "source", source.name or source.host
    yield "language", document.language
    yield "relevance", document.relevance
    if source.country:
        yield "country", source.country
    if source.kind:
        yield "kind", source.kind
    if source.perspective:
        yield "perspective", source.perspective
    for watchlist in document.watchlists:
        yield "watchlist", watchlist
    for label in document.labels:
        yield label.facet, label.id
