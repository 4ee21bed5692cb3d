"""News flowing through a whole distributed instance, with a ledger of what has to come of it, whatever happens.

ledger written ─► feeds served ─► connectors ─► Kafka ─► workers ─► Elasticsearch
               └► embedded mode ───────────────────────────────► compared, and with the ledger
"""

from __future__ import annotations

import contextlib
import gc
import random
import socket
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from embedded_runs import biowire, differences, documents

from connectors.feed_topics import feed_partitions, read_partitions
from connectors.normalize import item_hash
from connectors.publish.log import encode, microseconds

from .growing_feeds import GrowingFeeds
from .harness import Cluster, timed, wait_for, write_lines
from .invented import Invention, expected, item
from .log_view import LogView, append
from .members import Member
from .poison import Poison, poisons


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything. Times in seconds."""

    seed: int
    articles: int = 20_000
    feeds: int = 480
    flow: float = 270.0
    """Over which the articles appear in the feeds."""
    revisions: bool = True
    """Entries that a feed replaces once the reader has them: that takes two looks, 60 s apart at least."""
    poison_times: int = 0
    workers: int = 2
    connectors: int = 2
    host_delay: float = 0.3
    """There are eight hosts; with `feeds` it says how long one round of looks takes."""
    heal: float = 300.0
    """How long it may take until everything is where it belongs."""


class Scene:
    """`with Scene(plan, kafka.url, elastic.url, folder) as scene:` runs; then disturb it, `heal`, `faults`."""

    def __init__(self, plan: Plan, kafka: str, elastic: str, folder: Path, name: str = "scene") -> None:
        self.plan, self.folder = plan, folder
        self.feeds = GrowingFeeds(plan.feeds)
        invention = Invention(plan.seed, plan.articles, plan.feeds, revisions=plan.revisions)
        items = [item(one, self.feeds.url(one.feed)) for one in invention.deliveries]
        self.ledger = write_lines(folder / "ledger.jsonl", [encode(one) for one in items])
        self.deliveries = invention.deliveries
        self.promised = expected(invention.deliveries, items)
        self.hashes = {item_hash(one) for one in items}
        self.planted = poisons(plan.seed, 8, plan.poison_times)
        settings = {
            "BIOWIRE_FETCH_ALLOW": "127.0.0.0/8",
            "BIOWIRE_FETCH_HOST_DELAY": str(plan.host_delay),
            "BIOWIRE_FETCH_HOST_CONCURRENCY": "2",
            "BIOWIRE_FETCH_PAGES": "0",
        }
        self.cluster = Cluster(kafka, elastic, folder, f"{name}{plan.seed}", settings)
        self.workers: list[Member] = []
        self.connectors: list[Member] = []
        self._left = contextlib.ExitStack()

    def __enter__(self) -> Scene:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.feeds)
            cluster = stack.enter_context(self.cluster)
            cluster.provision()
            opml = self.folder / "feeds.opml"
            opml.write_bytes(self.feeds.opml)
            cluster.biowire("feeds", "import", str(opml))
            self.feeds.serve(self.deliveries, self.plan.flow)
            self.workers = cluster.workers(self.plan.workers)
            self.connectors = [
                cluster.add(f"connector-{number}", "connect") for number in range(1, self.plan.connectors + 1)
            ]
            if self.planted:
                stack.enter_context(_poisoning(cluster, self.planted, self.plan))
            self._left = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._left.__exit__(*error)  # type: ignore[arg-type]

    def missing(self) -> int:
        """Deliveries of which the index has no sighting yet."""
        return len(self.hashes - {id_ for _, id_ in self.cluster.ids_by_index("sightings")})

    def heal(self) -> float:
        """Until all is in the index and nothing is behind; returns the seconds that took."""
        began = time.monotonic()
        with contextlib.suppress(AssertionError):  # what is missing then is found, and said, by `faults`
            wait_for(lambda: not self.missing(), self.plan.heal, "not everything came", 2.0)
        self.cluster.wait_until_drained(self.plan.heal)
        return time.monotonic() - began

    def faults(self, *, embedded: bool) -> list[str]:
        """Everything that is not as the ledger, and (if asked) embedded mode over the same items, has it."""
        cluster = self.cluster
        made = cluster.documents()
        by_id = {one["id"]: one for one in made}
        odd = {one.document: one for one in self.planted if not one.dead}
        found = _off("documents", set(by_id), set(self.promised) | set(odd))
        found += _off(
            "sightings", {id_ for _, id_ in cluster.ids_by_index("sightings")}, self.hashes, more_is_fine=True
        )
        found += _failing(cluster) if self.missing() else []
        found += _off_counts("documents in the index", Counter(id_ for _, id_ in cluster.ids_by_index()))
        for id_, one in self.promised.items():
            has = by_id.get(id_)
            if has and (has["title"], has["content_hash"], has["sightings"]) != (
                one.title,
                one.content_hash,
                one.sightings,
            ):
                found.append(
                    f"document {id_} is {has['title'], has['content_hash'], has['sightings']}, should be {one}"
                )
        found += _dead_letters(cluster, self.planted)
        found += [f"not committed: {place}: {behind}" for place, behind in cluster.lag().items()]
        return found + (differences(self._embedded(list(odd.values())), made) if embedded else [])

    def _embedded(self, odd: Sequence[Poison]) -> list[dict[str, object]]:
        home = self.folder / "embedded"
        with timed("embedded mode over the same items"):
            biowire("ingest", str(self.ledger), home=home)
            biowire(
                "ingest", str(write_lines(self.folder / "odd.jsonl", [one.value for one in odd])), home=home
            )
        return documents(home)


@contextlib.contextmanager
def _poisoning(cluster: Cluster, planted: list[Poison], plan: Plan) -> Iterator[None]:
    """Append the poison at moments of its own all along, until the broker has acknowledged it."""
    chance = random.Random(plan.seed + 1)
    moments = sorted(chance.uniform(0, plan.flow * 0.9) for _ in planted)
    began, failed, stop = time.monotonic(), list[BaseException](), threading.Event()

    def work() -> None:
        for moment, poison in zip(moments, planted, strict=True):
            if stop.wait(max(0.0, began + moment - time.monotonic())):
                return
            try:
                _append(cluster, poison)
            except Exception as error:  # noqa: BLE001 - told in the end
                failed.append(error)

    thread = threading.Thread(target=work, name="poison", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=300)
    assert not thread.is_alive()
    assert not failed, failed


def _append(cluster: Cluster, poison: Poison) -> None:
    """Until acknowledged. One whose acknowledgement was lost is there twice: the log says where, in the end."""
    deadline = time.monotonic() + 240
    while True:
        try:
            host, _, port = cluster.broker.hosts[0].rpartition(":")
            socket.create_connection((host, int(port)), timeout=1).close()
            received = microseconds(datetime.now(UTC))
            append(cluster.broker, poison.hop, [(poison.key, poison.value, poison.partition)], received)
        except Exception:
            if time.monotonic() > deadline:
                raise
            _drop_sockets()
            time.sleep(0.5)
            continue
        return


def _drop_sockets() -> None:
    """kafka-python leaves sockets open when it finds no broker; here, where that is ordinary, it is no fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _dead_letters(cluster: Cluster, planted: Sequence[Poison]) -> list[str]:
    """All planted ones, each once, byte for byte; and no other."""
    by_key = {one.key: one for one in planted if one.dead}
    with LogView(cluster.broker) as view:
        there_is = [one for topic in view.worked_topics for one in view.messages(topic)]
        wanted = {
            f"{at.topic}/{at.partition}/{offset}{by_key[key].letter}": by_key[key]
            for at, offset, key, _, _ in there_is
            if key in by_key
        }
        there = {letter.key.decode(): letter for letter in view.dead_letters()}
    found = _off("planted", {one.name for one in wanted.values()}, {one.name for one in by_key.values()})
    found += _off("dead letters", set(there), set(wanted))
    for place in sorted(set(there) & set(wanted)):
        if there[place].value != wanted[place].value:
            found.append(f"dead letter {place} ({wanted[place].name}) is not what came in")
    for place in sorted(set(there) - set(wanted)):
        found.append(f"dead letter {place}: {there[place].headers}")
    return found


def _failing(cluster: Cluster) -> list[str]:
    """Feeds that are not asked for a while, as the connectors met with an error: why something may be missing."""
    partitions = read_partitions(cluster.broker, range(feed_partitions(cluster.broker))).values()
    return [
        f"feed {known.feed.url} fails: {known.state.failure} Next at {known.state.next_fetch}"
        for one in partitions
        for known in one.known()
        if known.state.failures
    ]


def _off(what: str, has: set[str], wants: set[str], *, more_is_fine: bool = False) -> list[str]:
    lost, more = sorted(wants - has), sorted(has - wants)
    found = [f"{what}: {len(lost)} missing: {lost[:10]}"] if lost else []
    return [*found, f"{what}: {len(more)} too many: {more[:10]}"] if more and not more_is_fine else found


def _off_counts(what: str, counted: Counter[str]) -> list[str]:
    twice = sorted(name for name, count in counted.items() if count > 1)
    return [f"{what}: {len(twice)} there more than once: {twice[:10]}"] if twice else []
