"""On real items in many scripts, Elasticsearch gives what the embedded index gives: hits, order, counts, facets."""

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
from streams.core.index import FACETS
from streams.embedded import Instance
from streams.seeds_files import starter_feeds, vocabulary
from streams.settings import load

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.servers]

QUERIES = 150


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
