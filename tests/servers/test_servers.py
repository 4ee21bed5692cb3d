"""The servers that other tests rely on do what those tests believe."""

import asyncio
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from servers import (
    ALWAYS_BUSY,
    Certificates,
    Elasticsearch,
    FailedError,
    Kafka,
    OtherVersion,
    Server,
    TlsProxy,
    free_port,
)

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def own_kafka(servers_home: Path) -> Iterator[Kafka]:
    """May be killed; asks for a user, on plain connections."""
    with Kafka(
        servers_home / "own-kafka", partitions=3, users={"tester": "sesame"}, mechanism="PLAIN"
    ) as server:
        yield server


@pytest.fixture(scope="module")
def own_elastic(servers_home: Path) -> Iterator[Elasticsearch]:
    with Elasticsearch(servers_home / "own-elastic", settings=ALWAYS_BUSY) as server:
        yield server


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


def login(server: Kafka, **changed: Any) -> dict[str, Any]:
    options = {
        "bootstrap_servers": server.bootstrap,
        "security_protocol": server.protocol,
        "sasl_mechanism": server.mechanism,
        "sasl_plain_username": "tester",
        "sasl_plain_password": "sesame",
        "request_timeout_ms": 3000,
    }
    return options | changed


async def produce(topic: str, value: bytes, options: dict[str, Any]) -> None:
    producer = AIOKafkaProducer(acks="all", **options)
    try:
        await producer.start()
        await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def consume(topic: str, partitions: int, options: dict[str, Any]) -> bytes:
    """The first message of a topic that has so many partitions."""
    consumer = AIOKafkaConsumer(auto_offset_reset="earliest", **options)
    try:
        await consumer.start()
        consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        message = await asyncio.wait_for(consumer.getone(), timeout=10)
        assert len(consumer.partitions_for_topic(topic) or ()) == partitions
    finally:
        await consumer.stop()
    return bytes(message.value)


def test_the_shared_servers_answer(kafka: Kafka, elastic: Elasticsearch, prefix: str) -> None:
    assert kafka.answers()
    assert elastic.ask("GET", "/")["version"]["number"].startswith("9.")
    assert elastic.ask("PUT", f"/{prefix}-index")["acknowledged"]
    assert elastic.ask("DELETE", f"/{prefix}-index")["acknowledged"]


async def test_an_acknowledged_message_outlives_a_killed_broker(own_kafka: Kafka, prefix: str) -> None:
    await produce(prefix, b"kept", login(own_kafka))
    before = own_kafka.pid
    own_kafka.kill()
    assert not own_kafka.alive
    assert not psutil.pid_exists(before)
    own_kafka.restart()
    assert own_kafka.pid != before
    assert await consume(prefix, 3, login(own_kafka)) == b"kept"


def test_an_acknowledged_document_outlives_a_killed_node(own_elastic: Elasticsearch, prefix: str) -> None:
    own_elastic.ask("PUT", f"/{prefix}/_doc/1", {"title": "kept"})
    own_elastic.kill()
    with pytest.raises(OSError, match="refused"):
        own_elastic.ask("GET", "/")
    own_elastic.restart()
    assert own_elastic.ask("GET", f"/{prefix}/_doc/1")["_source"] == {"title": "kept"}


