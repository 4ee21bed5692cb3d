"""Records as Elasticsearch keeps them, and back, without losing a bit.

    Stored ─► encode ─► body ─► splice(dedup, story) ─► body of the document ─► document_of ─► Document

A body is made once, where the article is read; where it belongs is put in later without reading the body
again. Beside the fields of the document it holds what is only searched and not given back (`words`, `terms`,
`stemmed`, see `mapping.HIDDEN`) and what Kibana counts by (`facets`, `when`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from ...core.days import Node
from ...core.index import Stored, facets
from ...core.records import Dedup, Document, Story, StoryRef
from .languages import stemmed_field
from .words import terms, words

FIRST_MONTH = "2009-12"
"""Articles from before share one index: few are so old, and every index costs the server memory."""

_encode = msgspec.json.Encoder().encode


class _Words(msgspec.Struct, frozen=True, gc=False):
    title: str
    summary: str
    text: str


class _Searched(msgspec.Struct, frozen=True, gc=False):
    """What is derived from an article for searching and counting."""

    when: datetime
    text_length: int
    facets: dict[str, list[str]]
    terms: list[str]
    words: _Words
    stemmed: dict[str, str]
    found_by: dict[str, list[int]]


class _Placed(msgspec.Struct, frozen=True, gc=False):
    dedup: Dedup
    story_id: str
    story: StoryRef


def encode(stored: Stored, node: Node | None = None) -> bytes:
    """An article as a JSON object: all fields of its own, and what is derived from them for searching.

    `node`: what the story stage knows it as; its keys lead `explain` to the articles it was compared with.
    """
    searched = _Searched(
        when=stored.when.astimezone(UTC).replace(microsecond=0),
        text_length=len(stored.text),
        facets=_facets(stored),
        terms=terms(stored),
        words=_Words(words(stored.title), words(stored.summary), words(stored.text)),
        stemmed={stemmed_field(stored.language): f"{stored.title}\n{stored.summary}\n{stored.text}"},
        found_by=_found_by(node) if node else {},
    )
    return _joined(_encode(stored), _encode(searched))


def _found_by(node: Node) -> dict[str, list[int]]:
    """The keys under which the story stage finds its near-duplicates, and articles on the same event."""
    return {"keys": node.near_keys(), "rare": node.rare().tolist()}


def _facets(stored: Stored) -> dict[str, list[str]]:
    """What the article counts for, by facet; `term` for the words that flagged it."""
    found: dict[str, list[str]] = {}
    for facet, value in facets(stored):
        own = found.setdefault(facet, [])
        if value not in own:
            own.append(value)
    if stored.flags:
        found["term"] = sorted({flag.term for flag in stored.flags})
    return found


def splice(body: bytes, *, dedup: Dedup, story_id: str, story: StoryRef) -> bytes:
    """Add where the article belongs to an encoded one."""
    return _joined(body, _encode(_Placed(dedup, story_id, story)))


def _joined(one: bytes, other: bytes) -> bytes:
    """One JSON object of two."""
    return b"".join((one[:-1], b",", other[1:]))


def document_of(source: Mapping[str, Any], story: Story | None = None) -> Document:
    """The document of a hit's `_source`, with the numbers of its `story` where that is given."""
    document = msgspec.convert(source, Document)
    if story is None:
        return document
    now = replace(document.story, size=story.size, independent=story.independent, sources=story.sources)
    return replace(document, story=now)


def story_body(story: Story) -> bytes:
    """A story as a JSON object."""
    return _encode(story)


def story_of(source: Mapping[str, Any]) -> Story:
    """The story of a hit's `_source`."""
    return msgspec.convert(source, Story)


def month_of(when: datetime) -> str:
    """The month (`2023-08`, UTC) whose index holds articles of that time."""
    at = when.astimezone(UTC)
    return max(f"{at.year:04d}-{at.month:02d}", FIRST_MONTH)
