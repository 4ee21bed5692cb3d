"""Everything together: from the JSON item, and from real feed documents, to the committed index, on one core.

The peer does the same steps, less well (no context for terms, no stories, no reasons), with the parts most
projects reach for: feedparser, BeautifulSoup, datasketch with its defaults, FTS5, and for the terms (those of
the watchlist and of the vocabulary, as ours) either flashtext or one `re` alternation.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
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
from streams.vocabulary.files import load_vocabulary

from ._stream import feed_documents, items, source, terms, vocabulary_folder, vocabulary_forms

TERMS = 5_000


def run(quick: bool) -> dict[str, Any]:
    """Ratios of CPU time, peer to ours."""
    sample = list(items(2_000 if quick else 8_000))
    few = sample[: len(sample) // 20]
    phrases = terms(TERMS, sample)
    documents = feed_documents(60 if quick else 200)
    with tempfile.TemporaryDirectory() as folder:
        ours = _Ours(Path(folder), phrases)
        ours.items(sample[:500], "warm")
        known = sorted({*phrases, *ours.forms})
        flash, alternation = _Peer(Path(folder), _Flashtext(known)), _Peer(Path(folder), _Alternation(known))
        each = {
            "ours": _cpu(lambda: ours.items(sample, "items")) / len(sample),
            "flashtext peer": _cpu(lambda: flash.items(sample, "flashtext")) / len(sample),
            "re peer": _cpu(lambda: alternation.items(few, "alternation")) / len(few),
        }
        entries = sum(len(parse(document).entries) for document in documents)
        ours.feeds(documents, "warm-feeds")  # loads what it needs once for each language
        from_feeds = {
            "ours": _cpu(lambda: ours.feeds(documents, "feeds")) / entries,
            "flashtext peer": _cpu(lambda: flash.feeds(documents)) / entries,
        }
    return {
        "source": source(),
        "terms": {"watchlist": TERMS, "with the vocabulary": len(known)},
        "from_items": _report(each) | {"items": len(sample)},
        "from_feeds": _report(from_feeds) | {"documents": len(documents), "entries": entries},
    }


def _report(each: dict[str, float]) -> dict[str, Any]:
    return {
        "articles_per_second": {name: round(1 / seconds) for name, seconds in each.items()},
        "times_faster": {
            f"than {name}": round(seconds / each["ours"], 2)
            for name, seconds in each.items()
            if name != "ours"
        },
    }


def _cpu(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


class _Flashtext:
    def __init__(self, phrases: list[str]) -> None:
        self._keywords = KeywordProcessor()
        for phrase in phrases:
            self._keywords.add_keyword(phrase)

    def find(self, text: str) -> list[Any]:
        return list(self._keywords.extract_keywords(text, span_info=True))


class _Alternation:
    def __init__(self, phrases: list[str]) -> None:
        longest_first = sorted(phrases, key=len, reverse=True)
        self._pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b", re.IGNORECASE)

    def find(self, text: str) -> list[Any]:
        return [(found.group(), *found.span()) for found in self._pattern.finditer(text)]


class _Ours:
    def __init__(self, folder: Path, phrases: list[str]) -> None:
        self._folder = folder
        self._vocabulary = load_vocabulary(vocabulary_folder(folder / "words", phrases))
        self.forms = vocabulary_forms()

    def items(self, sample: list[dict[str, Any]], name: str) -> None:
        self._work([json.dumps(one).encode() for one in sample], name)

    def feeds(self, documents: list[bytes], name: str) -> None:
        feed = Feed(url="https://t.example/feed")
        bodies = []
        for document in documents:
            parsed = parse(document, url=feed.url)
            bodies += [encode(item_of(feed, parsed, entry)) for entry in parsed.entries]
        self._work(bodies, name)

    def _work(self, bodies: list[bytes], name: str) -> None:
        with Instance(self._folder / name / "biowire.db", self._vocabulary) as instance:
            for at in range(0, len(bodies), BATCH):
                instance.ingest(bodies[at : at + BATCH], datetime.now(UTC), lambda: None)


class _Peer:
    def __init__(self, folder: Path, keywords: _Flashtext | _Alternation) -> None:
        self._folder = folder
        self._keywords = keywords

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
        self._work([(one.get("link", ""), one.get("title", ""), _body(one)) for one in entries], "feeds")

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
        flags = self._keywords.find(f"{title}\n{text}")
        body = json.dumps({"url": url, "title": title, "text": text, "flags": flags, "copies": copies})
        added = connection.execute("INSERT OR IGNORE INTO documents (url, body) VALUES (?, ?)", (url, body))
        if added.rowcount:
            index.insert(str(added.lastrowid), signature)
            connection.execute(
                "INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", (added.lastrowid, title, text)
            )


def _body(entry: Any) -> str:
    contents = entry.get("content") or [{"value": entry.get("summary", "")}]
    return str(contents[0]["value"])
