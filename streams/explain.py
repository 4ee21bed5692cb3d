"""The whole trace of one article: where it came from, what each stage decided and why, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.errors import UserError
from connectors.normalize import address_id
from connectors.urls import canonical_url

from .core.analyze import explain as explain_hits
from .core.compiled import Vocabulary
from .core.dedup import Seen, seen
from .core.records import Document
from .reading import Reading, Trace


class NeverReceived(UserError):  # noqa: N818 - reads as the sentence it is
    """Nothing ever came in with that id or address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """Reads what the stages kept; decides nothing of its own."""

    reading: Reading
    vocabulary: Vocabulary

    def explain(self, asked: str, *, compare: bool = True) -> dict[str, Any]:
        """The trace of an article id or URL; raises NeverReceived when no item ever had it.

        `compare`: also judge the nearest others again, which takes most of a second among 100,000 articles.
        """
        received, index = self.reading.received, self.reading.index
        trace = received.trace(asked) or received.trace(_id_of(asked))
        if trace is None:
            document = index.find(asked)
            trace = received.trace(document.id) if document else None
        if trace is None:
            raise NeverReceived(f"No item with the id or address {asked} was ever received.")
        article = seen(trace.sightings)
        document = index.get(trace.id)
        return {
            "asked": asked,
            "id": trace.id,
            "url": article.root.url,
            "title": document.title if document else article.speaker.title,
            "dedup": _dedup(article, trace),
            "classify": _classify(document),
            "flag": self._flag(document, article),
            "story": self._story(document, compare=compare),
            "versions": _versions(document),
        }

    def _flag(self, document: Document | None, article: Seen) -> dict[str, Any] | None:
        if document is None:
            return None
        standing = self.reading.standing(document, article)
        blocked = explain_hits(standing, self.vocabulary) if standing else ()
        return {
            "flags": msgspec.to_builtins(document.flags),
            "not_flagged": msgspec.to_builtins(blocked),
            "terms_searched": f"vocabulary {self.vocabulary.version}",
        }

    def _story(self, document: Document | None, *, compare: bool) -> dict[str, Any] | None:
        if document is None:
            return None
        return {
            "story_id": document.story_id,
            **msgspec.to_builtins(document.story),
            "near_duplicate": msgspec.to_builtins(document.dedup),
            "candidates": msgspec.to_builtins(self.reading.compared(document)) if compare else None,
        }


def _dedup(article: Seen, trace: Trace) -> dict[str, Any]:
    return {
        "sightings": [
            {
                "id": one.article,
                "item": one.item,
                "url": one.url,
                "feed_url": one.feed_url,
                "title": one.title,
                "published": one.published,
                "received": one.received,
                "words": one.words,
                "speaks": one.item == article.speaker.item,
                **trace.outcomes.get(one.seq, {}),
            }
            for one in trace.sightings
        ],
        "first_seen": article.first_seen,
        "revision": article.revision,
        "rule": "the fuller text speaks before a stub, then the newer version, then the longer",
    }


def _classify(document: Document | None) -> dict[str, Any] | None:
    if document is None:
        return None
    return {
        "relevance": document.relevance,
        "score": document.relevance_score,
        "reasons": msgspec.to_builtins(document.relevance_reasons),
        "labels": msgspec.to_builtins(document.labels),
    }


def _versions(document: Document | None) -> Mapping[str, str]:
    if document is None:
        return {}
    return {"vocabulary": document.vocabulary_version, "pipeline": document.pipeline_version}


def _id_of(asked: str) -> str:
    canonical = canonical_url(asked)
    return address_id(canonical) if canonical else ""
