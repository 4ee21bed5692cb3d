"""Saved queries: all of them against each article, beside running every query over a batch in FTS5 and tantivy.

Articles are 300 words of the real stream, the queries a mix of what people save. All engines are given our
tokens; what is timed is tokens to matches, in CPU time of one process. `each_as_it_comes_in` is with folding and
cutting the text, article by article, which the peers are spared. The peers hold their parsed queries ready, and for a batch make
an index in memory and ask it all of them; their matches have to be ours.
"""

from __future__ import annotations

import gc
import itertools
import random
import resource
import sqlite3
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tantivy

from connectors.records import Article
from streams.core import query as q
from streams.core.alerts.percolate import Percolator
from streams.core.index import Stored, compose
from streams.core.query_match import Prepared, holds, prepare
from streams.core.records import Document, Source
from streams.core.text import fold
from streams.sinks.sqlite_plan import expression

from . import _stream

WORDS = 300
BATCHES = (1000, 20)
Matches = set[tuple[int, str]]
"""Number of the article in its batch, and id of the query."""


def run(quick: bool) -> dict[str, Any]:
    """Articles a second against few and many queries, the peers' in batches, and what an edit costs."""
    articles = _stream.cut(_stream.articles(9_000 if quick else 20_000), WORDS)
    documents = [_document(article) for article in articles]
    prepared = [prepare(document) for document in documents]
    few, many = (2_000, 10_000) if quick else (10_000, 100_000)
    queries = list(_queries(prepared, many))
    measured: dict[str, Any] = {
        "source": _stream.source(),
        "articles": len(prepared),
        "words": WORDS,
    }
    gc.collect()
    gc.freeze()  # the articles held here are no part of what matching costs
    for count in (few, many):
        measured[f"{count}_queries"] = _measure(queries[:count], documents, prepared)
    measured[f"peers_{few}_queries"] = _peers(queries[:few], prepared)
    return measured


def _document(article: Article) -> Document:
    """As the index would hold it, with the text only, which is what all engines are asked about."""
    stored = Stored(
        id=article.id,
        url=article.url,
        canonical_url=article.canonical_url,
        feed_url=article.feed_url,
        source=Source(name="", host="host.example"),
        title="",
        summary="",
        text=article.text,
        authors=article.authors,
        categories=article.categories,
        language=article.language,
        published=article.published,
        updated=None,
        first_seen=article.received,
        revision=1,
        content_hash=article.content_hash,
        relevance="none",
        relevance_score=0.0,
        relevance_reasons=(),
        labels=(),
        flags=(),
        watchlists=(),
        sightings=1,
        vocabulary_version="1",
        pipeline_version="1",
    )
    return compose(stored, None, None)


def _queries(prepared: Sequence[Prepared], count: int) -> Iterator[tuple[str, q.Query]]:
    """30 % name AND (topic OR topic), 20 % 3xOR AND 3xOR (half with NOT), 15 % 4 to 11 names by OR, NOT,
    15 % one name, 10 % two common words, 10 % NEAR/8."""
    chance = random.Random(5)
    seen = Counter(token for one in prepared for token in set(one.words["text"]))

    def words(least: float, most: float) -> list[str]:
        share = len(prepared)
        return sorted(token for token, n in seen.items() if least <= n / share < most and token.isalpha())

    names, topics, common = words(0.0002, 0.003), words(0.005, 0.05), words(0.05, 0.2)

    def some(of: list[str], number: int) -> q.Query:
        return q.join(q.Or, [q.Phrase((word,)) for word in chance.sample(of, number)])

    def without(query: q.Query) -> q.Query:
        return q.both(query, q.Not(some(topics, 1)))

    kinds: list[tuple[int, Callable[[], q.Query]]] = [
        (30, lambda: q.both(some(names, 1), some(topics, 2))),
        (10, lambda: q.both(some(topics, 3), some(topics, 3))),
        (10, lambda: without(q.both(some(topics, 3), some(topics, 3)))),
        (15, lambda: without(some(names, chance.randint(4, 11)))),
        (15, lambda: some(names, 1)),
        (10, lambda: q.both(some(common, 1), some(common, 1))),
        (10, lambda: q.Near(q.Phrase((chance.choice(topics),)), q.Phrase((chance.choice(topics),)), 8)),
    ]
    weights = [weight for weight, _ in kinds]
    for number, (_, make) in enumerate(chance.choices(kinds, weights, k=count)):
        yield f"q{number:06}", make()


