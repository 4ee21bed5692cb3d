"""One Elasticsearch node for tests: the published server, without security."""

import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from .install import install
from .java import compiler
from .process import Server, free_port

_HEAP = (
    "-Xms512m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "--enable-native-access=ALL-UNNAMED",
)
ALWAYS_BUSY = {"indexing_pressure.memory.limit": "64kb"}
"""Settings under which a bulk request of more than 64 kB is answered with 429."""


class Elasticsearch(Server):
    """A node: `with Elasticsearch(folder) as elastic: … elastic.http`. settings: any setting of a node.

    in_earnest: with the whole of Java's compiler, as people run it; else with the half that starts sooner.
    """

    name = "Elasticsearch"

    def __init__(
        self,
        home: Path | None,
        port: int | None = None,
        *,
        settings: Mapping[str, object] | None = None,
        in_earnest: bool = False,
    ) -> None:
        super().__init__(home, port)
        self._compiler = compiler(in_earnest=in_earnest)
        self._transport = free_port()
        self._settings = dict(settings or {})

    @classmethod
    def at(cls, address: str) -> Self:
        """The node that runs at `host:port` already; it can be used, not killed."""
        host, _, port = address.rpartition(":")
        if host not in {"127.0.0.1", "localhost"}:
            raise ValueError(f"tests use servers on this machine only, not {address}")
        return cls(None, int(port))

    @property
    def url(self) -> str:
        """For the setting `index`."""
        return f"elasticsearch://{self.address}"

    @property
    def http(self) -> str:
        """For an HTTP client."""
        return f"http://{self.address}"

    def command(self) -> list[str]:
        """The command of the node; its modules are shared, all it writes is under its home."""
        home, ready = self._own_home(), install(lambda _: None)
        for folder in ("config", "tmp"):
            (home / folder).mkdir(exist_ok=True)
        settings = {
            "node.name": "test",
            "cluster.name": "test",
            "discovery.type": "single-node",
            "network.host": "127.0.0.1",
            "http.port": self.port,
            "transport.port": self._transport,
            "path.data": home / "data",
            "path.logs": home / "logs",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            **self._settings,
        }
        classes = f"{ready.elasticsearch}/lib/*:{ready.elasticsearch}/classes"
        java = [
            str(ready.java),
            *_HEAP,
            *self._compiler,
            f"-Djava.io.tmpdir={home / 'tmp'}",
            "-cp",
            classes,
            "TestNode",
        ]
        lines = [f"{name}={value}" for name, value in settings.items()]
        return [*java, str(ready.elasticsearch), str(home / "config"), *lines]

    def answers(self) -> bool:
        """Whether every index there is can be searched and written."""
        health = self.ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=2s")
        return not health["timed_out"]

    def ask(self, method: str, path: str, body: Any = None, within: float = 5) -> Any:
        """One request and its JSON; urllib's errors (which are OSErrors) for refusals and silence."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.http + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=within) as response:
            return json.load(response)
