"""What is wrong with a set-up is one sentence that says what to do: exit code 2, soon, no traceback.

docs/bad-input.md lists the same rows for people; a test below keeps the two together.
"""

from __future__ import annotations

import base64
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch as Client
from embedded_runs import environment
from forked_command import Run, Told, run_all
from servers import Certificates, Elasticsearch, Kafka, OtherVersion, TlsProxy, free_port
from shared_data import ROOT

from connectors.broker import Broker, broker_of
from streams import topics
from streams.control import Control, write
from streams.kafka_admin import administering
from streams.provision import index as provisioning_index
from streams.provision.broker import provision
from streams.seeds_files import vocabulary
from streams.sinks.elasticsearch.settings import Index, index_of
from streams.sinks.elasticsearch.templates import install, names

pytestmark = pytest.mark.servers

SECONDS = 20.0
"""In which a person is told, as docs/bad-input.md says."""
PATIENCE = 90.0
"""After which a run that does not end is ended: dozens share the cores with three servers."""

ON_BROKER = {
    "provision": ("provision", "--check"),
    "ingest": ("ingest", "{home}/items.jsonl"),
    "connect": ("connect", "--wait", "0"),
    "deadletters": ("deadletters", "list"),
    "status": ("status",),
    "worker": ("worker", "--wait", "0"),
}
ON_INDEX = {
    "provision": ("provision", "--check"),
    "search": ("search", "face"),
    "status": ("status",),
    "worker": ("worker", "--wait", "0"),
}


@dataclass(frozen=True)
class Scene:
    """Two servers set up as they should be, and what is needed to spoil one point of it."""

    home: Path
    settings: dict[str, str]
    kafka: Kafka
    secured: Kafka
    node: Elasticsearch
    trusted: Certificates
    other: Certificates
    stack: ExitStack

    def file(self, name: str, text: str) -> str:
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        return str(path)


Spoil = Callable[[Scene], dict[str, str]]


@dataclass(frozen=True)
class Wrong:
    """How a set-up is spoilt, and what a person is told."""

    spoil: Spoil
    says: str
    without: tuple[str, ...] = ()
    """Commands that do not come across it."""


def on_secured(**settings: str) -> Spoil:
    """The broker with users and TLS, with what lets us in, but for these."""

    def spoil(scene: Scene) -> dict[str, str]:
        right = {
            "broker": scene.secured.url,
            "broker_ca": str(scene.trusted.authority),
            "broker_user": "biowire",
            "broker_password_file": scene.file("right", "right\n"),
        }
        found = right | settings
        if "password" in found:
            found["broker_password_file"] = scene.file("wrong", found.pop("password"))
        if found["broker_ca"] == "other":
            found["broker_ca"] = str(scene.other.authority)
        found["broker"] = found["broker"].replace("SECURED", scene.secured.bootstrap)
        return found

    return spoil


def black_hole(scene: Scene) -> str:
    """An address on loopback that takes no connection and refuses none, as behind a firewall."""
    hole = scene.stack.enter_context(socket.socket())
    hole.bind(("127.0.0.1", 0))
    hole.listen(0)
    for _ in range(4):
        filler = scene.stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(hole.getsockname())
    return f"127.0.0.1:{hole.getsockname()[1]}"


def silent(scene: Scene) -> str:
    """An address that takes connections and says nothing."""
    server = scene.stack.enter_context(socket.socket())
    server.bind(("127.0.0.1", 0))
    server.listen(50)
    return f"127.0.0.1:{server.getsockname()[1]}"


def broker_at(address: Callable[[Scene], str], scheme: str = "kafka") -> Spoil:
    return lambda scene: {"broker": f"{scheme}://{address(scene)}"}


def index_at(address: Callable[[Scene], str], scheme: str = "elasticsearch") -> Spoil:
    return lambda scene: {"index": f"{scheme}://{address(scene)}"}


def closed(scene: Scene) -> str:
    return f"127.0.0.1:{free_port()}"


def without_topic(name: Callable[..., str], *arguments: object) -> Spoil:
    def spoil(scene: Scene) -> dict[str, str]:
        broker = broker_of(scene.settings)
        assert broker is not None
        with administering(broker) as admin:
            admin.delete_topics([name(broker, *arguments)])
        return {}

    return spoil


def without_template(scene: Scene) -> dict[str, str]:
    index = index_of(scene.settings)
    assert index is not None
    with index.client() as client:
        client.indices.delete_index_template(name=index.articles)
    return {}


