"""Where the Kafka brokers are and how they let us in, read once from the settings.

`kafka://host:9092,host2:9092` is plain, `kafka+tls://…` is TLS; with a user, SASL is used on either.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from .errors import UserError

_SCHEMES = {"kafka": False, "kafka+tls": True}
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """One Kafka cluster, as every client of ours reaches it."""

    hosts: tuple[str, ...]
    """`host:port`, at least one."""
    tls: bool = False
    ca: str = ""
    """PEM file of the authority that signed the brokers' certificates; empty for the system's."""
    user: str = ""
    password: str = field(default="", repr=False)
    mechanism: str = MECHANISMS[0]
    prefix: str = "biowire."
    """Before the name of every topic and group."""
    partitions: int = 8
    replication: int = 1

    @property
    def url(self) -> str:
        """As a person writes it; without user and password."""
        return f"{'kafka+tls' if self.tls else 'kafka'}://{','.join(self.hosts)}"

    @property
    def protocol(self) -> str:
        """Kafka's name for how we connect: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
        return ("SASL_" if self.user else "") + ("SSL" if self.tls else "PLAINTEXT")

    def client_options(self) -> dict[str, Any]:
        """What every client of kafka-python is given."""
        options: dict[str, Any] = {"bootstrap_servers": list(self.hosts), "security_protocol": self.protocol}
        if self.tls and self.ca:
            options["ssl_cafile"] = self.ca
        if self.user:
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.user
            options["sasl_plain_password"] = self.password
        return options


def broker_of(settings: Mapping[str, Any]) -> Broker | None:
    """The cluster the settings name; None when they name none. Raises UserError for what cannot be meant."""
    address = str(settings.get("broker") or "")
    if not address:
        return None
    scheme, found, rest = address.partition("://")
    if not found or scheme not in _SCHEMES:
        raise UserError(
            f"The broker `{address}` is not an address; write kafka://HOST:PORT, or kafka+tls://HOST:PORT."
        )
    hosts = tuple(read_hosts(rest, "broker", address))
    mechanism = str(settings.get("broker_mechanism") or MECHANISMS[0]).upper()
    if mechanism not in MECHANISMS:
        raise UserError(f"The setting broker_mechanism is {mechanism}; it can be {', '.join(MECHANISMS)}.")
    return Broker(
        hosts=hosts,
        tls=_SCHEMES[scheme],
        ca=existing_file(settings, "broker_ca"),
        user=str(settings.get("broker_user") or ""),
        password=secret(settings, "broker_password_file"),
        mechanism=mechanism,
        prefix=str(settings.get("topic_prefix", "biowire.")),
        partitions=_positive(settings, "topic_partitions", 8),
        replication=_positive(settings, "topic_replication", 1),
    )


def member_id(settings: Mapping[str, Any], home: Path, kind: str) -> str:
    """The name a worker or connector keeps in its group over restarts, so that it gets its partitions back.

    Two processes with one name throw each other out, so it is made of the host's name and the state folder.
    """
    given = str(settings.get("worker_id") or "")
    name = given or f"{socket.gethostname()}-{crc32(str(home.resolve()).encode()):08x}"
    return f"{kind}-{re.sub(r'[^A-Za-z0-9._-]', '-', name)[:200]}"


def read_hosts(text: str, what: str, address: str) -> list[str]:
    """Split `host:port,host:port`; raises UserError where one of them is none."""
    hosts = [host.strip() for host in text.rstrip("/").split(",")]
    for host in hosts:
        name, found, port = host.rpartition(":")
        if not (found and name and port.isdigit() and 0 < int(port) < 65536) or "@" in host or "/" in host:
            raise UserError(f"In the {what} `{address}`, `{host}` is not HOST:PORT.")
    return hosts


def existing_file(settings: Mapping[str, Any], name: str) -> str:
    """A setting that names a file; raises UserError when it is not there."""
    path = str(settings.get(name) or "")
    if path and not Path(path).is_file():
        raise UserError(f"The file {path} of the setting {name} is not there.")
    return path


def secret(settings: Mapping[str, Any], name: str) -> str:
    """The first line of the file that a setting names; empty without the setting. Raises UserError."""
    path = existing_file(settings, name)
    if not path:
        return ""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as cause:
        raise UserError(f"The file {path} of the setting {name} cannot be read.") from cause
    if not lines or not lines[0].strip():
        raise UserError(
            f"The file {path} of the setting {name} is empty; it has to hold the secret on its first line."
        )
    return lines[0].strip()


def _positive(settings: Mapping[str, Any], name: str, default: int) -> int:
    number = int(settings.get(name) or default)
    if number < 1:
        raise UserError(f"The setting {name} is {number}; it has to be 1 or more.")
    return number