def _measure(
    queries: Sequence[tuple[str, q.Query]], documents: Sequence[Document], prepared: Sequence[Prepared]
) -> dict[str, Any]:
    """Build, match all articles in a row and each as it comes in, check some by the reference, edit live."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    percolator = Percolator(queries)
    built = time.process_time() - start
    spent, _ = _best(_ours(percolator), prepared)
    rounds = [_come_in(percolator, documents) for _ in range(2)]
    preparing, matching, each, matches = min(rounds, key=lambda one: one[1])
    asked = dict(queries)
    wrong = sum(
        percolator.match(ready) != sorted(id_ for id_, query in asked.items() if holds(query, ready))
        for ready in map(prepare, documents[:: len(documents) // 20])
    )
    return {
        "articles_per_second": round(len(prepared) / spent),
        "us": round(spent / len(prepared) * 1e6, 1),
        "each_as_it_comes_in_with_prepare_per_second": round(1e6 / (preparing + matching)),
        "each_us_prepare": round(preparing, 1),
        "each_us_p50": round(each[len(each) // 2], 1),
        "each_us_p99": round(each[int(len(each) * 0.99)], 1),
        "matches_per_article": round(matches, 2),
        "articles_wrong_of_20": wrong,
        "build_seconds": round(built, 2),
        "build_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
        **_edits(percolator, queries),
    }


def _come_in(
    percolator: Percolator, documents: Sequence[Document]
) -> tuple[float, float, Sequence[float], float]:
    """Mean microseconds of preparing and of matching, those of each match, rising, and mean matches."""
    preparing = matches = 0.0
    each = []
    for document in documents:
        fold.cache_clear()  # each article is met once in life
        start = time.process_time()
        ready = prepare(document)
        middle = time.process_time()
        matches += len(percolator.match(ready))
        each.append((time.process_time() - middle) * 1e6)
        preparing += middle - start
    count = len(documents)
    return preparing / count * 1e6, sum(each) / count, sorted(each), matches / count


def _edits(percolator: Percolator, queries: Sequence[tuple[str, q.Query]]) -> dict[str, Any]:
    """Take one of the queries away and put it back, and the next: milliseconds of wall time for each."""
    adding, removing = [], []
    for id_, query in random.Random(1).sample(queries, 1000):
        start = time.perf_counter()
        percolator.remove(id_)
        middle = time.perf_counter()
        percolator.add(id_, query)
        adding.append((time.perf_counter() - middle) * 1000)
        removing.append((middle - start) * 1000)
    return {
        "add_one_ms_p50": round(statistics.median(adding), 3),
        "add_one_ms_worst_of_1000": round(max(adding), 3),
        "remove_one_ms_worst_of_1000": round(max(removing), 3),
    }


def _ours(percolator: Percolator) -> Callable[[Sequence[Prepared]], Matches]:
    def ours(batch: Sequence[Prepared]) -> Matches:
        return {(n, id_) for n, one in enumerate(batch) for id_ in percolator.match(one)}

    return ours


def _peers(queries: Sequence[tuple[str, q.Query]], prepared: Sequence[Prepared]) -> dict[str, Any]:
    """Both peers over batches of each size, and how many times faster we are than the faster of them."""
    figures: dict[str, Any] = {}
    percolator = Percolator(queries)
    for size in BATCHES:
        rates = {}
        batch = prepared[:size]
        ours, wanted = _best(_ours(percolator), batch)
        figures[f"ours_batch_{size}_articles_per_second"] = round(size / ours)
        texts = [" ".join(one.words["text"]) for one in batch]
        for name, peer in (("fts5", _fts5(queries)), ("tantivy", _tantivy(queries))):
            spent, found = _best(peer, texts)
            rates[name] = round(size / spent)
            figures[f"{name}_batch_{size}_articles_per_second"] = rates[name]
            figures[f"{name}_batch_{size}_ms"] = round(spent * 1000, 1)
            figures[f"{name}_batch_{size}_matches_that_differ"] = len(found ^ wanted)
        figures[f"times_faster_than_best_batch_{size}"] = round(size / ours / max(rates.values()), 1)
    return figures


def _best(engine: Callable[[Sequence[Any]], Matches], batch: Sequence[Any]) -> tuple[float, Matches]:
    """CPU seconds of the best of three rounds, and what was found."""
    spent = float("inf")
    for _ in range(3):
        start = time.process_time()
        found = engine(batch)
        spent = min(spent, time.process_time() - start)
    return spent, found


def _fts5(queries: Sequence[tuple[str, q.Query]]) -> Callable[[Sequence[str]], Matches]:
    asked = [(id_, expression(query)) for id_, query in queries]

    def peer(texts: Sequence[str]) -> Matches:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.execute("CREATE VIRTUAL TABLE f USING fts5 (text, content = '')")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO f (rowid, text) VALUES (?, ?)", enumerate(texts))
        connection.execute("COMMIT")
        select = "SELECT rowid FROM f WHERE f MATCH ?"
        found = {(n, id_) for id_, text in asked for (n,) in connection.execute(select, (text,))}
        connection.close()
        return found

    return peer


def _tantivy(queries: Sequence[tuple[str, q.Query]]) -> Callable[[Sequence[str]], Matches]:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", stored=False, tokenizer_name="whitespace", index_option="position")
    schema = builder.build()
    asked = [(id_, _tantivy_query(schema, query)) for id_, query in queries]

    def peer(texts: Sequence[str]) -> Matches:
        index = tantivy.Index(schema)
        writer = index.writer(100_000_000, num_threads=1)
        for text in texts:
            writer.add_document(tantivy.Document(text=text))
        writer.commit()
        index.reload()
        search = index.searcher().search
        return {
            (address.doc, id_)
            for id_, query in asked
            for _, address in search(query, limit=len(texts), count=False).hits
        }

    return peer


def _tantivy_query(schema: tantivy.Schema, query: q.Query) -> tantivy.Query:
    """The same query; NEAR as a phrase with slop in both orders."""
    occur = tantivy.Occur
    if isinstance(query, q.And):
        return tantivy.Query.boolean_query(
            [
                (occur.MustNot, _tantivy_query(schema, part.inner))
                if isinstance(part, q.Not)
                else (occur.Must, _tantivy_query(schema, part))
                for part in query.parts
            ]
        )
    if isinstance(query, q.Or):
        return tantivy.Query.boolean_query(
            [(occur.Should, _tantivy_query(schema, part)) for part in query.parts]
        )
    if isinstance(query, q.Near):
        pair = [query.left.tokens[0], query.right.tokens[0]]
        orders = itertools.islice(itertools.permutations(pair), 2)
        phrases = [
            tantivy.Query.phrase_query(schema, "text", list(words), query.distance) for words in orders
        ]
        return tantivy.Query.boolean_query([(occur.Should, phrase) for phrase in phrases])
    assert isinstance(query, q.Phrase)
    return tantivy.Query.term_query(schema, "text", query.tokens[0], index_option="basic")
