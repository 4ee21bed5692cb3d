"""Commands that look: on the store and on the index of the same items they print the same."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_world import API, application, client_of
from click.testing import CliRunner
from embedded_runs import biowire, environment, finished, world_items

from connectors.normalize import item_from_fields
from connectors.publish.log import encode
from dashboards.cli import biowire as commands
from streams.embedded import Instance
from streams.seeds_files import starter_feeds, vocabulary
from streams.settings import load
from streams.sinks.elasticsearch.generations import indices
from streams.sinks.elasticsearch.settings import Index, index_of

from .filled_index import fill

pytestmark = pytest.mark.servers
RECEIVED = datetime(2026, 12, 1, tzinfo=UTC)
WORDS = vocabulary(load({}, {}))


def items() -> list[dict[str, Any]]:
    """The sample world; some of it twice, in other words, at other addresses; and what is no article."""
    world = world_items(2)
    again = [
        *(one | {"content_html": one["content_html"] + "<p>Updated.</p>"} for one in world[:6]),
        *(one | {"feed_url": "https://other.example/feed"} for one in world[6:12]),
        *(
            one | {"link": one["link"] + f"/{n}", "guid": f"guid-{at}"}
            for at, one in enumerate(world[12:18])
            for n in "ab"
        ),
        *(one | {"guid": f"guid-{at}"} for at, one in enumerate(world[12:18])),
    ]
    return [*world, *again, *two_that_turn_out_to_be_one()]


def two_that_turn_out_to_be_one() -> list[dict[str, Any]]:
    """Two articles, and an item at the address of the one with the guid of the other."""
    first, second = (
        {
            "feed_url": "https://ledger.example/feed",
            "title": f"Council weighs cameras at the river crossing {word}",
            "link": f"https://ledger.example/{word}",
            "guid": f"council-{word}",
            "published": "2026-11-20T10:00:00Z",
            "summary_html": f"<p>The council will vote on {word}.</p>",
        }
        for word in ("tuesday", "wednesday")
    )
    return [first, second, second | {"guid": first["guid"], "summary_html": "<p>The vote is put off.</p>"}]


@pytest.fixture(scope="module")
def bodies() -> list[bytes]:
    return [*(encode(item_from_fields(one)) for one in items()), b"no item", encode(item_from_fields({}))]


@pytest.fixture(scope="module")
def store(bodies: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("store")
    with Instance(home / "biowire.db", WORDS, starter_feeds()) as instance:
        for at in range(0, len(bodies), 50):
            instance.ingest(bodies[at : at + 50], RECEIVED, lambda: None)
    return home


@pytest.fixture(scope="module")
def index(
    elastic: Any, bodies: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    prefix = f"reading{tmp_path_factory.mktemp('x').stat().st_ino}-"
    named: Index | None = index_of({"index": elastic.url, "index_prefix": prefix})
    assert named is not None
    fill(named, bodies, RECEIVED, WORDS, tmp_path_factory.mktemp("partitions"))
    yield {"BIOWIRE_INDEX": elastic.url, "BIOWIRE_INDEX_PREFIX": prefix}
    with named.client() as client:
        client.indices.delete(index=indices(client, named))
        client.indices.delete_index_template(name=f"{prefix}*")


def on_the_index(index: dict[str, str], *arguments: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = finished(arguments, environment(**index), within=120)
    assert done.returncode == code, done.stderr.decode()
    return done


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "police OR facial", "--json"),
        ("search", "recognition", "--json", "--facets", "--copies"),
        ("search", 'title:"facial recognition" OR flag:detention', "--sort", "new"),
        ("export", "--json"),
        ("export", "flag:facial-recognition", "--format", "csv", "--no-copies"),
    ],
    ids=" ".join,
)
def test_search_and_export_print_the_same(
    store: Path, index: dict[str, str], arguments: tuple[str, ...]
) -> None:
    expected = biowire(*arguments, home=store).stdout
    assert len(expected) > 500
    assert on_the_index(index, *arguments).stdout == expected


def test_every_item_is_told_of_with_the_article_it_belongs_to_now(
    store: Path, index: dict[str, str], bodies: list[bytes]
) -> None:
    expected = biowire("export", "--sightings", home=store).stdout.splitlines()
    found = on_the_index(index, "export", "--sightings").stdout.splitlines()
    assert len(found) == len(set(bodies))
    assert sorted(found) == sorted(expected)
    outcomes = {json.loads(line)["outcome"] for line in found}
    assert outcomes == {"new", "duplicate", "revision", "near_duplicate", "skipped", "failed"}


def asked(store: Path) -> list[str]:
    """Articles of every kind: seen once, again, revised, at several addresses, copies, leads and reports."""
    documents = [json.loads(line) for line in biowire("export", home=store).stdout.splitlines()]
    kinds: dict[Any, str] = {}
    for one in documents:
        kind = (one["sightings"] > 1, one["revision"] > 1, one["story"]["role"])
        kinds.setdefault(kind, one["url"])
    return [*kinds.values(), two_that_turn_out_to_be_one()[1]["link"]]


def test_explain_and_show_tell_the_same(store: Path, index: dict[str, str]) -> None:
    urls = asked(store)
    assert len(urls) > 5
    runner = CliRunner()
    for url in urls:
        for name in ("show", "explain"):
            expected = runner.invoke(commands, [name, url, "--json", "--home", str(store)])
            found = runner.invoke(commands, [name, url, "--json"], env=index)
            assert (expected.exit_code, found.exit_code) == (0, 0)
            assert found.stdout_bytes == expected.stdout_bytes, (name, url)


def test_pairs_are_judged_by_what_the_index_holds(store: Path, index: dict[str, str], tmp_path: Path) -> None:
    some = items()
    labels = tmp_path / "pairs.jsonl"
    pairs = [(some[0], some[1]), (some[12], some[-1]), (some[2], some[40])]
    labels.write_text(
        "".join(
            json.dumps({"a": a, "b": b, "near_duplicate": False, "same_story": True}) + "\n" for a, b in pairs
        )
    )
    arguments = ("evaluate", "--labels", str(labels), "--json")
    assert on_the_index(index, *arguments).stdout == biowire(*arguments, home=store).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("status",), b"Where is Kafka?"),
        (("show", "https://nobody.example/nothing"), b"There is no article"),
        (("explain", "https://nobody.example/nothing"), b"was ever received"),
    ],
    ids=["status without a broker", "show nothing", "explain nothing"],
)
def test_what_is_not_there_is_one_sentence(
    index: dict[str, str], arguments: tuple[str, ...], says: bytes
) -> None:
    done = on_the_index(index, *arguments, code=2)
    assert says in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_an_index_that_nobody_provisioned_is_one_sentence(index: dict[str, str]) -> None:
    other = {**index, "BIOWIRE_INDEX_PREFIX": "nobody-provisioned-this-"}
    done = on_the_index(other, "search", "police", code=2)
    assert b"Run `biowire provision`" in done.stderr


def test_a_broker_without_an_index_has_nothing_to_search() -> None:
    done = on_the_index({"BIOWIRE_BROKER": "kafka://127.0.0.1:1"}, "search", "police", code=2)
    assert b"Where is Elasticsearch?" in done.stderr


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/documents", {"query": "police OR facial", "facets": "all", "limit": 50}),
        ("/documents", {"query": "recognition", "copies": "true", "since": "2026-11-10", "limit": 200}),
        ("/documents/histogram", {"query": "*", "bucket": "week"}),
        ("/stories", {"query": "flag:facial-recognition", "limit": 30}),
        ("/documents/nothing", {}),
        ("/stories/s0000000000", {}),
        ("/documents", {"query": "title:("}),
    ],
    ids=str,
)
async def test_the_http_api_answers_the_same(
    store: Path, index: dict[str, str], path: str, parameters: dict[str, Any]
) -> None:
    given = {"index": index["BIOWIRE_INDEX"], "index_prefix": index["BIOWIRE_INDEX_PREFIX"]}
    with application(store) as embedded, application(store, **given) as distributed:
        async with client_of(embedded) as one, client_of(distributed) as other:
            expected = await one.get(API + path, params=parameters)
            found = await other.get(API + path, params=parameters)
    assert found.status_code == expected.status_code
    assert found.json() == expected.json()


async def test_the_http_api_says_what_is_away(store: Path, index: dict[str, str]) -> None:
    with application(store, index="elasticsearch://127.0.0.1:1") as app:
        async with client_of(app) as client:
            answer = await client.get(f"{API}/documents")
    assert answer.status_code == 503
    assert "127.0.0.1:1" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/", "/?show=all", "/stories/{story}", "/documents/{id}", "/documents/{id}/explain?compare=nearest"])  # fmt: skip
async def test_the_pages_that_people_read_say_the_same(store: Path, index: dict[str, str], path: str) -> None:
    given = {"index": index["BIOWIRE_INDEX"], "index_prefix": index["BIOWIRE_INDEX_PREFIX"]}
    with application(store) as embedded, application(store, **given) as distributed:
        async with client_of(embedded) as one, client_of(distributed) as other:
            asked = {"query": "is:report relevance:main", "limit": 1}
            (found,) = (await one.get(f"{API}/documents", params=asked)).json()["documents"]
            address = path.format(story=found["story_id"], id=found["id"])
            pages = [_said(await client.get(address)) for client in (one, other)]
    assert pages[0] == pages[1]
    assert "</main>" in pages[0]


def _said(answer: httpx.Response) -> str:
    """The page, without the token that every visitor's forms have of their own."""
    assert answer.status_code == 200
    return re.sub(r'(name="(?:token|biowire-token)" (?:value|content)=)"[^"]*"', r"\1", answer.text)
