"""A document back into the article it was made of, as far as any stage's decision reads one. Pure.

    document ─► flagged ─► node, explain: the same as from the item itself

What only dedup reads of an item (guid, feed title, whether a link is a redirector) is not in a document.
"""

from __future__ import annotations

from connectors.records import Article

from .index import Stored
from .records import Classified, Document, Flagged


def article_of(document: Stored | Document) -> Article:
    """The article as it stands: what classify, flag and story read of it is what they read of its item."""
    return Article(
        id=document.id,
        url=document.url,
        canonical_url=document.canonical_url,
        host=document.source.host,
        feed_url=document.feed_url,
        feed_title="",
        guid="",
        title=document.title,
        summary=document.summary,
        text=document.text,
        authors=document.authors,
        categories=document.categories,
        language=document.language,
        published=document.published,
        updated=document.updated,
        received=document.first_seen,
        redirector=False,
        item_hash="",
        content_hash=document.content_hash,
    )


def flagged_of(document: Stored | Document) -> Flagged:
    """The article with its labels and flags, as they were decided."""
    return Flagged(
        article=article_of(document),
        classified=Classified(
            relevance=document.relevance,
            relevance_score=document.relevance_score,
            relevance_reasons=document.relevance_reasons,
            labels=document.labels,
        ),
        flags=document.flags,
    )
