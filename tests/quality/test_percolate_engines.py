"""Thousands of subscriptions over real articles: the percolator, the reference matcher and both engines agree.

BIOWIRE_FULL=1 asks 10,000 subscriptions of 5,000 articles, which takes the reference matcher half an hour.
"""

import os
from collections import Counter
from datetime import UTC, datetime
from secrets import token_hex

import pytest
from elastic_index import WrittenIndex
from embedded_runs import world_items
from random_queries import Asker
from real_items import real_items

from connectors.normalize import item_from_fields
from connectors.publish.log import encode
from streams.core import query as q
from streams.core.alerts.percolate import Percolator
from streams.core.query_match import holds, prepare
from streams.core.query_parse import parse
from streams.embedded import Instance
from streams.seeds_files import starter_feeds, vocabulary
from streams.settings import load

pytestmark = [pytest.mark.shared, pytest.mark.slow]

FULL = os.environ.get("BIOWIRE_FULL") == "1"
STREAMED, OF_EACH_CORPUS = (1_669, 1_800) if FULL else (150, 60)
SUBSCRIPTIONS = 10_000 if FULL else 1_500
EVERY = 1 if FULL else 2
"""Of how many articles the reference matcher is asked about one."""
FOR_SQLITE, FOR_ELASTIC = (2_000, 200) if FULL else (200, 60)


class Subscriber(Asker):
    """Subscriptions of every kind, more often found than not: most are parts joined by AND, OR, NOT."""

    def phrase(self, field=None):
        if self.chance.random() < 0.2:
            field = self.chance.choice(q.TEXT_FIELDS)
        return super().phrase(field)

    def subscription(self):
        """As it would be saved: in written form."""
        return str(self.query(self.chance.choice([0, 1, 1, 2, 2, 3])))


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    home = tmp_path_factory.mktemp("percolate")
    with Instance(home / "biowire.db", vocabulary(load({}, {})), starter_feeds()) as instance:
        items = [*world_items(1), *real_items(STREAMED, OF_EACH_CORPUS)]
        bodies = [encode(item_from_fields(one)) for one in items]
        instance.ingest(bodies, datetime(2026, 12, 1, tzinfo=UTC), lambda: None)
        yield instance


@pytest.fixture(scope="module")
def documents(instance):
    return list(instance.index.scan())


@pytest.fixture(scope="module")
def subscriptions(documents):
    subscriber = Subscriber(documents, seed=20235)
    return {f"s{number:05}": parse(subscriber.subscription()) for number in range(SUBSCRIPTIONS)}


@pytest.fixture(scope="module")
def percolator(subscriptions):
    return Percolator(subscriptions.items())


@pytest.fixture(scope="module")
def found(documents, subscriptions, percolator):
    """Ids of the documents that meet each subscription, as the percolator has them."""
    met = {id_: [] for id_ in subscriptions}
    for document in documents:
        for id_ in percolator.match(prepare(document)):
            met[id_].append(document.id)
    return met


def test_the_subscriptions_are_of_every_kind_and_most_are_met(subscriptions, found, documents):
    kinds = Counter()
    for query in subscriptions.values():
        text = str(query)
        kinds.update({type(clause).__name__ for clause in q.clauses(query)})
        kinds["NOT"] += "-" in text.replace("-0", "")
        kinds["nested"] += "(" in text
        kinds["phrase"] += any(isinstance(one, q.Phrase) and len(one.tokens) > 1 for one in q.clauses(query))
        kinds["prefix"] += any(isinstance(one, q.Phrase) and one.prefix for one in q.clauses(query))
        kinds["field"] += any(isinstance(one, q.Phrase) and bool(one.field) for one in q.clauses(query))
        kinds["CJK"] += any("一" <= letter <= "鿿" for letter in text)
    print(len(documents), "documents;", dict(kinds), sum(map(len, found.values())), "matches")
    assert kinds.keys() >= {"Phrase", "Near", "Value", "Dates", "Is"}
    assert min(kinds.values()) >= SUBSCRIPTIONS * 0.03, kinds
    assert sum(map(bool, found.values())) > SUBSCRIPTIONS * 0.8
    assert len(documents) >= (5_000 if FULL else 600)


def test_every_subscription_is_met_as_the_reference_matcher_has_it(documents, subscriptions, percolator):
    for document in documents[::EVERY]:
        ready = prepare(document)
        wanted = [id_ for id_, query in subscriptions.items() if holds(query, ready)]
        assert percolator.match(ready) == wanted, document.id


def test_sqlite_finds_the_same(instance, subscriptions, found):
    for id_, query in list(subscriptions.items())[:FOR_SQLITE]:
        assert [document.id for document in instance.index.scan(query)] == found[id_], str(query)


@pytest.mark.servers
def test_elasticsearch_finds_the_same(elastic, documents, subscriptions, found):
    written = WrittenIndex(elastic.url, f"elastic-{token_hex(4)}")
    written.put_as_they_are(documents)
    for id_, query in list(subscriptions.items())[:FOR_ELASTIC]:
        assert [document.id for document in written.scan(query)] == found[id_], str(query)
    written.close()
