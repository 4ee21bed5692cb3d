"""Writing to a real node that is busy, away, full, locked or not set up: each operation on disk, or refused."""

import asyncio
from contextlib import asynccontextmanager
from secrets import token_hex

import pytest
from aiohttp import ClientSession, web
from documents import a_document, an_id
from servers.elasticsearch import ALWAYS_BUSY, Elasticsearch

from connectors.errors import UserError
from streams.core.index import compose
from streams.sinks.elasticsearch import bulk as bulk_sink
from streams.sinks.elasticsearch import generations
from streams.sinks.elasticsearch.bulk import BulkSink
from streams.sinks.elasticsearch.chunks import CHUNK_BYTES, chunks
from streams.sinks.elasticsearch.document import document_of, encode, month_of, splice
from streams.sinks.elasticsearch.settings import index_of
from streams.wire import Operation

pytestmark = pytest.mark.servers


def write_of(name, version=1, **given):
    stored = a_document(name, **given)
    whole = compose(stored, None, None)
    body = splice(encode(stored), dedup=whole.dedup, story_id=whole.story_id, story=whole.story)
    return Operation("document", stored.id, version, month_of(stored.when), body)


def broken(name):
    return Operation("document", an_id(name), 1, "2023-08", b'{"unknown":1}')


class Place:
    """A fresh prefix on a node, set up as `biowire provision` does."""

    def __init__(self, url):
        self.index = index_of({"index": url, "index_prefix": f"elastic-{token_hex(4)}-"})
        self.client = self.index.client()
        generations.create(self.client, self.index, 1, live=True)

    def names(self):
        self.client.indices.refresh(index=self.index.articles)
        hits = self.client.search(index=self.index.articles, size=1000)["hits"]["hits"]
        return {hit["_id"]: document_of(hit["_source"]).title for hit in hits}

    def close(self):
        self.client.indices.delete(index=generations.indices(self.client, self.index))
        for name in (self.index.articles, self.index.stories, self.index.sightings):
            self.client.options(ignore_status=404).indices.delete_index_template(name=name)
        self.client.close()


@pytest.fixture
def place(elastic):
    place = Place(elastic.url)
    yield place
    place.close()


@asynccontextmanager
async def sink(index, generation=1):
    async with index.async_client() as client:
        yield BulkSink(client, index, generation)


async def test_what_is_refused_is_named_and_the_rest_is_written(place):
    good = [write_of(n) for n in range(20)]
    long_id = Operation("document", "x" * 600, 1, "2023-08", good[0].body)
    async with sink(place.index) as bulk:
        refused = await bulk.write([*good[:7], broken("bad"), long_id, *good[7:]])
        assert {one.operation.id for one in refused} == {an_id("bad"), long_id.id}
        assert {one.status for one in refused} == {400}
        assert "strict_dynamic_mapping" in " ".join(one.reason for one in refused)
        assert bulk.waiting == ""
    assert place.names().keys() == {one.id for one in good}


async def test_a_late_replay_changes_nothing_newer(place):
    async with sink(place.index) as bulk:
        assert await bulk.write([write_of("a", 5, title="new"), write_of("b", 5)]) == []
        assert (
            await bulk.write([write_of("a", 4, title="old"), Operation("gone", an_id("b"), 4, "2023-08")])
            == []
        )
        assert place.names() == {an_id("a"): "new", an_id("b"): "Title of b"}
        assert (
            await bulk.write([write_of("a", 5, title="again"), Operation("gone", an_id("b"), 5, "2023-08")])
            == []
        )
        assert await bulk.write([write_of("b", 4), Operation("gone", an_id("never"), 9, "2023-08")]) == []
        assert place.names() == {an_id("a"): "again"}
        assert bulk.errors == {}