@pytest.mark.parametrize("name", ["own_kafka", "own_elastic"])
def test_a_frozen_server_is_silent_and_goes_on_when_thawed(name: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(name)
    assert 50 << 20 < server.rss() < 1 << 30
    server.freeze()
    try:
        assert server.alive
        assert psutil.Process(server.pid).status() == psutil.STATUS_STOPPED
        if isinstance(server, Elasticsearch):
            with pytest.raises(TimeoutError):
                server.ask("GET", "/", within=0.5)
    finally:
        server.thaw()
    server.wait(10)


def test_a_busy_node_answers_429_to_a_large_bulk_and_takes_a_small_one(
    own_elastic: Elasticsearch, prefix: str
) -> None:
    def bulk(size: int) -> int:
        lines = [{"index": {"_id": "1"}}, {"text": "x" * size}]
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        request = urllib.request.Request(
            f"{own_elastic.http}/{prefix}/_bulk",
            body,
            {"Content-Type": "application/x-ndjson"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status)

    assert bulk(100) == 200
    with pytest.raises(urllib.error.HTTPError) as refusal:
        bulk(100_000)
    with refusal.value as answer:
        assert answer.code == 429


LANGUAGES = {
    "english": ("the cameras were recording", ["camera", "were", "record"]),
    "german": ("die Häuser", ["haus"]),
    "french": ("les caméras", ["camera"]),
    "russian": ("камеры", ["камер"]),
    "cjk": ("顔認証", ["顔認", "認証"]),
    "dutch": ("de systemen", ["system"]),
}


@pytest.mark.parametrize(("analyzer", "text", "terms"), [(name, *case) for name, case in LANGUAGES.items()])
def test_languages_are_analysed_as_in_a_distribution(
    elastic: Elasticsearch, analyzer: str, text: str, terms: list[str]
) -> None:
    answer = elastic.ask("GET", "/_analyze", {"analyzer": analyzer, "text": text})
    assert [token["token"] for token in answer["tokens"]] == terms


def test_a_custom_analyzer_is_made_of_the_plain_parts(elastic: Elasticsearch, prefix: str) -> None:
    plain = {"type": "custom", "tokenizer": "whitespace", "filter": ["lowercase"]}
    settings = {"analysis": {"analyzer": {"plain": plain, "tongue": {"type": "english"}}}}
    elastic.ask("PUT", f"/{prefix}", {"settings": settings})
    try:
        for analyzer, terms in {"plain": ["the", "b-c"], "tongue": ["b", "c"]}.items():
            answer = elastic.ask("GET", f"/{prefix}/_analyze", {"analyzer": analyzer, "text": "The B-c"})
            assert [token["token"] for token in answer["tokens"]] == terms
    finally:
        elastic.ask("DELETE", f"/{prefix}")


async def test_a_broker_with_users_and_tls_lets_in_the_right_one_only(
    servers_home: Path, certificates: Certificates, tmp_path: Path, prefix: str
) -> None:
    known = ssl.create_default_context(cafile=str(certificates.authority))
    strange = ssl.create_default_context(cafile=str(Certificates.make(tmp_path / "other").authority))
    with Kafka(servers_home / "guarded", users={"tester": "sesame"}, certificates=certificates) as server:
        assert (server.protocol, server.mechanism) == ("SASL_SSL", "SCRAM-SHA-512")
        assert server.url.startswith("kafka+tls://")
        await produce(prefix, b"let in", login(server, ssl_context=known))
        for wrong in ({"sasl_plain_password": "wrong", "ssl_context": known}, {"ssl_context": strange}):
            with pytest.raises(KafkaError):
                await produce(prefix, b"kept out", login(server, **wrong))
        server.kill()
        server.auto_create = False
        server.restart()
        with pytest.raises(KafkaError):  # same user, a topic that nobody made
            await produce(f"{prefix}-new", b"nowhere to go", login(server, ssl_context=known))


@pytest.mark.parametrize(
    ("hosts", "days", "complaint"),
    [
        pytest.param((), 2, "", id="good"),
        pytest.param(("elsewhere.example",), 2, "IP address mismatch", id="another name"),
        pytest.param((), -1, "expired", id="expired"),
    ],
)
def test_the_tls_proxy_shows_the_certificates_it_was_given(
    hosts: tuple[str, ...], days: int, complaint: str, elastic: Elasticsearch, tmp_path: Path
) -> None:
    shown = Certificates.make(tmp_path, *hosts, days=days)
    trusting = ssl.create_default_context(cafile=str(shown.authority))
    with TlsProxy(elastic.address, shown) as proxy:

        def ask(context: ssl.SSLContext) -> str:
            with urllib.request.urlopen(f"https://{proxy.address}/", timeout=5, context=context) as response:
                return str(json.load(response)["tagline"])

        if complaint:
            with pytest.raises(OSError, match=complaint):
                ask(trusting)
        else:
            assert ask(trusting) == "You Know, for Search"
        with pytest.raises(OSError, match=r"self-signed|unable to get local issuer"):
            ask(ssl.create_default_context())


def test_another_version_says_so() -> None:
    with (
        OtherVersion("7.17.29") as other,
        urllib.request.urlopen(f"http://{other.address}/", timeout=5) as answer,
    ):
        assert json.load(answer)["version"]["number"] == "7.17.29"
        assert answer.headers["X-elastic-product"] == "Elasticsearch"


def test_what_keeps_a_server_from_starting_is_in_the_error(servers_home: Path) -> None:
    with pytest.raises(FailedError, match=r"no\.such\.setting"):
        Elasticsearch(servers_home / "broken", settings={"no.such.setting": 1}).start()


def test_a_server_does_not_outlive_the_tests_that_were_killed(servers_home: Path) -> None:
    port = free_port()
    script = (
        "import sys, time; from pathlib import Path; from servers import Elasticsearch\n"
        f"server = Elasticsearch(Path({str(servers_home / 'orphan')!r}), {port})\n"
        "server.launch(); print(server.pid, flush=True); server.freeze(); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as tests:
        assert tests.stdout is not None
        pid = int(tests.stdout.readline())
        assert psutil.pid_exists(pid)
        tests.kill()
    until = time.monotonic() + 10
    while psutil.pid_exists(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)
