"""Everything together: from the JSON item, and from the feed document, to the committed index, on one core.

The peer does less (no labels, no stories, no offsets) with the parts most projects reach for: feedparser,
BeautifulSoup, datasketch with its defaults, flashtext (`re` alternation is slower by orders), FTS5.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import feedparser
from bs4 import BeautifulSoup
from datasketch import MinHash, MinHashLSH
from flashtext import KeywordProcessor

from connectors.items import item_of
from connectors.parse import parse
from connectors.publish.log import encode
from connectors.records import Feed
from streams.embedded import BATCH, Instance
from streams.vocabulary_files import load_vocabulary

from ._stream import items, source, terms, vocabulary_folder

TERMS = 5_000
PER_DOCUMENT = 50


def run(quick: bool) -> dict[str, Any]:
    """Ratios of CPU time, peer to ours."""
    sample = list(items(2_000 if quick else 8_000))
    phrases = terms(TERMS, sample)
    documents = [_document(sample[at : at + PER_DOCUMENT]) for at in range(0, len(sample), PER_DOCUMENT)]
    with tempfile.TemporaryDirectory() as folder:
        ours = _Ours(Path(folder), phrases)
        ours.items(sample[:500], "warm")
        peer = _Peer(Path(folder), phrases)
        times = {
            "ours from items": _cpu(lambda: ours.items(sample, "items")),
            "peer from items": _cpu(lambda: peer.items(sample, "items")),
            "ours from feeds": _cpu(lambda: ours.feeds(documents)),
            "peer from feeds": _cpu(lambda: peer.feeds(documents)),
        }
    each = {name: round(seconds / len(sample) * 1e6) for name, seconds in times.items()}
    return {
        "articles": len(sample),
        "source": source(),
        "watchlist_terms": TERMS,
        "microseconds_per_article": each,
        "articles_per_second": {name: round(1e6 / one) for name, one in each.items()},
        "ratio_from_items": round(times["peer from items"] / times["ours from items"], 2),
        "ratio_from_feeds": round(times["peer from feeds"] / times["ours from feeds"], 2),
    }


def _cpu(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _document(batch: list[dict[str, Any]]) -> bytes:
    entries = "".join(
        f"<item><title>{escape(one['title'] or '')}</title><link>{escape(one['link'])}</link>"
        f"<guid>{escape(one['link'])}</guid><pubDate>{datetime.fromisoformat(one['published']):%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
        f"<description>{escape(one.get('description_html') or one.get('content_html') or '')}</description></item>"
        for one in batch
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>T</title><link>https://t.example/</link><description>d</description>{entries}</channel></rss>'.encode()


class _Ours:
    def __init__(self, folder: Path, phrases: list[str]) -> None:
        self._folder = folder
        self._vocabulary = load_vocabulary(vocabulary_folder(folder / "words", phrases))

    def items(self, sample: list[dict[str, Any]], name: str) -> None:
        self._work([json.dumps(one).encode() for one in sample], name)

    def feeds(self, documents: list[bytes]) -> None:
        feed = Feed(url="https://t.example/feed")
        bodies = []
        for document in documents:
            parsed = parse(document, url=feed.url)
            bodies += [encode(item_of(feed, parsed, entry)) for entry in parsed.entries]
        self._work(bodies, "feeds")

    def _work(self, bodies: list[bytes], name: str) -> None:
        with Instance(self._folder / name / "biowire.db", self._vocabulary) as instance:
            for at in range(0, len(bodies), BATCH):
                instance.ingest(bodies[at : at + BATCH], datetime.now(UTC), lambda: None)


class _Peer:
    def __init__(self, folder: Path, phrases: list[str]) -> None:
        self._folder = folder
        self._keywords = KeywordProcessor()
        for phrase in phrases:
            self._keywords.add_keyword(phrase)

    def items(self, sample: list[dict[str, Any]], name: str) -> None:
        bodies = [json.dumps(one) for one in sample]
        decoded = (json.loads(body) for body in bodies)
        self._work(
            [
                (
                    one["link"],
                    one["title"] or "",
                    one.get("description_html") or one.get("content_html") or "",
                )
                for one in decoded
            ],
            name,
        )

    def feeds(self, documents: list[bytes]) -> None:
        entries = [entry for document in documents for entry in feedparser.parse(document).entries]
        self._work(
            [(one.get("link", ""), one.get("title", ""), one.get("summary", "")) for one in entries], "feeds"
        )

    def _work(self, rows: list[tuple[str, str, str]], name: str) -> None:
        connection = sqlite3.connect(self._folder / f"peer-{name}.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("CREATE TABLE documents (id INTEGER PRIMARY KEY, url TEXT UNIQUE, body TEXT)")
        connection.execute("CREATE VIRTUAL TABLE words USING fts5(title, text)")
        index = MinHashLSH(threshold=0.8, num_perm=128)
        for at in range(0, len(rows), BATCH):
            connection.execute("BEGIN")
            for url, title, markup in rows[at : at + BATCH]:
                self._one(connection, index, url, title, markup)
            connection.execute("COMMIT")
        connection.close()

    def _one(
        self, connection: sqlite3.Connection, index: MinHashLSH, url: str, title: str, markup: str
    ) -> None:
        text = BeautifulSoup(markup, "html.parser").get_text(" ")
        words = f"{title} {text}".lower().split()
        signature = MinHash(num_perm=128)
        for shingle in {" ".join(words[n : n + 3]) for n in range(max(1, len(words) - 2))}:
            signature.update(shingle.encode())
        copies = index.query(signature)
        flags = self._keywords.extract_keywords(f"{title}\n{text}", span_info=True)
        body = json.dumps({"url": url, "title": title, "text": text, "flags": flags, "copies": copies})
        added = connection.execute("INSERT OR IGNORE INTO documents (url, body) VALUES (?, ?)", (url, body))
        if added.rowcount:
            index.insert(str(added.lastrowid), signature)
            connection.execute(
                "INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", (added.lastrowid, title, text)
            )
