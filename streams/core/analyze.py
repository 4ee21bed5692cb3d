"""Everything that one article and the vocabulary decide between them: scan, classify, flag."""

from __future__ import annotations

from connectors.records import Article

from .classify import classify
from .compiled import Vocabulary
from .flag import explain_hits, flag
from .matcher import scan
from .records import Blocked, Flagged


def analyze(article: Article, vocabulary: Vocabulary) -> Flagged:
    """Scan once, then classify and flag. Pure: equal article and vocabulary, equal result."""
    hits = scan(article, vocabulary)
    return Flagged(
        article=article,
        classified=classify(article, hits, vocabulary),
        flags=flag(article, hits, vocabulary),
    )


def explain(article: Article, vocabulary: Vocabulary) -> tuple[Blocked, ...]:
    """What is in the article and did not count, and why: from the same scan that flags."""
    return explain_hits(scan(article, vocabulary), vocabulary)