def foreign_index(scene: Scene) -> dict[str, str]:
    index = index_of(scene.settings)
    assert index is not None
    with index.client() as client:
        client.indices.delete(index=index.stories_of(1))
        client.indices.delete_index_template(name=index.stories)  # as if it had been there before
        client.indices.create(index=index.stories_of(1), mappings={"properties": {"id": {"type": "integer"}}})
        install(client, index)
    return {}


def other_version(version: str, *, product: bool = True) -> Spoil:
    def spoil(scene: Scene) -> dict[str, str]:
        return {"index": scene.stack.enter_context(OtherVersion(version, product=product)).url}

    return spoil


def behind_tls(authority: str) -> Spoil:
    def spoil(scene: Scene) -> dict[str, str]:
        proxy = scene.stack.enter_context(TlsProxy(scene.node.address, scene.trusted))
        found = {"index": f"elasticsearch+tls://{proxy.address}"}
        return found | ({"index_ca": str(scene.other.authority)} if authority == "other" else {})

    return spoil


def plain_to_tls(scene: Scene) -> dict[str, str]:
    proxy = scene.stack.enter_context(TlsProxy(scene.node.address, scene.trusted))
    return {"index": f"elasticsearch://{proxy.address}"}


class _Guarded(BaseHTTPRequestHandler):
    """Elasticsearch's answer to a user it does not know."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "")
        allowed = given == "Basic " + base64.b64encode(b"biowire:right").decode()
        body = b'{"error":{"type":"security_exception","reason":"unable to authenticate user"},"status":401}'
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(500 if allowed else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-elastic-product", "Elasticsearch")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_POST = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Not on the terminal of the tests."""


def guarded_index(scene: Scene) -> dict[str, str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Guarded)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    scene.stack.callback(lambda: (server.shutdown(), server.server_close(), thread.join(5)))
    return {
        "index": f"elasticsearch://127.0.0.1:{server.server_address[1]}",
        "index_user": "biowire",
        "index_password_file": scene.file("wrong", "wrong\n"),
    }


BROKERS = {
    "broker: nothing listens": Wrong(
        broker_at(closed), "Nothing listens at 127.0.0.1:.*is the setting broker"
    ),
    "broker: the way is closed": Wrong(broker_at(black_hole), "does not answer.*is the way to it open"),
    "broker: takes the call and is silent": Wrong(broker_at(silent), "does not answer"),
    "broker: unknown name": Wrong(broker_at(lambda _: "broker.invalid:9092"), "broker.invalid is not known"),
    "broker: another service": Wrong(
        lambda scene: {"broker": f"kafka://{scene.node.address}"}, "is no Kafka"
    ),
    "broker: wrong password": Wrong(
        on_secured(password="wrong\n"),
        "does not (?:let the user|take us in as) biowire.*broker_password_file",
    ),
    "broker: unknown user": Wrong(
        on_secured(broker_user="mallory"), "does not (?:let the user|take us in as) mallory.*broker_user"
    ),
    "broker: no user where one is needed": Wrong(
        on_secured(broker_user="", broker_password_file=""), "set broker_user"
    ),
    "broker: mechanism it does not offer": Wrong(on_secured(broker_mechanism="PLAIN"), "broker_mechanism"),
    "broker: certificate of another authority": Wrong(
        on_secured(broker_ca="other"), "certificate of the broker .* is not valid"
    ),
    "broker: certificate of an unknown authority": Wrong(on_secured(broker_ca=""), "set broker_ca"),
    "broker: plain where TLS is spoken": Wrong(on_secured(broker="kafka://SECURED"), r"kafka\+tls://"),
    "broker: TLS where plain is spoken": Wrong(
        lambda scene: {"broker": f"kafka+tls://{scene.kafka.bootstrap}"}, "write kafka:// instead"
    ),
    "broker: password file that is not there": Wrong(
        on_secured(broker_password_file="/nonexistent"),
        "/nonexistent of the setting broker_password_file is not there",
    ),
    "topics: never provisioned": Wrong(
        lambda scene: {"topic_prefix": f"n{secrets.token_hex(4)}."},
        "topic .* is not at kafka://.*biowire provision",
        without=("provision",),
    ),
    "topics: articles.raw is missing": Wrong(
        without_topic(topics.raw),
        r"topic \S+articles.raw is not at .*biowire provision",
        without=("provision", "deadletters", "connect"),
    ),
    "topics: the control record is missing": Wrong(
        without_topic(topics.control),
        r"topic \S+control is not at .*biowire provision",
        without=("provision", "deadletters", "connect", "ingest"),
    ),
    "topics: dead letters are missing": Wrong(
        without_topic(topics.dead_letters, "story"),
        r"topic \S+deadletters.story is not at .*biowire provision",
        without=("provision", "connect", "ingest"),
    ),
}
INDEXES = {
    "index: nothing listens": Wrong(index_at(closed), "Nothing answers at .*is the setting index"),
    "index: the way is closed": Wrong(index_at(black_hole), "does not answer in time.*the way to it open"),
    "index: takes the call and is silent": Wrong(index_at(silent), "does not answer in time"),
    "index: unknown name": Wrong(index_at(lambda _: "index.invalid:9200"), "is not known"),
    "index: another service": Wrong(
        lambda scene: {"index": f"elasticsearch://{scene.kafka.bootstrap}"}, "hangs up|is not Elasticsearch"
    ),
    "index: wrong password": Wrong(
        guarded_index, "does not know who we are .as biowire.*index_password_file"
    ),
    "index: certificate of another authority": Wrong(behind_tls("other"), "certificate .* is not trusted"),
    "index: certificate of an unknown authority": Wrong(behind_tls(""), "set index_ca"),
    "index: plain where TLS is spoken": Wrong(plain_to_tls, r"elasticsearch\+tls://"),
    "index: TLS where plain is spoken": Wrong(
        lambda scene: {"index": f"elasticsearch+tls://{scene.node.address}"}, "does not speak TLS"
    ),
    "index: version 7": Wrong(other_version("7.17.29"), "has version 7.17.29; .*works with 9.x"),
    "index: version 8": Wrong(other_version("8.19.2"), "has to be 9.x"),
    "index: version 10": Wrong(other_version("10.0.0"), "has version 10.0.0; .*works with 9.x"),
    "index: OpenSearch": Wrong(other_version("3.1.0", product=False), "is not Elasticsearch"),
    "index: a template is missing": Wrong(
        without_template, "no index template .*articles.*biowire provision", without=("provision",)
    ),
    "index: never provisioned": Wrong(
        lambda scene: {"index_prefix": f"n{secrets.token_hex(4)}-"},
        "no index template .*biowire provision",
        without=("provision",),
    ),
    "index: an index of others under our name": Wrong(
        foreign_index, "stories-g1 was not made by biowire.*index_prefix", without=("provision",)
    ),
}