async def test_a_month_is_made_with_the_alias_only_in_the_live_generation(place):
    generations.create(place.client, place.index, 2)
    async with sink(place.index) as first, sink(place.index, 2) as second:
        await first.write([write_of("live")])
        await second.write([write_of("next")])
        assert place.names().keys() == {an_id("live")}
        generations.swap(place.client, place.index, 2)
        assert place.names().keys() == {an_id("next")}
        assert generations.live_generation(place.client, place.index) == 2
        later = write_of("later")
        await first.write([Operation("document", later.id, 1, "2023-09", later.body)])
        await second.write([Operation("document", later.id, 1, "2023-10", later.body)])
        assert place.names().keys() == {an_id("next"), an_id("later")}
    generations.delete(place.client, place.index, 1)
    assert set(generations.generations(place.client, place.index)) == {2}
    with pytest.raises(UserError, match="live one"):
        generations.delete(place.client, place.index, 2)


async def test_an_index_that_goes_away_is_made_again(place):
    async with sink(place.index) as bulk:
        await bulk.write([write_of("a")])
        place.client.indices.delete(index=place.index.articles_of(1, "2023-08"))
        assert await bulk.write([write_of("b")]) == []
    assert place.names().keys() == {an_id("b")}


async def test_a_month_whose_maker_died_before_it_had_the_alias_gets_it(place):
    place.client.indices.create(index=place.index.articles_of(1, "2023-08"))
    async with sink(place.index) as bulk:
        await bulk.write([write_of("a")])
    assert place.names().keys() == {an_id("a")}


async def test_a_missing_template_is_said_in_one_sentence(place):
    place.client.indices.delete_index_template(name=place.index.articles)
    async with sink(place.index) as bulk:
        with pytest.raises(UserError, match=r"no index template .* run `biowire provision`"):
            await bulk.write([write_of("a")])


async def test_a_foreign_index_is_left_alone(place):
    name = place.index.articles_of(1, "2023-08")
    place.client.indices.create(index=name, mappings={"properties": {"x": {"type": "long"}}, "_meta": {}})
    place.client.indices.put_mapping(index=name, meta={"owner": "somebody"})
    async with sink(place.index) as bulk:
        with pytest.raises(UserError, match="was not made by biowire"):
            await bulk.write([write_of("a")])


async def test_a_full_disk_is_waited_for_and_told(place):
    async with sink(place.index) as bulk:
        await bulk.write([write_of("a")])
        block = "index.blocks.read_only_allow_delete"  # what the server sets at the flood-stage watermark
        name = place.index.articles_of(1, "2023-08")
        place.client.indices.put_settings(index=name, settings={block: True})
        writing = asyncio.create_task(bulk.write([write_of("b")]))
        await until(lambda: "FORBIDDEN/12" in bulk.waiting or "TOO_MANY_REQUESTS/12" in bulk.waiting)
        assert not writing.done()
        place.client.indices.put_settings(index=name, settings={block: None})
        assert await writing == []
        assert bulk.waiting == ""
    assert place.names().keys() == {an_id("a"), an_id("b")}


async def until(true, seconds=10):
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.02)


@asynccontextmanager
async def in_between(node, answers=(), judge=lambda body: None):
    """A server before the node: the next of `answers` meets a bulk request, then what `judge` says of it.

    None lets a request pass.
    """
    answers = iter(answers)

    async def handle(request):
        body = await request.read()
        answer = next(answers, judge(body)) if request.path.endswith("_bulk") else None
        if answer == "hang up":
            request.transport.abort()
            return web.Response()
        if answer is not None:
            status, body = answer
            return web.Response(
                status=status,
                body=body,
                headers={"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"},
            )
        async with ClientSession() as session:
            url = f"{node.http}{request.path_qs}"
            headers = {
                name: request.headers[name] for name in ("Content-Type", "Accept") if name in request.headers
            }
            async with session.request(request.method, url, data=body, headers=headers) as found:
                return web.Response(
                    status=found.status,
                    body=await found.read(),
                    headers={
                        "X-Elastic-Product": "Elasticsearch",
                        "Content-Type": found.headers["Content-Type"],
                    },
                )

    app = web.Application(client_max_size=100_000_000)
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"elasticsearch://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


BUSY = (429, b'{"error":{"type":"es_rejected_execution_exception","reason":"rejected"},"status":429}')
GATEWAY = (503, b'{"error":{"type":"unavailable","reason":"no master"},"status":503}')
TOO_LARGE = (413, b"")


