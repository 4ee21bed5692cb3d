"""The whole trace of one article: where it came from, what each stage decided and why, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.errors import UserError
from connectors.normalize import address_id, item_from_json, normalize
from connectors.publish.log import Log
from connectors.urls import canonical_url

from .core.analyze import explain as explain_hits
from .core.compiled import Vocabulary
from .core.dedup import Seen, Sighting, seen, stand
from .core.story import Stories
from .seen.sqlite import SqliteSeenState
from .sinks import ArticleIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """Reads what the stages kept; decides nothing of its own."""

    log: Log
    seen: SqliteSeenState
    stories: Stories
    index: ArticleIndex
    vocabulary: Vocabulary

    def explain(self, asked: str) -> dict[str, Any]:
        """The trace of an article id or URL; raises UserError when no item ever had it."""
        group = self.seen.group(asked) or self.seen.group(_id_of(asked))
        if group is None:
            document = self.index.find(asked)
            group = self.seen.group(document.id) if document else None
        if group is None:
            raise UserError(f"No item with the id or address {asked} was ever received.")
        id_, sightings = group
        article = seen(sightings)
        document = self.index.get(id_)
        return {
            "asked": asked,
            "id": id_,
            "url": article.root.url,
            "title": document.title if document else article.speaker.title,
            "dedup": self._dedup(article, sightings),
            "classify": self._classify(document),
            "flag": self._flag(document, article),
            "story": self._story(document),
            "versions": _versions(document),
        }

    def _dedup(self, article: Seen, sightings: Sequence[Sighting]) -> dict[str, Any]:
        outcomes = self.seen.reasons([one.seq for one in sightings])
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
                    **outcomes.get(one.seq, {}),
                }
                for one in sightings
            ],
            "first_seen": article.first_seen,
            "revision": article.revision,
            "rule": "the fuller text speaks before a stub, then the newer version, then the longer",
        }

    def _classify(self, document: Any) -> dict[str, Any] | None:
        if document is None:
            return None
        return {
            "relevance": document.relevance,
            "score": document.relevance_score,
            "reasons": msgspec.to_builtins(document.relevance_reasons),
            "labels": msgspec.to_builtins(document.labels),
        }

    def _flag(self, document: Any, article: Seen) -> dict[str, Any] | None:
        if document is None:
            return None
        lines = self.log.read([article.speaker.seq])
        blocked: tuple[Any, ...] = ()
        if lines:
            standing = stand(normalize(item_from_json(lines[0].body), lines[0].received), article)
            blocked = explain_hits(standing, self.vocabulary)
        return {
            "flags": msgspec.to_builtins(document.flags),
            "not_flagged": msgspec.to_builtins(blocked),
            "terms_searched": f"vocabulary {self.vocabulary.version}",
        }

    def _story(self, document: Any) -> dict[str, Any] | None:
        if document is None:
            return None
        return {
            "story_id": document.story_id,
            **msgspec.to_builtins(document.story),
            "near_duplicate": msgspec.to_builtins(document.dedup),
            "candidates": msgspec.to_builtins(self.stories.explain(document.id)),
        }


def _versions(document: Any) -> Mapping[str, str]:
    if document is None:
        return {}
    return {"vocabulary": document.vocabulary_version, "pipeline": document.pipeline_version}


def _id_of(asked: str) -> str:
    canonical = canonical_url(asked)
    return address_id(canonical) if canonical else ""
