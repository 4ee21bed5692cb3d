"""Real items to fill an index with, from the shared data: never shipped."""

import gzip
import json
from itertools import islice

from shared_data import shared

_CORPORA = ("zh_thucnews_headlines/data.jsonl", "masakhanews_multilingual/data.jsonl.gz")


def real_items(streamed=900, of_each_corpus=150):
    """Items of the real stream, and headlines and articles in Chinese and fifteen other languages."""
    with gzip.open(shared("stream", "keyword_pool.jsonl.gz")) as lines:
        yield from (json.loads(line) for line in islice(lines, streamed))
    for corpus in _CORPORA:
        path = shared("corpora", *corpus.split("/"))
        with (gzip.open if path.suffix == ".gz" else open)(path) as lines:
            for number, line in enumerate(islice(lines, of_each_corpus)):
                fields = json.loads(line)
                yield {
                    "feed_url": "https://corpus.example/feed",
                    "link": f"https://corpus.example/{corpus[:2]}/{number}",
                    "title": fields.get("title") or fields.get("headline") or "",
                    "summary_html": (fields.get("text") or "")[:2000],
                    "published": f"2023-03-{number % 28 + 1:02}T10:00:00Z",
                }
