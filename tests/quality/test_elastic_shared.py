"""On real items in many scripts, Elasticsearch gives what the embedded index gives: hits, order, counts, facets."""

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from itertools import islice
from secrets import token_hex

import pytest
from elastic_index import WrittenIndex
from embedded_runs import world_items
from shared_data import shared

from connectors.normalize import item_from_fields
from connectors.publish.log import encode
from streams.core import query as q
from streams.core.index import FACETS, terms
from streams.core.text import fold_text, tokens
from streams.embedded import Instance
from streams.seeds_files import starter_feeds, vocabulary
from streams.settings import load

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.servers]

QUERIES = 150
_CORPORA = ("zh_thucnews_headlines/data.jsonl", "masakhanews_multilingual/data.jsonl.gz")


def real_items():
    with gzip.open(shared("stream", "keyword_pool.jsonl.gz")) as lines:
        yield from (json.loads(line) for line in islice(lines, 900))
    for corpus in _CORPORA:
        path = shared("corpora", *corpus.split("/"))
        with (gzip.open if path.suffix == ".gz" else open)(path) as lines:
            for number, line in enumerate(islice(lines, 150)):
                fields = json.loads(line)
                yield {
                    "feed_url": "https://corpus.example/feed",
                    "link": f"https://corpus.example/{corpus[:2]}/{number}",
                    "title": fields.get("title") or fields.get("headline") or "",
                    "summary_html": (fields.get("text") or "")[:2000],
                    "published": f"2023-03-{number % 28 + 1:02}T10:00:00Z",
                }


@pytest.fixture(scope="module")
def engines(elastic, tmp_path_factory):
    home = tmp_path_factory.mktemp("agreement")
    written = WrittenIndex(elastic.url, f"elastic-{token_hex(4)}")
    with Instance(home / "biowire.db", vocabulary(load({}, {})), starter_feeds()) as instance:
        items = [*world_items(1), *real_items()]
        bodies = [encode(item_from_fields(one)) for one in items]
        instance.ingest(bodies, datetime(2026, 12, 1, tzinfo=UTC), lambda: None)
        written.put_as_they_are(instance.index.scan())
        yield instance.index, written
    written.close()


class Asker:
    """Random queries made of what the documents hold, so that most of them find something."""

    def __init__(self, documents, seed):
        self.documents = documents
        self.chance = random.Random(seed)

    def words(self):
        while True:
            document = self.chance.choice(self.documents)
            cut = tokens(fold_text(getattr(document, self.chance.choice(q.TEXT_FIELDS))))
            if cut:
                return cut, self.chance.randrange(len(cut))

    def phrase(self, field=None):
        cut, at = self.words()
        found = cut[at : at + self.chance.choice([1, 1, 1, 2, 3, 5])]
        prefix = self.chance.random() < 0.3
        if prefix:
            found = [*found[:-1], found[-1][: self.chance.randint(1, 6)]]
        return q.Phrase(tuple(found), prefix, field)

    def near(self):
        cut, at = self.words()
        other = max(0, min(len(cut) - 1, at + self.chance.randint(-8, 8)))
        right = self.chance.choice([q.Phrase((cut[other],)), q.Phrase((cut[other][:2],), prefix=True)])
        return q.Near(q.Phrase((cut[at],)), right, self.chance.randint(0, 8))

    def value(self):
        field, value = self.chance.choice(sorted(terms(self.chance.choice(self.documents))))
        if self.chance.random() < 0.3 and field not in {"url", "feed", "relevance"}:
            return q.Value(field, value[: self.chance.randint(0, 5)], prefix=True)
        return q.Value(field, value)

    def period(self):
        start = self.chance.choice(self.documents).when.replace(microsecond=0)
        return q.Dates(start, start + timedelta(hours=self.chance.randint(1, 900)))

    def query(self, depth=2):
        if depth == 0 or self.chance.random() < 0.4:
            roles = [q.Is(role) for role in q.ROLES]
            make = self.chance.choice([self.phrase, self.phrase, self.near, self.value, self.period, None])
            return make() if make else self.chance.choice(roles)
        kind = self.chance.choice([q.And, q.Or, q.Not])
        if kind is q.Not:
            inner = self.query(depth - 1)
            return inner.inner if isinstance(inner, q.Not) else q.Not(inner)
        return q.join(kind, [self.query(depth - 1), self.query(depth - 1)])


def test_the_documents_are_the_same(engines):
    embedded, written = engines
    assert list(written.scan()) == list(embedded.scan())
    assert written.facets(q.Everything()) == embedded.facets(q.Everything())
    assert written.story_ids() == embedded.story_ids()
    for bucket in ("hour", "day", "week", "month"):
        assert written.histogram(q.Everything(), bucket) == embedded.histogram(q.Everything(), bucket)


def test_random_queries_find_the_same_in_the_same_order(engines):
    embedded, written = engines
    asker = Asker(list(embedded.scan()), seed=20231)
    finding = 0
    for number in range(QUERIES):
        query, copies = asker.query(), number % 3 == 0
        wanted = embedded.search(query, limit=30, copies=copies)
        assert written.search(query, limit=30, copies=copies) == wanted, str(query)
        assert written.count(query, copies=copies) == embedded.count(query, copies=copies), str(query)
        if number % 10 == 0:
            assert written.facets(query, FACETS) == embedded.facets(query, FACETS), str(query)
        finding += wanted.total > 0
    assert finding > QUERIES / 2
