"""Builders for tests of the story stage: flagged articles, and a listener that keeps what was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.records import Article
from streams.core.records import Classified, Flagged, Grouping, Label, Story
from streams.core.story import Changes

START = datetime(2024, 5, 1, tzinfo=UTC)
NOT_BIOMETRIC = Classified(relevance="none", relevance_score=0.0, relevance_reasons=(), labels=())


def flagged(
    article_id: str,
    title: str,
    text: str = "",
    *,
    hours: float = 0,
    host: str = "one.example",
    language: str = "en",
    entities: tuple[str, ...] = (),
) -> Flagged:
    """An article published `hours` after the start."""
    when = START + timedelta(hours=hours)
    article = Article(
        id=article_id,
        url=f"https://{host}/{article_id}",
        canonical_url=f"https://{host}/{article_id}",
        host=host,
        feed_url=f"https://{host}/feed",
        feed_title=host,
        guid="",
        title=title,
        summary="",
        text=text,
        authors=(),
        categories=(),
        language=language,
        published=when,
        updated=None,
        received=when,
        redirector=False,
        item_hash="",
        content_hash="",
    )
    return flag(article, entities)


def flag(article: Article, entities: tuple[str, ...] = ()) -> Flagged:
    """An article as the stage before hands it on, with nothing flagged."""
    labels = tuple(Label(facet="organisation", id=entity, score=1.0, reasons=()) for entity in entities)
    classified = NOT_BIOMETRIC
    if labels:
        classified = Classified(relevance="main", relevance_score=1.0, relevance_reasons=(), labels=labels)
    return Flagged(article=article, classified=classified, flags=())


@dataclass
class Told:
    """What a listener knows after hearing all changes."""

    groupings: dict[str, Grouping] = field(default_factory=dict)
    stories: dict[str, Story] = field(default_factory=dict)

    def hear(self, changes: Changes) -> Told:
        for grouping in changes.groupings:
            assert self.groupings.get(grouping.id) != grouping, "told twice"
            self.groupings[grouping.id] = grouping
        for name in changes.gone:
            del self.stories[name]
        for story in changes.stories:
            assert self.stories.get(story.id) != story, "told twice"
            self.stories[story.id] = story
        return self

    def forget(self, article_id: str) -> None:
        self.groupings.pop(article_id, None)