async def test_every_write_arrives_through_refusals_and_silence(place, elastic):
    writes = [write_of(n) for n in range(30)]
    answers = [BUSY, "hang up", "hang up", GATEWAY, TOO_LARGE, None, BUSY]
    async with in_between(elastic, answers) as url:
        index = index_of({"index": url, "index_prefix": place.index.prefix})
        async with sink(index) as bulk:
            assert await bulk.write(writes) == []
            assert bulk.errors == {429: 2, 0: 1, 503: 1, 413: 1}
    assert place.names().keys() == {one.id for one in writes}


@pytest.mark.parametrize("answer", [BUSY, "hang up"], ids=["429", "hangs up"])
async def test_a_document_never_taken_while_others_are_is_refused_in_the_end(
    place, elastic, answer, monkeypatch
):
    monkeypatch.setattr(bulk_sink, "POISON_SECONDS", 0.5)
    monkeypatch.setattr(bulk_sink, "POISON_TRIES", 2)
    writes = [write_of(n) for n in range(6)]
    poison = write_of("poison", title="poison")
    async with in_between(elastic, judge=lambda body: answer if b'"poison"' in body else None) as url:
        index = index_of({"index": url, "index_prefix": place.index.prefix})
        async with sink(index) as bulk, asyncio.timeout(30):
            refused = await bulk.write([*writes, poison])
            assert [one.operation.id for one in refused] == [poison.id]
            assert bulk.waiting == ""
    assert place.names().keys() == {one.id for one in writes}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            (401, b'{"error":{"type":"security_exception","reason":"missing token"}}'),
            "does not know who we are",
        ),
        (
            (403, b'{"error":{"type":"security_exception","reason":"action is unauthorized"}}'),
            "does not allow this",
        ),
        ((404, b'{"error":"no handler found"}'), "refuses"),
    ],
    ids=["unknown user", "forbidden", "wrong path"],
)
async def test_what_a_person_has_to_mend_stops_the_writer(place, elastic, answer, sentence):
    async with in_between(elastic, [answer]) as url:
        index = index_of({"index": url, "index_prefix": place.index.prefix})
        async with sink(index) as bulk:
            with pytest.raises(UserError, match=sentence):
                await bulk.write([write_of("a")])


async def test_a_server_that_is_not_there_is_waited_for_until_cancelled(place):
    index = index_of({"index": "elasticsearch://127.0.0.1:9", "index_prefix": place.index.prefix})
    async with sink(index) as bulk:
        writing = asyncio.create_task(bulk.write([write_of("a")]))
        await until(lambda: bulk.waiting)
        assert "Nothing answers at elasticsearch://127.0.0.1:9." in bulk.waiting
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing


async def test_a_busy_node_takes_small_pieces_and_a_document_too_big_for_it_is_refused(servers_home):
    with Elasticsearch(servers_home / "busy", settings=ALWAYS_BUSY) as node:
        place = Place(node.url)
        writes = [write_of(n, text="face recognition " * 100) for n in range(200)]
        giant = write_of("giant", text="face recognition " * 10_000)
        async with sink(place.index) as bulk, asyncio.timeout(60):
            refused = await bulk.write([*writes[:90], giant, *writes[90:]])
        assert [one.operation.id for one in refused] == [giant.id]
        assert place.names().keys() == {one.id for one in writes}
        place.client.close()


def test_chunks_hold_everything_once_within_their_bounds():
    writes = [Operation("document", str(n), 1, "2023-08", b"x" * (n * 1000)) for n in range(300)]
    writes.insert(3, Operation("document", "giant", 1, "2023-08", b"x" * (CHUNK_BYTES + 1)))
    cut = list(chunks(writes))
    assert [one for chunk in cut for one in chunk] == writes
    sizes = [sum(len(one.body) for one in chunk) for chunk in cut if len(chunk) > 1]
    assert max(sizes) <= CHUNK_BYTES
    assert len(cut) < 20
