"""The order of the stages, written once, and how one batch of the log goes through them.

    log ─► normalize ─► dedup ─► classify ─► flag ─► story ─► index

The pipeline knows the order and nothing else: what a stage decides is in `core`, where results are kept is
behind ports. It is called inside the transaction that also moves the cursor, so a batch is worked in whole
or not at all.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from connectors.errors import PermanentError
from connectors.normalize import EmptyItem, item_from_json, normalize
from connectors.publish.log import Logged
from connectors.records import Article

from .core.analyze import analyze
from .core.compiled import Vocabulary
from .core.dedup import Decision, Seen, sighting, stand
from .core.index import Stored
from .core.records import Flagged, Match, Outcome
from .core.sources import Sources
from .core.story import Changes
from .seen import Deduplicator, SeenState
from .sinks import ArticleSink

STAGES = ("dedup", "classify", "flag", "story", "index")
"""In this order; topics, metrics, dead letters and tests use the same words."""

PIPELINE_VERSION = "1"
"""Rises when equal items and vocabulary would give another document than before."""

_log = logging.getLogger(__name__)


class StoryStage(Protocol):
    """What the pipeline asks of `core.story.Stories`."""

    def put(self, flagged: Flagged) -> tuple[Match, ...]:
        """Insert or replace an article; its near-duplicates among those known."""

    def remove(self, id: str) -> None:  # noqa: A002 - the field's word
        """Forget an article that turned out to be a sighting of another."""

    def settle(self) -> Changes:
        """Decide what the puts since the last settle changed."""


ReadLines = Callable[[Sequence[int]], Sequence[Logged]]


class Pipeline:
    """All stages behind one call."""

    def __init__(
        self,
        *,
        read: ReadLines,
        seen: SeenState,
        stories: StoryStage,
        index: ArticleSink,
        vocabulary: Vocabulary,
        sources: Sources,
    ) -> None:
        self._read = read
        self._seen = seen
        self._dedup = Deduplicator(seen)
        self._stories = stories
        self._index = index
        self.vocabulary = vocabulary
        self.sources = sources

    def process(self, lines: Sequence[Logged]) -> Counter[Outcome]:
        """Take lines of the log through every stage; each is counted under exactly one outcome."""
        tally: Counter[Outcome] = Counter()
        documents: dict[str, Stored] = {}
        gone: set[str] = set()
        for line in lines:
            try:
                outcome = self._take(line, documents, gone)
            except EmptyItem as cause:
                outcome = self._refuse(line, "skipped", str(cause))
            except PermanentError as cause:
                outcome = self._refuse(line, "failed", str(cause))
            except Exception as cause:  # noqa: BLE001 - the stages' outer wall: one item never stops the rest
                _log.exception("item failed", extra={"seq": line.seq})
                outcome = self._refuse(line, "failed", f"{type(cause).__name__}: {cause}")
            tally[outcome] += 1
        self._write(documents, gone)
        return tally

    def _take(self, line: Logged, documents: dict[str, Stored], gone: set[str]) -> Outcome:
        article = normalize(item_from_json(line.body), line.received)
        decision = self._dedup.put(sighting(article, line.seq))
        for merged in decision.merged:
            self._stories.remove(merged)
            documents.pop(merged, None)
        gone.update(decision.merged)
        gone.discard(decision.seen.id)
        speaks = decision.seen.speaker.item == article.item_hash
        standing = stand(article, decision.seen) if speaks else self.standing(decision.seen)
        matches: tuple[Match, ...] = ()
        if standing is not None:
            flagged = analyze(standing, self.vocabulary)
            matches = self._stories.put(flagged)
            documents[decision.seen.id] = self._stored(flagged, decision.seen)
        outcome, match, reason = _outcome(decision, matches)
        self._seen.record(line.seq, outcome, article.id, match, reason)
        return outcome

    def standing(self, seen: Seen) -> Article | None:
        """The article that sightings make, from the log; None when retention removed its item."""
        lines = self._read([seen.speaker.seq])
        if not lines:
            return None
        return stand(normalize(item_from_json(lines[0].body), lines[0].received), seen)

    def renew(self, articles: Iterable[tuple[Article, Seen]]) -> list[Stored]:
        """Analyze articles again under the present vocabulary and write what comes of it."""
        documents = {}
        for article, seen in articles:
            flagged = analyze(article, self.vocabulary)
            self._stories.put(flagged)
            documents[article.id] = self._stored(flagged, seen)
        self._write(documents, set())
        return list(documents.values())

    def _refuse(self, line: Logged, outcome: Outcome, reason: str) -> Outcome:
        self._seen.record(line.seq, outcome, None, None, reason)
        return outcome

    def _write(self, documents: dict[str, Stored], gone: set[str]) -> None:
        changes = self._stories.settle()
        if gone:
            self._index.delete(gone)
        self._index.put(documents.values())
        self._index.put_groupings(changes.groupings)
        self._index.delete_stories(changes.gone)
        self._index.put_stories(changes.stories)

    def _stored(self, flagged: Flagged, seen: Seen) -> Stored:
        return stored(flagged, seen, self.sources, self.vocabulary.version)


def stored(flagged: Flagged, seen: Seen, sources: Sources, vocabulary_version: str) -> Stored:
    """What an analyzed article comes to in the index."""
    article, classified = flagged.article, flagged.classified
    return Stored(
        id=article.id,
        url=article.url,
        canonical_url=article.canonical_url,
        feed_url=article.feed_url,
        source=sources.source(article),
        title=article.title,
        summary=article.summary,
        text=article.text,
        authors=article.authors,
        categories=article.categories,
        language=article.language,
        published=article.published,
        updated=article.updated,
        first_seen=article.received,
        revision=seen.revision,
        content_hash=article.content_hash,
        relevance=classified.relevance,
        relevance_score=classified.relevance_score,
        relevance_reasons=classified.relevance_reasons,
        labels=classified.labels,
        flags=flagged.flags,
        watchlists=tuple(sorted({flag.watchlist for flag in flagged.flags})),
        sightings=seen.sightings,
        vocabulary_version=vocabulary_version,
        pipeline_version=PIPELINE_VERSION,
    )


def _outcome(decision: Decision, matches: Sequence[Match]) -> tuple[Outcome, Match | None, str]:
    """The one outcome of an item: dedup's, unless the story stage found a new article to be a copy."""
    if decision.outcome == "new" and matches:
        return "near_duplicate", matches[0], matches[0].reason
    if decision.of is None:
        return decision.outcome, None, decision.reason
    match = Match(of=decision.of, similarity=1.0, rule="same article", reason=decision.reason)
    return decision.outcome, match, decision.reason


__all__ = ["PIPELINE_VERSION", "STAGES", "Pipeline", "stored"]
