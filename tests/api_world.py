"""The HTTP API over a store with the sample world in it: in this process, or served by the real command."""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner
from embedded_runs import command, environment, world_items
from starlette.types import ASGIApp

from connectors.console import Context
from connectors.database import Database
from connectors.records import Feed
from dashboards.api.app import create_app
from dashboards.api.opening import OwnWriting
from dashboards.api.tokens import Scope, Tokens
from dashboards.cli import biowire
from dashboards.web.app import create_site
from streams.alerts import Raised
from streams.alerts import sqlite as alert_tables
from streams.core.alerts.records import Alert, Delivery, Shown
from streams.core.compiled import Vocabulary
from streams.embedded import Instance
from streams.outbox import sqlite as outbox_tables
from streams.seeds_files import vocabulary
from streams.settings import load

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
API = "/api/v1"
BASE = "http://127.0.0.1:8383"

FEEDS = (
    Feed(url="http://127.0.0.1:9/ledger", title="The Northern Ledger", country="GB", kind="press"),
    Feed(url="http://127.0.0.1:9/digest", title="Liberty Digest"),
)
"""Which nobody can fetch, and nobody is asked for."""


@functools.cache
def shipped() -> Vocabulary:
    """The shipped vocabulary, read once."""
    return vocabulary({})


def fill(home: Path, items: int | None = None) -> Path:
    """A home whose store has articles of the sample world, a dead letter and a feed list."""
    home.mkdir(parents=True, exist_ok=True)
    bodies = [json.dumps(one).encode() for one in world_items()[:items]]
    with Instance(home / "biowire.db", shipped()) as instance:
        instance.add_feeds(FEEDS)
        instance.ingest([*bodies, b"[1, 2]"], NOON, lambda: None)
    return home


def settings(**given: Any) -> dict[str, Any]:
    """Defaults, and what a test sets."""
    return {**load({}, {}), **given}


def a_token(home: Path, name: str = "desk", scope: Scope = "write") -> dict[str, str]:
    """The header that a new token is sent by."""
    return {"Authorization": f"Bearer {Tokens(home / 'tokens.toml').add(name, scope, NOON)}"}


def printed(home: Path, *arguments: str) -> list[Any]:
    """What a command prints with --json, run in this process."""
    done = CliRunner().invoke(biowire, [*arguments, "--json", "--home", str(home)])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


@contextlib.contextmanager
def application(home: Path, **given: Any) -> Iterator[ASGIApp]:
    """The application in this process, which takes a second to make."""
    context = Context(home=home, settings=settings(**given))
    app, opening = create_app(context, OwnWriting(context), site=create_site)
    with contextlib.closing(opening):
        yield app


def client_of(
    app: ASGIApp, headers: dict[str, str] | None = None, address: str = "127.0.0.1"
) -> httpx.AsyncClient:
    """Somebody who asks it from this address."""
    transport = httpx.ASGITransport(app=app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)


@dataclass(frozen=True)
class Served:
    """A server of its own."""

    url: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def served(home: Path, *arguments: str, **environ: str) -> Iterator[Served]:
    """`biowire serve` on a free port, until the end of the block."""
    line = command("serve", "--json", "--home", str(home), "--port", "0", *arguments)
    with subprocess.Popen(
        line, env=environment(**environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            first = process.stdout.readline()
            assert first, process.stderr.read().decode()
            yield Served(json.loads(first)["url"], process)
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextlib.contextmanager
def alert_file(home: Path) -> Iterator[tuple[alert_tables.SqliteAlertStore, outbox_tables.SqliteOutbox]]:
    """The alerts of a home, open for writing."""
    schemas = (alert_tables.SCHEMA, outbox_tables.SCHEMA)
    with contextlib.closing(Database(home / "alerts.db", schemas, shared=True)) as file:
        yield alert_tables.SqliteAlertStore(file), outbox_tables.SqliteOutbox(file)


def raise_alerts(home: Path, alerts: Sequence[Alert], now: datetime = NOON) -> Sequence[Raised]:
    """Have them raised."""
    with alert_file(home) as (store, _):
        return store.raise_(alerts, now)


def a_shown(title: str = "Cameras at the gate", **given: Any) -> Shown:
    """A document that an alert shows."""
    fields: dict[str, Any] = {
        "id": "a" * 20,
        "title": title,
        "url": "https://daily.example/gate",
        "source": "Daily Example",
        "when": NOON,
        "story_id": "s" + "a" * 20,
        "story_size": 3,
        "clauses": ("camera",),
        "quotes": (),
        "language": "en",
    }
    return Shown(**{**fields, **given})


def a_delivery(home: Path, alert: Alert, channel: str, **given: Any) -> Delivery:
    """A message that holds the alert."""
    fields: dict[str, Any] = {
        "id": "d" * 32,
        "subscription": alert.subscription,
        "channel": channel,
        "alerts": (alert.id,),
        "due": NOON,
    }
    delivery = Delivery(**{**fields, **given})
    with alert_file(home) as (_, outbox):
        outbox.queue(delivery)
    return delivery
