"""What the SQLite index costs: putting articles, its size, and answers newest first, by facet and by prefix.

Articles are the shared stream's where it is present (each with other items' descriptions for a text of some
300 words), else made of generated words whose frequencies fall as in any language. All times are CPU time.
"""

from __future__ import annotations

import gc
import gzip
import html
import json
import os
import random
import re
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from connectors.database import Database
from streams.core.index import FACETS, Stored
from streams.core.query import Phrase, Query, both
from streams.core.query_parse import parse
from streams.core.records import Evidence, Flag, Grouping, Label, Match, Source
from streams.core.text import fold_text, tokens
from streams.sinks.sqlite import SCHEMA, SqliteIndex

BATCH = 500
WORDS = 300
START = datetime(2022, 1, 1, tzinfo=UTC)
DOMAINS = ("policing", "border", "payments", "health", "schools", "access")
WATCHLISTS = ("facial-recognition", "detention", "surveillance")


def run(quick: bool) -> dict[str, Any]:
    """Fill an index of 10,000 (quick) or 100,000 articles and ask it; returns figures by name."""
    count = 10_000 if quick else 100_000
    random.seed(7)
    items = _items()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "biowire.db"
        database = Database(path, [SCHEMA])
        index = SqliteIndex(database)
        costs, bytes_of_text = _fill(index, items, count)
        peer = _peer(items, count // 10, Path(folder) / "peer.db")
        common, rare = _words(items)
        database.close()
        size = path.stat().st_size
        reading = Database(path, [SCHEMA], writer=False)
        figures = _ask(SqliteIndex(reading), common, rare, 50 if quick else 200)
        tenth = len(costs) // 10
        figures |= {
            "documents": count,
            "put_us_first_tenth": round(statistics.mean(costs[1 : tenth + 1])),
            "put_us_last_tenth": round(statistics.mean(costs[-tenth:])),
            "put_us_mean": round(statistics.mean(costs)),
            "put_growth_ratio": round(
                statistics.mean(costs[-tenth:]) / statistics.mean(costs[1 : tenth + 1]), 2
            ),
            "peer_us": round(peer),
            "put_ratio_to_table_and_fts5": round(statistics.mean(costs) / peer, 2),
            "file_mb": round(size / 1e6, 1),
            "text_mb": round(bytes_of_text / 1e6, 1),
            "inverted_index_to_text": round(_index_bytes(reading.connection) / bytes_of_text, 2),
        }
        reading.close()
    return figures


def _items() -> list[tuple[str, str]]:
    """Title and plain description of real items, one language after the other, or of generated ones."""
    root = Path(os.environ.get("BIOWIRE_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    found: list[tuple[str, str, str]] = []
    for path in sorted((root / "data" / "stream").glob("full_stream_*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                plain = html.unescape(re.sub(r"<[^>]*>", " ", row["description_html"] or ""))
                found.append(((row["language"] or "en")[:2].lower(), row["title"] or "", plain))
    return [(title, plain) for _, title, plain in sorted(found)] or [_generated() for _ in range(20_000)]


def _generated() -> tuple[str, str]:
    """Words drawn so that the n-th most frequent is about 1/n as frequent as the first."""
    drawn = [f"w{int(1.2 ** (random.random() * 60)):x}" for _ in range(70)]
    return " ".join(drawn[:10]), " ".join(drawn[10:])


def _documents(items: list[tuple[str, str]], count: int) -> Iterator[Stored]:
    for number in range(count):
        at = (number * 7919) % len(items)
        title, summary = items[at]
        text = summary.split()
        while len(text) < WORDS:  # from items near by, which are of the same language
            near = items[min(max(at + random.randrange(-500, 500), 0), len(items) - 1)]
            text += near[1].split()[: WORDS - len(text)] or ["more"]
        yield _document(number, title, summary, " ".join(text[:WORDS]))


def _document(number: int, title: str, summary: str, text: str) -> Stored:
    """An article; one in eight is on our subject, with labels, reasons and flags as the stages give them."""
    host = f"outlet{int(400 * random.random() ** 3)}.example"
    when = START + timedelta(seconds=number * 315 + random.randrange(86_400))
    on_subject = number % 8 == 0
    evidence = tuple(
        Evidence(term="t", field="text", start=10 * n, end=10 * n + 5, surface="words", weight=1.0)
        for n in range(3)
    )
    labels = (
        Label(facet="domain", id=random.choice(DOMAINS), score=2.0, reasons=evidence),
        Label(facet="modality", id="face", score=1.5, reasons=evidence),
    )
    flag = Flag(
        watchlist="", term="face-recognition", field="text", start=0, end=5, surface="words", language="en"
    )
    watchlists = tuple(sorted(random.sample(WATCHLISTS, 1 + number % 2)))
    return Stored(
        id=blake2b(str(number).encode(), digest_size=10).hexdigest(),
        url=f"https://www.{host}/news/{number}/?utm_source=feed",
        canonical_url=f"https://{host}/news/{number}",
        feed_url=f"https://{host}/feed.xml",
        source=Source(name=f"The {host}", host=host, country="GB", kind="press", perspective="mainstream"),
        title=title,
        summary=summary[:300],
        text=text,
        authors=(f"Author {number % 900}",),
        categories=("News",),
        language="en",
        published=when,
        updated=None,
        first_seen=when + timedelta(hours=1),
        revision=1,
        content_hash=f"{number:020x}",
        relevance="main" if on_subject else "none",
        relevance_score=3.0 if on_subject else 0.0,
        relevance_reasons=evidence if on_subject else (),
        labels=labels if on_subject else (),
        flags=tuple(_with(flag, watchlist) for watchlist in watchlists) if on_subject else (),
        watchlists=watchlists if on_subject else (),
        sightings=1,
        vocabulary_version="1",
        pipeline_version="1",
    )


def _with(flag: Flag, watchlist: str) -> Flag:
    return Flag(
        watchlist=watchlist,
        term=flag.term,
        field=flag.field,
        start=flag.start,
        end=flag.end,
        surface=flag.surface,
        language=flag.language,
    )


def _fill(index: SqliteIndex, items: list[tuple[str, str]], count: int) -> tuple[list[float], int]:
    """Microseconds per article of each batch, and bytes of text put; one article in seven is a copy."""
    costs: list[float] = []
    size = 0
    documents = _documents(items, count)
    for _ in range(count // BATCH):
        batch = [next(documents) for _ in range(BATCH)]
        size += sum(len(f"{one.title} {one.summary} {one.text}".encode()) for one in batch)
        groupings = [_grouping(one.id, copy=n % 7 == 0) for n, one in enumerate(batch)]
        start = time.process_time()
        with index.database.transaction():
            index.put(batch)
        costs.append((time.process_time() - start) / BATCH * 1e6)
        index.put_groupings(groupings)
    return costs, size


def _grouping(article: str, *, copy: bool) -> Grouping:
    match = Match(of="0" * 20, similarity=0.9, rule="signature", reason="Nine words of ten are the same.")
    return Grouping(
        id=article,
        story_id=article,
        role="copy" if copy else "lead",
        near_duplicate=match if copy else None,
        joined=None,
    )


def _peer(items: list[tuple[str, str]], count: int, path: Path) -> float:
    """Microseconds per article of the least that finds words: a table of texts and FTS5 over it, default settings."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title, summary, text)")
    connection.execute(
        "CREATE VIRTUAL TABLE f USING fts5 (title, summary, text, content = 't', content_rowid = 'id')"
    )
    rows = [(n, one.title, one.summary, one.text) for n, one in enumerate(_documents(items, count))]
    start = time.process_time()
    for at in range(0, count, BATCH):
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows[at : at + BATCH])
        connection.executemany(
            "INSERT INTO f (rowid, title, summary, text) VALUES (?, ?, ?, ?)", rows[at : at + BATCH]
        )
        connection.execute("COMMIT")
    spent = time.process_time() - start
    connection.close()
    return spent / count * 1e6


def _words(items: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Words that stand in at least one item of 100, and words of hardly any."""
    seen = Counter(token for title, text in items for token in set(tokens(fold_text(f"{title} {text}"))))
    common = sorted(word for word, count in seen.items() if count * 100 >= len(items))
    rare = sorted(word for word, count in seen.items() if 2 <= count <= 5)
    return common, rare


def _ask(index: SqliteIndex, common: list[str], rare: list[str], rounds: int) -> dict[str, Any]:
    """Fiftieth and ninety-ninth percentile in milliseconds of each kind of question, 20 documents each."""

    def word(words: list[str]) -> Query:
        return Phrase((random.choice(words),))

    everyday = sorted(common, key=lambda one: -index.count(Phrase((one,))))[:20]
    kinds = {
        "one_frequent_word": lambda: index.search(word(common)),
        "one_rare_word": lambda: index.search(word(rare)),
        "two_frequent_words": lambda: index.search(both(word(common), word(common))),
        "frequent_and_rare": lambda: index.search(both(word(common), word(rare))),
        "frequent_word_in_a_week": lambda: index.search(
            word(common), since=START + timedelta(days=30), until=START + timedelta(days=37)
        ),
        "label_and_word": lambda: index.search(both(parse("domain:policing"), word(common))),
        "exact_count_of_frequent_word": lambda: index.count(word(common)),
        "facets_of_frequent_word": lambda: index.facets(word(common), FACETS),
        "facets_of_the_20_most_frequent_words": lambda: index.facets(word(everyday), FACETS),
        "histogram_of_frequent_word": lambda: index.histogram(word(common), "day"),
        "beginning_of_a_word": lambda: index.search(Phrase((random.choice(common)[:4],), prefix=True)),
        "phrase_of_two_frequent_words": lambda: index.search(
            Phrase((random.choice(common), random.choice(common)))
        ),
        "frequent_word_by_relevance": lambda: index.search(word(common), sort="relevance"),
    }
    index.facets(word(common), FACETS)
    gc.collect()
    gc.freeze()  # the items held here are no part of what a search costs
    return {name: _percentiles(ask, rounds) for name, ask in kinds.items()}


def _percentiles(ask: Any, rounds: int) -> dict[str, float]:
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        ask()
        spent.append((time.process_time() - start) * 1000)
    spent.sort()
    return {"p50_ms": round(spent[rounds // 2], 2), "p99_ms": round(spent[int(rounds * 0.99) - 1], 2)}


def _index_bytes(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT sum(length(block)) FROM articles_fts_data").fetchone()[0])