SPOILS_THE_INDEX = {"index: a template is missing", "index: an index of others under our name"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Certificates, Certificates]:
    folder = tmp_path_factory.mktemp("certificates")
    return Certificates.make(folder / "trusted"), Certificates.make(folder / "other")


@pytest.fixture(scope="module")
def secured(servers_home: Path, certificates: tuple[Certificates, Certificates]) -> Iterator[Kafka]:
    with Kafka(servers_home / "secured", users={"biowire": "right"}, certificates=certificates[0]) as server:
        yield server


@pytest.fixture(scope="module")
def settings(kafka: Kafka, elastic: Elasticsearch) -> Iterator[dict[str, str]]:
    """Of two servers that are provisioned, under names of our own."""
    name = f"t{secrets.token_hex(4)}"
    settings = {
        "broker": kafka.url,
        "index": elastic.url,
        "topic_prefix": f"{name}.",
        "topic_partitions": "2",
        "index_prefix": f"{name}-",
    }
    provisioned(settings)
    yield settings
    broker, index = servers_of(settings)
    with administering(broker) as admin:
        admin.delete_topics([one for one in admin.list_topics() if one.startswith(broker.prefix)])
    with index.client() as client:
        clear(client, index)


def provisioned(settings: dict[str, str]) -> None:
    broker, index = servers_of(settings)
    provision(broker, 1)
    write(broker, Control(live=1, vocabulary=vocabulary({}).version))
    provisioning_index.apply(index, [1], 1)


def servers_of(settings: dict[str, str]) -> tuple[Broker, Index]:
    broker, index = broker_of(settings), index_of(settings)
    assert broker is not None
    assert index is not None
    return broker, index


def clear(client: Client, index: Index) -> None:
    for name in client.indices.get(index=f"{index.prefix}*", ignore_unavailable=True):
        client.indices.delete(index=name)
    for name in names(index):
        client.options(ignore_status=404).indices.delete_index_template(name=name)


@pytest.fixture
def scene(
    settings: dict[str, str],
    kafka: Kafka,
    secured: Kafka,
    elastic: Elasticsearch,
    certificates: tuple[Certificates, Certificates],
    tmp_path: Path,
) -> Iterator[Scene]:
    (tmp_path / "items.jsonl").write_text(
        '{"title": "One", "link": "https://a.example/1"}\n', encoding="utf-8"
    )
    with ExitStack() as stack:
        yield Scene(tmp_path, settings, kafka, secured, elastic, *certificates, stack)


