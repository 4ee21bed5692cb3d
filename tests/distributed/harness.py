"""A whole distributed instance for a test: real Kafka and Elasticsearch, processes of ours, and what came of it.

Cluster ─► provision, worker x n, connect x n (members.py) ─► wait_until_drained ─► export, offsets, dead letters
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from embedded_runs import PROCESSING_TIMES, environment, finished

from connectors.broker import Broker, broker_of

from .log_view import DeadLetter, LogView
from .members import Member, Supervisor


class Cluster:
    """`with Cluster(kafka.url, elastic.url, folder, prefix) as cluster:`; ends every process of its own when left."""

    def __init__(
        self, kafka: str, elastic: str, folder: Path, prefix: str, settings: Mapping[str, str] | None = None
    ) -> None:
        """`kafka`, `elastic`: URLs as people write them; `settings`: more of them, by environment name."""
        self.folder = folder
        self.elastic = elastic
        self.members: dict[str, Member] = {}
        self.supervisor = Supervisor(lambda: list(self.members.values()))
        self.settings = {
            "BIOWIRE_BROKER": kafka,
            "BIOWIRE_INDEX": elastic,
            "BIOWIRE_TOPIC_PREFIX": f"{prefix}.",
            "BIOWIRE_INDEX_PREFIX": f"{prefix}-",
            "BIOWIRE_HOME": str(folder / "person"),
            **(settings or {}),
        }
        self.index_prefix = f"{prefix}-"
        found = broker_of({"broker": kafka, "topic_prefix": f"{prefix}."})
        assert found is not None
        self.broker: Broker = found

    def __enter__(self) -> Self:
        self.supervisor.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.supervisor.__exit__()
        for member in self.members.values():
            member.end()

    def biowire(
        self, *arguments: str, code: int = 0, stdin: bytes | None = None, timeout: float = 300
    ) -> bytes:
        """Run a command as a person would, to its end; returns what it printed."""
        done = finished(arguments, environment(**self.settings), stdin=stdin, within=timeout)
        assert done.returncode == code, (arguments, done.returncode, done.stderr.decode()[-2000:])
        return done.stdout

    def biowire_json(self, *arguments: str) -> Any:
        return json.loads(self.biowire(*arguments, "--json"))

    def provision(self) -> None:
        self.biowire("provision", "--yes")

    def add(self, name: str, *arguments: str, settings: Mapping[str, str] | None = None) -> Member:
        """Start a process and have it supervised."""
        member = Member(name, arguments, self.folder, self.settings | dict(settings or {}))
        member.start()
        self.members[name] = member
        return member

    def workers(self, count: int) -> list[Member]:
        return [self.add(f"worker-{number}", "worker") for number in range(1, count + 1)]

    def lag(self) -> dict[Any, int]:
        with LogView(self.broker) as view:
            return view.lag()

    def wait_until_drained(self, timeout: float = 300) -> float:
        """Until nothing is behind, seen twice; returns the seconds it took."""
        began = time.monotonic()
        with LogView(self.broker) as view:
            last: dict[Any, int] | None = None
            while True:
                ends = view.ends()
                if not view.lag() and ends == last:
                    break
                last = ends
                assert time.monotonic() - began < timeout, (
                    f"not drained after {timeout} s: {view.lag()}{self.tails()}"
                )
                time.sleep(0.5)
        return time.monotonic() - began

    def documents(self) -> list[dict[str, Any]]:
        """The export, without what may differ between two runs over the same items."""
        lines = self.biowire("export").splitlines()
        return [
            {name: value for name, value in json.loads(line).items() if name not in PROCESSING_TIMES}
            for line in lines
        ]

    def sightings(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.biowire("export", "--sightings").splitlines()]

    def dead_letters(self) -> list[DeadLetter]:
        with LogView(self.broker) as view:
            return view.dead_letters()

    def ids_by_index(self, alias: str = "articles") -> list[tuple[str, str]]:
        """(index, id) of every document that Elasticsearch itself holds under an alias."""
        name = f"{self.index_prefix}{alias}"
        self._post(f"/{name}/_refresh")
        moment = self._post(f"/{name}/_pit?keep_alive=1m")["id"]
        found: list[tuple[str, str]] = []
        query: dict[str, Any] = {
            "size": 5000,
            "_source": False,
            "sort": ["_shard_doc"],
            "pit": {"id": moment},
        }
        while hits := self._post("/_search", query)["hits"]["hits"]:
            found += [(hit["_index"], hit["_id"]) for hit in hits]
            query["search_after"] = hits[-1]["sort"]
        return found

    def count(self, alias: str) -> int:
        """What a search counts now, without a refresh; 0 while there is no such index."""
        try:
            return int(self.ask(f"/{alias}/_count")["count"])
        except urllib.error.HTTPError as error:
            if error.code in {404, 503}:
                return 0
            raise

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """POST to one of our aliases: `/articles/_search`."""
        return self._post(f"/{self.index_prefix}{path.lstrip('/')}", body)

    def refresh_interval(self) -> str:
        """How often Elasticsearch makes what was written searchable."""
        http = "http://" + self.elastic.partition("://")[2].split(",")[0]
        path = f"/{self.index_prefix}sightings/_settings/index.refresh_interval?include_defaults=true&flat_settings=true"
        with urllib.request.urlopen(http + path, timeout=10) as answer:
            (found,) = json.load(answer).values()
        return str({**found.get("defaults", {}), **found["settings"]}["index.refresh_interval"])

    def _post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        http = "http://" + self.elastic.partition("://")[2].split(",")[0]
        data = b"" if body is None else json.dumps(body).encode()
        request = urllib.request.Request(http + path, data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def memory(self) -> dict[str, int]:
        """Largest resident size of each process so far, MB."""
        return {name: round(member.rss / 2**20) for name, member in self.members.items()}

    def tails(self, lines: int = 15) -> str:
        """The ends of all logs, for a message that says why."""
        parts = []
        for member in self.members.values():
            if member.log.exists():
                text = member.log.read_text(errors="replace").splitlines()[-lines:]
                parts.append(
                    f"--- {member.name} (starts: {member.starts}, code: {member.code})\n" + "\n".join(text)
                )
        return "\n" + "\n".join(parts)


def wait_for(
    what: Callable[[], Any], timeout: float, message: str | Callable[[], str], pause: float = 0.25
) -> float:
    """Until `what()` is true; returns the seconds that took. Errors of a server that is just away count as false."""
    began = time.monotonic()
    while True:
        with contextlib.suppress(OSError):
            if what():
                return time.monotonic() - began
        if time.monotonic() - began >= timeout:
            raise AssertionError(f"{message if isinstance(message, str) else message()} (waited {timeout} s)")
        time.sleep(pause)


@contextlib.contextmanager
def own_servers(folder: Path, *, in_earnest: bool = False) -> Iterator[tuple[Any, Any]]:
    """A broker and a node that may be killed. `in_earnest`: as people run them, at the price of a slow start."""
    from servers import Elasticsearch, Kafka

    with (
        Kafka(folder / "kafka", in_earnest=in_earnest) as kafka,
        Elasticsearch(folder / "elasticsearch", in_earnest=in_earnest) as elastic,
    ):
        yield kafka, elastic


def write_lines(path: Path, lines: Iterable[bytes]) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something took: figures are part of what these tests show."""
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)
