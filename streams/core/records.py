"""What the stages hand on: article -> classified -> flagged -> grouped -> document.

Every decision is a record with its reason in it: which rule, which evidence (ids, words, offsets,
numbers). `explain` prints these records, the UI shows them, tests assert on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connectors.records import Article

Field = Literal["title", "summary", "text"]
FIELDS: tuple[Field, ...] = ("title", "summary", "text")

Outcome = Literal["new", "duplicate", "near_duplicate", "revision", "skipped", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("new", "duplicate", "near_duplicate", "revision", "skipped", "failed")

Relevance = Literal["none", "mention", "main"]
Role = Literal["lead", "report", "copy", "press-release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The publisher of an article, as the feed list knows it; None where it does not say."""

    name: str
    host: str
    country: str | None = None
    kind: str | None = None
    perspective: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of text that counted for a label: `document[field][start:end] == surface`."""

    term: str
    """Id of the vocabulary term."""
    field: Field
    start: int
    end: int
    surface: str
    weight: float
    """What it added (or took away) on the label's scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What an article is about. `facet`: modality, function, domain, theme, region, law, organisation."""

    facet: str
    id: str
    score: float
    reasons: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """The verdict of classify on one article."""

    relevance: Relevance
    relevance_score: float
    relevance_reasons: tuple[Evidence, ...]
    labels: tuple[Label, ...]
    """Sorted by facet, then falling score, then id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A watchlist hit. Offsets are Unicode code points: `document[field][start:end] == surface`."""

    watchlist: str
    term: str
    field: Field
    start: int
    end: int
    surface: str
    language: str
    """Language of the pattern that matched; empty for one that holds in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A term that was present and did not count: the answer to "why not?"."""

    list: str
    """Watchlist id, or facet of the vocabulary."""
    term: str
    field: Field
    start: int
    end: int
    surface: str
    why: str
    """A sentence: required context absent, or blocked by these words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """An article with all that its own content and the vocabulary decide. Pure: no other article counts."""

    article: Article
    classified: Classified
    flags: tuple[Flag, ...]
    """Sorted by field (title, summary, text), start, end, watchlist, term."""

    @property
    def entities(self) -> tuple[str, ...]:
        """Ids of the organisations and laws named, for the story stage."""
        return tuple(label.id for label in self.classified.labels if label.facet in {"organisation", "law"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Why two articles belong together: the other one, how alike, by which rule, on what evidence."""

    of: str
    """Article id of the other."""
    similarity: float
    rule: str
    reason: str
    """One sentence a person can check, with the words and numbers it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Where the story stage puts one article."""

    id: str
    story_id: str
    role: Role
    near_duplicate: Match | None
    """The root it is a copy of; None for an article of its own."""
    joined: Match | None
    """Why it is in its story; None for the lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Articles on the same event. Counts include copies; `independent` does not."""

    id: str
    lead: str
    """Article id of its first article in canonical order (published, id)."""
    size: int
    independent: int
    """Articles that are neither copies nor press-release reprints."""
    sources: tuple[str, ...]
    """Hosts, sorted."""
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dedup:
    """The `dedup` field of a document."""

    outcome: Literal["new", "near_duplicate", "revision"]
    of: str | None
    similarity: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRef:
    """The `story` field of a document."""

    lead: str
    size: int
    sources: tuple[str, ...]
    independent: int
    role: Role
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is indexed, shown and exported: one per article. See docs/documents.md for each field."""

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
    """1 for the first version of the words, one more for each change seen."""
    content_hash: str
    dedup: Dedup
    story_id: str
    story: StoryRef
    relevance: Relevance
    relevance_score: float
    relevance_reasons: tuple[Evidence, ...]
    labels: tuple[Label, ...]
    flags: tuple[Flag, ...]
    watchlists: tuple[str, ...]
    """Ids of the watchlists that flagged it, sorted."""
    sightings: int
    """How many items delivered it."""
    vocabulary_version: str
    pipeline_version: str

    @property
    def when(self) -> datetime:
        """Published, or first seen where the feed does not say."""
        return self.published or self.first_seen