def runs_of(scene: Scene, wrong: Wrong, commands: dict[str, tuple[str, ...]]) -> dict[str, Run]:
    chosen = scene.settings | wrong.spoil(scene) | {"home": str(scene.home)}
    environ = environment(**{f"BIOWIRE_{name.upper()}": value for name, value in chosen.items()})
    return {
        name: Run([part.format(home=scene.home) for part in arguments], environ)
        for name, arguments in commands.items()
        if name not in wrong.without
    }


def told(scene: Scene, runs: dict[str, Run]) -> dict[str, Told]:
    return run_all(runs, scene.home, PATIENCE)


def check(
    scene: Scene, group: tuple[str, ...], table: dict[str, Wrong], commands: dict[str, tuple[str, ...]]
) -> None:
    """Those of a group wait for an answer most of the time, so they may wait side by side."""
    runs = {}
    for name in group:
        for command, run in runs_of(scene, table[name], commands).items():
            runs[f"{command}, {name}"] = run
    found = []
    for name, run in told(scene, runs).items():
        found += complaints(name, run, table[name.partition(", ")[2]].says)
    assert found == []


def grouped(table: dict[str, Wrong], *groups: tuple[str, ...]) -> list[tuple[str, ...]]:
    together = {name for group in groups for name in group}
    assert together <= set(table)
    return [*groups, *((name,) for name in table if name not in together)]


def complaints(name: str, run: Told, says: str) -> list[str]:
    """What is not as promised in what a person was told."""
    lines = run.err.decode().strip().splitlines()
    sentence = lines[-1] if lines else ""
    found = []
    if run.code != 2:
        found.append(f"exit code {run.code}")
    if run.seconds > SECONDS:
        found.append(f"took {run.seconds:.1f} s")
    if run.out:
        found.append(f"printed {run.out[:200]!r}")
    if b"Traceback" in run.err or len(lines) != 1:
        found.append(f"not one sentence: {run.err[-2000:].decode()}")
    if not re.search(rf"^biowire: .*(?:{says}).*[.?]$", sentence):
        found.append(f"says {sentence!r}")
    return [f"{name}: {one}" for one in found]


BROKER_GROUPS = grouped(
    BROKERS,
    (
        "broker: the way is closed",
        "broker: takes the call and is silent",
        "broker: no user where one is needed",
    ),
    ("broker: wrong password", "broker: unknown user", "broker: mechanism it does not offer"),
)
INDEX_GROUPS = grouped(INDEXES, ("index: the way is closed", "index: takes the call and is silent"))


@pytest.mark.parametrize("group", BROKER_GROUPS, ids="; ".join)
def test_what_is_wrong_with_the_broker_is_said_by_every_command(group: tuple[str, ...], scene: Scene) -> None:
    try:
        check(scene, group, BROKERS, ON_BROKER)
    finally:
        if group[0].startswith("topics"):
            provisioned(scene.settings)


@pytest.mark.parametrize("group", INDEX_GROUPS, ids="; ".join)
def test_what_is_wrong_with_the_index_is_said_by_every_command(group: tuple[str, ...], scene: Scene) -> None:
    try:
        check(scene, group, INDEXES, ON_INDEX)
    finally:
        if group[0] in SPOILS_THE_INDEX:
            _, index = servers_of(scene.settings)
            with index.client() as client:
                clear(client, index)
            provisioned(scene.settings)


def test_a_right_set_up_is_taken_as_it_is(scene: Scene) -> None:
    commands = {name: ON_INDEX[name] for name in ("search", "status", "provision")} | {
        "ingest": ON_BROKER["ingest"]
    }
    runs = told(scene, runs_of(scene, Wrong(lambda _: {}, ""), commands))
    assert {name: (run.code, run.err) for name, run in runs.items()} == dict.fromkeys(commands, (0, b""))


@pytest.mark.parametrize("name", ["worker", "provision"])
def test_who_waits_says_for_what_and_then_why_it_ends(name: str, scene: Scene) -> None:
    wrong = BROKERS["broker: nothing listens"]
    (run,) = told(scene, runs_of(scene, wrong, {name: (name, "--wait", "2")})).values()
    lines = run.err.decode().strip().splitlines()
    assert run.code == 2
    assert re.search(r"^biowire: waiting up to \d s: Nothing listens", lines[0])
    assert re.search(r"^biowire: Nothing listens", lines[-1])
    assert len(lines) == 2


def test_the_table_in_the_docs_has_these_rows() -> None:
    text = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:broker|topics|index): [^|]+?) \|", text, re.MULTILINE)
    assert rows == [*BROKERS, *INDEXES]
