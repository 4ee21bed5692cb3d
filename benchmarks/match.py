"""Scan, classify and flag with 5,000 more watchlist terms, against `re` and flashtext finding those terms alone.

CPU time per article, the best of some rounds, in one process. The peers only look for the extra terms in
lowered text; we look for them and the whole vocabulary, in every script, with conditions and reasons.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from flashtext import KeywordProcessor

from connectors.records import Article
from streams.core.classify import classify
from streams.core.compiled import Vocabulary, compile_vocabulary
from streams.core.flag import flag
from streams.core.matcher import scan
from streams.core.text import fold
from streams.core.vocabulary import Pattern, Term, Watchlist
from streams.vocabulary.files import load_vocabulary

from . import _stream

TERMS = 5_000
LONG, SHORT = 300, 60
"""Words of an article with full text, and of a feed item."""


def run(quick: bool) -> dict[str, Any]:
    """Microseconds of CPU per article, ours and the peers', and the ratios."""
    articles = _stream.articles(2_000 if quick else 8_000)
    phrases = _phrases(articles)
    shipped = load_vocabulary()
    vocabulary = _with(shipped, phrases)
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, phrases)) + r")\b")
    keywords = KeywordProcessor()
    for phrase in phrases:
        keywords.add_keyword(phrase)
    measured: dict[str, Any] = {
        "source": _stream.source(),
        "extra_terms": len(phrases),
        "strings": len(vocabulary.slots),
    }
    for name, words in (("long", LONG), ("short", SHORT)):
        sample = _stream.cut(articles, words)[: 60 if quick else 300]
        ours = _cpu(lambda article: _whole(article, vocabulary), sample)
        shipped_alone = _cpu(lambda article: _whole(article, shipped), sample)
        with_re = _cpu(lambda article: pattern.findall(article.text.lower()), sample[:20], rounds=1)
        with_flashtext = _cpu(lambda article: keywords.extract_keywords(article.text), sample)
        measured[name] = {
            "words": words,
            "articles": len(sample),
            "us": ours,
            "us_shipped_vocabulary_alone": shipped_alone,
            "us_re": with_re,
            "us_flashtext": with_flashtext,
            "times_faster_than_re": round(with_re / ours, 1),
            "times_faster_than_flashtext": round(with_flashtext / ours, 2),
        }
    return measured


def _whole(article: Article, vocabulary: Vocabulary) -> None:
    fold.cache_clear()  # each article is met once in life, here some rounds long
    hits = scan(article, vocabulary)
    classify(article, hits, vocabulary)
    flag(article, hits, vocabulary)


def _cpu(work: Callable[[Article], object], sample: Iterable[Article], rounds: int = 3) -> float:
    sample = list(sample)
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for article in sample:
            work(article)
        best = min(best, time.process_time() - start)
    return round(best / max(len(sample), 1) * 1e6, 1)


def _phrases(articles: list[Article]) -> list[str]:
    """Rare phrases of two or three words from the articles themselves: some are found, most are not."""
    random_ = random.Random(1)
    words = [
        word.lower()
        for article in articles
        for word in _stream.words(article)
        if word.isalpha() and len(word) > 4
    ]
    found: set[str] = set()
    while len(found) < TERMS and len(words) > 3:
        at = random_.randrange(len(words) - 3)
        found.add(" ".join(words[at : at + random_.choice([2, 3])]))
    return sorted(found)


def _with(shipped: Vocabulary, phrases: list[str]) -> Vocabulary:
    terms = tuple(
        Term(id=f"t{number}", label=phrase, patterns=(Pattern(forms=(phrase,)),))
        for number, phrase in enumerate(phrases)
    )
    extra = Watchlist(id="extra", title="Extra", terms=terms)
    definitions = shipped.definitions
    return compile_vocabulary(replace(definitions, watchlists=(*definitions.watchlists, extra)))
