"""Story stage: CPU per article, flatness from 10,000 to 100,000 articles, memory, and near-duplicates beside a peer.

The words are made: sentences drawn from a fixed vocabulary with the frequencies of natural language, so
that it runs anywhere. `run(quick)` returns figures; the peer is datasketch's MinHash LSH with its defaults.
"""

from __future__ import annotations

import itertools
import json
import random
import resource
import sys
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.records import Article
from streams.core.records import Classified, Flagged
from streams.core.story import Stories
from streams.state.memory import MemoryStoryState

NOTHING = Classified(relevance="none", relevance_score=0.0, relevance_reasons=(), labels=())
START = datetime(2024, 1, 1, tzinfo=UTC)
BATCH = 500


class Words:
    """Endless text: common words from wordfreq by their frequency, and rare names that events share."""

    def __init__(self, seed: int) -> None:
        import wordfreq

        self.chance = random.Random(seed)
        frequencies = wordfreq.get_frequency_dict("en", "small")
        self.words = list(frequencies)
        self.cumulative = list(itertools.accumulate(frequencies.values()))

    def text(self, count: int) -> list[str]:
        """That many words."""
        return self.chance.choices(self.words, cum_weights=self.cumulative, k=count)

    def event(self) -> list[str]:
        """Six rare names and words that reports of one event share."""
        letters = "abcdefghiklmnoprstuvz"
        return ["".join(self.chance.choices(letters, k=8)).capitalize() for _ in range(6)]


def articles(count: int, length: int, days: float, seed: int = 1) -> Iterator[Flagged]:
    """Articles in order of publication over `days` days: a third report an event others report too, 5 % are copies."""
    words = Words(seed)
    chance = words.chance
    events: deque[list[str]] = deque(maxlen=40)
    last: deque[tuple[str, str]] = deque(maxlen=200)
    for number in range(count):
        when = START + timedelta(days=days * number / count)
        if last and chance.random() < 0.05:
            title, text = chance.choice(last)
        else:
            shared = chance.choice(events) if events and chance.random() < 0.33 else words.event()
            events.append(shared)
            title = " ".join([*shared[:3], *words.text(6)])
            text = " ".join([*words.text(10), *shared, *words.text(max(0, length - 25))])
            last.append((title, text))
        yield flagged(f"{seed}-{number:06}", title, text, when, f"site{chance.randrange(300)}.example")


def flagged(name: str, title: str, text: str, when: datetime, host: str) -> Flagged:
    """An article with nothing flagged in it."""
    url = f"https://{host}/{name}"
    article = Article(
        id=name,
        url=url,
        canonical_url=url,
        host=host,
        feed_url=f"https://{host}/feed",
        feed_title=host,
        guid="",
        title=title,
        summary="",
        text=text,
        authors=(),
        categories=(),
        language="en",
        published=when,
        updated=None,
        received=when,
        redirector=False,
        item_hash="",
        content_hash="",
    )
    return Flagged(article=article, classified=NOTHING, flags=())


def cpu(entries: Iterator[Flagged], count: int) -> dict[str, Any]:
    """CPU of put and settle per article in microseconds: over all, in the first and in the last 10,000."""
    stories = Stories(MemoryStoryState())
    spent: list[float] = []
    copies = 0
    while batch := list(itertools.islice(entries, BATCH)):
        start = time.process_time()
        copies += sum(bool(stories.put(one)) for one in batch)
        stories.settle()
        spent.append((time.process_time() - start) / len(batch) * 1e6)
    tenth = max(1, 10_000 // BATCH)
    return {
        "articles": count,
        "us_per_article": round(sum(spent) / len(spent)),
        "us_first_10000": round(sum(spent[:tenth]) / len(spent[:tenth])),
        "us_last_10000": round(sum(spent[-tenth:]) / len(spent[-tenth:])),
        "copies_found": copies,
    }


def beside_datasketch(count: int) -> dict[str, float]:
    """Microseconds to find near-duplicates of `count` articles of 300 words: ours (with stories), and the peer's."""
    from datasketch import MinHash, MinHashLSH

    entries = list(articles(count, 300, 7))
    warm = Stories(MemoryStoryState())
    for one in entries[:200]:
        warm.put(one)
    stories = Stories(MemoryStoryState())
    start = time.process_time()
    for one in entries:
        stories.put(one)
    put = time.process_time()
    stories.settle()
    settled = time.process_time()
    index = MinHashLSH()
    for one in entries:
        words = one.article.text.lower().split()
        sketch = MinHash()
        sketch.update_batch(
            [" ".join(three).encode() for three in zip(words, words[1:], words[2:], strict=False)]
        )
        index.query(sketch)
        index.insert(one.article.id, sketch)
    peer = time.process_time()
    return {
        "near_duplicates_us": round((put - start) / count * 1e6),
        "stories_us": round((settled - put) / count * 1e6),
        "datasketch_us": round((peer - settled) / count * 1e6),
        "times_faster": round((peer - settled) / (put - start), 2),
    }


def run(quick: bool) -> dict[str, Any]:
    """All figures; `quick` takes a tenth of the articles."""
    count = 10_000 if quick else 100_000
    figures: dict[str, Any] = {"peer": beside_datasketch(500 if quick else 2000)}
    figures["words_90"] = cpu(articles(count // 5, 90, 7), count // 5)
    figures["words_300"] = cpu(articles(count // 5, 300, 7), count // 5)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures["flat"] = cpu(articles(count, 90, count / 2000), count)
    figures["flat"]["megabytes_more"] = round(
        (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    )
    return figures


if __name__ == "__main__":
    print(json.dumps(run("--quick" in sys.argv), indent=2))
