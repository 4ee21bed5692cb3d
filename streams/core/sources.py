"""Who published an article: what the feed list knows about its outlet, None where it does not say."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from connectors.records import Article, Feed
from connectors.urls import canonical_host, canonical_url

from .records import Source

CARRIERS = frozenset({"aggregator", "community"})
"""Kinds of feeds whose entries are other people's articles: the feed says nothing about their publisher."""


class Sources:
    """Looks an article's outlet up by the host it stands on, else by the feed that brought it."""

    def __init__(self, feeds: Iterable[Feed] = ()) -> None:
        self._by_host: dict[str, Feed] = {}
        self._by_feed: dict[str, Feed] = {}
        for feed in sorted(feeds, key=lambda one: one.url):
            self._by_feed[canonical_url(feed.url)] = feed
            if feed.kind not in CARRIERS:
                for url in (feed.site_url, feed.url):
                    if host := _host(url):
                        self._by_host.setdefault(host, feed)

    def source(self, article: Article) -> Source:
        """The publisher of an article."""
        feed = self._by_host.get(article.host)
        if feed is None:
            feed = self._by_feed.get(_canonical_feed(article.feed_url))
            if feed is not None and feed.kind in CARRIERS:
                feed = None
        if feed is None:
            return Source(name=article.feed_title or article.host, host=article.host)
        return Source(
            name=feed.title or article.feed_title or article.host,
            host=article.host,
            country=feed.country or None,
            kind=feed.kind or None,
            perspective=feed.perspective or None,
        )


@functools.lru_cache(maxsize=4096)
def _canonical_feed(url: str) -> str:
    return canonical_url(url)


def _host(url: str) -> str:
    canonical = canonical_url(url)
    return canonical_host(canonical.split("/", 3)[2].rsplit(":", 1)[0]) if canonical else ""
