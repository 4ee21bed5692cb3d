"""One Kafka broker (KRaft, its own controller) for tests, plain or with users and TLS."""

import base64
import json
import socket
import struct
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from .certificates import Certificates
from .install import install
from .java import compiler
from .process import FailedError, Server, free_port

_HEAP = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC")
_SHARE = {
    "offsets.topic.num.partitions": 8,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "broker.heartbeat.interval.ms": 500,
    "broker.session.timeout.ms": 3000,  # how long a killed broker, started again, is refused as its own double
    "log.index.size.max.bytes": 1048576,
    "log.segment.delete.delay.ms": 1000,
}
"""One broker is the whole cluster; indices small, for tests make many topics."""

_METADATA = struct.pack(">ihhihi", 14, 3, 1, 0, -1, 0)
"""The request Metadata, version 1, about no topic, as bytes: its answer begins with size, correlation, number of brokers.
Asked without a client library, for those leave sockets open when a broker is not there yet."""


class Kafka(Server):
    """A broker: `with Kafka(folder) as kafka: … kafka.bootstrap`.

    users: name → password; asks clients for one of them (SASL), by `mechanism` PLAIN or SCRAM-SHA-256/512.
    certificates: clients speak TLS and are shown these.
    partitions, auto_create: of topics made without a word about it; Kafka makes topics by itself unless told not to.
    settings: any further line of server.properties. What is changed in between holds from the next start.
    in_earnest: with the whole of Java's compiler, as people run it; else with the half that starts sooner.
    """

    name = "Kafka"

    def __init__(
        self,
        home: Path | None,
        port: int | None = None,
        *,
        partitions: int = 4,
        auto_create: bool = True,
        users: Mapping[str, str] | None = None,
        mechanism: str = "SCRAM-SHA-512",
        certificates: Certificates | None = None,
        settings: Mapping[str, object] | None = None,
        in_earnest: bool = False,
    ) -> None:
        super().__init__(home, port)
        self._compiler = compiler(in_earnest=in_earnest)
        self.users = dict(users or {})
        self.mechanism = mechanism
        self.certificates = certificates
        self._inside, self._controller = free_port(), free_port()
        self.partitions = partitions
        self.auto_create = auto_create
        self._settings = dict(settings or {})

    @classmethod
    def at(cls, address: str) -> Self:
        """The broker that runs at `host:port` already; it can be used, not killed."""
        host, _, port = address.rpartition(":")
        if host not in {"127.0.0.1", "localhost"}:
            raise ValueError(f"tests use servers on this machine only, not {address}")
        return cls(None, int(port))

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:PORT`."""
        return self.address

    @property
    def url(self) -> str:
        """For the setting `broker`."""
        return f"{'kafka+tls' if self.certificates else 'kafka'}://{self.address}"

    @property
    def protocol(self) -> str:
        """Kafka's name for how clients connect."""
        return ("SASL_" if self.users else "") + ("SSL" if self.certificates else "PLAINTEXT")

    def command(self) -> list[str]:
        """Writes the properties, formats the log folder the first time, returns the command of the broker."""
        home, ready = self._own_home(), install(lambda _: None)
        java = [
            str(ready.java),
            *_HEAP,
            *self._compiler,
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            f"{ready.kafka}/*",
        ]
        properties = home / "server.properties"
        lines = [f"{name}={value}" for name, value in self._properties(home).items()]
        properties.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if not (home / "data" / "meta.properties").exists():
            self._format(java, properties)
        return [*java, "kafka.Kafka", str(properties)]

    def answers(self) -> bool:
        """Whether there is a broker in the cluster; a fenced one, not yet let in by the controller, does not count."""
        where = self.port if self.home is None else self._inside
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        with socket.create_connection(("127.0.0.1", where), timeout=2) as connection:
            connection.sendall(_METADATA)
            with connection.makefile("rb") as answer:
                head = answer.read(12)
        return len(head) == 12 and struct.unpack(">iii", head)[2] > 0

    def _properties(self, home: Path) -> dict[str, object]:
        ports = {"CLIENT": self.port, "INSIDE": self._inside, "CONTROLLER": self._controller}
        return {
            **_SHARE,
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "INSIDE",
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items()),
            "listener.security.protocol.map": f"CLIENT:{self.protocol},INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": home / "data",
            "num.partitions": self.partitions,
            "auto.create.topics.enable": str(self.auto_create).lower(),
            **self._login(),
            **self._tls(home),
            **self._settings,
        }

    def _login(self) -> dict[str, object]:
        if not self.users:
            return {}
        prefix = f"listener.name.client.{self.mechanism.lower()}.sasl.jaas.config"
        if self.mechanism == "PLAIN":
            named = " ".join(f"user_{name}={json.dumps(secret)}" for name, secret in self.users.items())
            login = f"org.apache.kafka.common.security.plain.PlainLoginModule required {named};"
        else:
            login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return {"listener.name.client.sasl.enabled.mechanisms": self.mechanism, prefix: login}

    def _tls(self, home: Path) -> dict[str, object]:
        if self.certificates is None:
            return {}
        both = home / "keystore.pem"
        both.write_bytes(self.certificates.key.read_bytes() + self.certificates.certificate.read_bytes())
        return {
            "listener.name.client.ssl.keystore.type": "PEM",
            "listener.name.client.ssl.keystore.location": both,
        }

    def _format(self, java: list[str], properties: Path) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        known: list[str] = []
        if self.mechanism.startswith("SCRAM"):
            for name, secret in self.users.items():
                known += ["--add-scram", f"{self.mechanism}=[name={name},password={secret}]"]
        command = [
            *java,
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster}",
            "-c",
            str(properties),
            *known,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise FailedError(f"Kafka could not format its data:\n{done.stdout}{done.stderr}")
