"""What we need goes away, says no, or loses its disk: nothing is lost, memory is bounded, work goes on by itself.

Outages last 15 s; 60 s with `BIOWIRE_FULL=1`. Recovery times and memory are printed.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .harness import Cluster, wait_for
from .invented import Invention, item
from .log_view import append_items
from .refusing_proxy import RefusingProxy
from .scene import Plan, Scene

pytestmark = [pytest.mark.servers, pytest.mark.slow]
OUTAGE = 60.0 if os.environ.get("BIOWIRE_FULL") else 15.0
ARTICLES = 8_000 if os.environ.get("BIOWIRE_FULL") else 1_200
FEEDS, HOSTS = 160, 8
LONGEST_EXIT = 10.0
MEMORY = {"worker": 500, "connector": 300}
"""MB that a process may take at most."""
GROWTH = 60
"""MB that a process may grow by while it waits for a server: what its queues and requests hold at most."""
REMEMBERED = 0.007
"""MB more for each article that comes in meanwhile, which the stages before the index go on to work: the story stage
remembers it while it is in its window. With nothing away, 4,850 articles take 29 MB."""
LINES = 100
"""Log lines a minute while a server is away."""


def plan(seed: int, **more: Any) -> Plan:
    """News over the outage and some seconds before and after it, one round of looks at the feeds."""
    flow = OUTAGE + 6
    defaults: dict[str, Any] = {
        "articles": ARTICLES,
        "feeds": FEEDS,
        "flow": 1.0,
        "revisions": False,
        "connectors": 1,
        "workers": 1,
        "host_delay": flow / (FEEDS / HOSTS),
        "heal": 120.0,
    }
    return Plan(seed=seed, **(defaults | more))


def bounded(cluster: Cluster) -> None:
    memory = cluster.memory()
    print(f"RSS at most, MB: {memory}")
    for name, most in memory.items():
        assert most < MEMORY[name.partition("-")[0]], memory


class _Quiet:
    """Log lines of every process while a server is away, by the minute; and what memory they take for it."""

    def __init__(self, cluster: Cluster) -> None:
        self._members = list(cluster.members.values())
        self._began = time.monotonic()
        self._lines = {one.name: one.log_lines() for one in self._members}
        self._memory: dict[int, int] = {}
        self._settled = 0.0

    def settled(self) -> None:
        """What was under way is buffered by now: from here on, waiting must not cost memory."""
        self._memory = {one.pid: one.measure() for one in self._members if one.running}
        self._settled = time.monotonic()

    def check(self) -> None:
        minutes = max(1.0, (time.monotonic() - self._began) / 60)
        lines = {
            one.name: round((one.log_lines() - self._lines[one.name]) / minutes) for one in self._members
        }
        growth = {
            one.name: round((one.measure() - self._memory[one.pid]) / 2**20)
            for one in self._members
            if one.running and one.pid in self._memory
        }
        articles = ARTICLES / (OUTAGE + 6) * (time.monotonic() - self._settled)
        print(f"log lines a minute: {lines}; MB grown: {growth}, {articles:.0f} articles meanwhile")
        assert max(lines.values()) <= LINES, lines
        assert max(growth.values()) <= GROWTH + REMEMBERED * articles, growth


def started(scene: Scene) -> None:
    """Until the first articles are searchable."""
    wait_for(
        lambda: scene.cluster.ids_by_index("sightings"), 60, lambda: f"nothing comes{scene.cluster.tails()}"
    )


def test_broker_away(own: tuple[Any, Any], tmp_path: Path) -> None:
    kafka, elastic = own
    with Scene(plan(101), kafka.url, elastic.url, tmp_path, "broker") as scene:
        started(scene)
        kafka.kill()
        quiet = _Quiet(scene.cluster)
        time.sleep(OUTAGE / 3)
        quiet.settled()
        time.sleep(OUTAGE * 2 / 3)
        quiet.check()
        before = len(scene.cluster.ids_by_index("sightings"))
        kafka.restart()
        back = wait_for(
            lambda: len(scene.cluster.ids_by_index("sightings")) > before,
            60,
            lambda: f"no recovery{scene.cluster.tails()}",
        )
        print(f"searchable again {back:.1f} s after the broker; all of it after {scene.heal():.1f} s more")
        bounded(scene.cluster)
        assert scene.faults(embedded=False) == []
        assert [one.starts for one in scene.cluster.members.values()] == [1, 1]


def test_elasticsearch_away_and_sigterm_meanwhile(own: tuple[Any, Any], tmp_path: Path) -> None:
    kafka, elastic = own
    with Scene(plan(102, workers=2), kafka.url, elastic.url, tmp_path, "elastic") as scene:
        started(scene)
        elastic.kill()
        quiet = _Quiet(scene.cluster)
        time.sleep(OUTAGE / 3)
        took = scene.workers[1].terminate()
        print(f"SIGTERM with Elasticsearch away: {took:.1f} s, code {scene.workers[1].code}")
        assert took <= LONGEST_EXIT
        assert scene.workers[1].code == 0
        scene.workers[1].start()
        time.sleep(OUTAGE / 3)
        quiet.settled()  # the other one took its partitions, and gave them back
        time.sleep(OUTAGE / 3)
        quiet.check()
        elastic.restart()
        print(f"all of it {scene.heal():.1f} s after Elasticsearch")
        bounded(scene.cluster)
        assert scene.faults(embedded=False) == []


def test_elasticsearch_refuses_writes_with_429(own: tuple[Any, Any], tmp_path: Path) -> None:
    kafka, elastic = own
    upstream = elastic.url.partition("://")[2]
    with (
        RefusingProxy(upstream) as proxy,
        Scene(plan(103), kafka.url, proxy.url, tmp_path, "refusing") as scene,
    ):
        started(scene)
        proxy.refusing = True
        quiet = _Quiet(scene.cluster)
        time.sleep(OUTAGE / 3)
        quiet.settled()
        time.sleep(OUTAGE * 2 / 3)
        quiet.check()
        refused = proxy.refused
        proxy.refusing = False
        print(f"{refused} writes refused; all of it {scene.heal():.1f} s after")
        bounded(scene.cluster)
        assert 0 < refused < 20 * OUTAGE  # waits longer and longer, and does not hammer
        assert scene.faults(embedded=False) == []


@pytest.fixture(scope="module")
def running(mortal: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers, without feeds: the tests append items themselves."""
    kafka, elastic = mortal
    for server in mortal:
        if not server.alive:
            server.start()
    with Cluster(kafka.url, elastic.url, tmp_path_factory.mktemp("running"), "running") as cluster:
        cluster.provision()
        cluster.workers(2)
        _Batch(cluster, 1).arrived(90)
        yield cluster
        bounded(cluster)


class _Batch:
    """Some invented articles, for hosts of every partition, put into articles.raw."""

    def __init__(self, cluster: Cluster, seed: int, feed: str = "a", articles: int = 200) -> None:
        self._cluster = cluster
        items = [
            item(one, f"https://feeds.example/{feed}") for one in Invention(seed, articles, 40).deliveries
        ]
        self.hashes = append_items(cluster.broker, items)

    def missing(self) -> int:
        return len(self.hashes - {id_ for _, id_ in self._cluster.ids_by_index("sightings")})

    def arrived(self, within: float) -> float:
        return wait_for(lambda: not self.missing(), within, lambda: f"not all came{self._cluster.tails()}")


def test_a_killed_workers_partitions_are_worked_again_within_15_s_when_it_is_restarted(
    running: Cluster,
) -> None:
    running.members["worker-1"].kill()
    took = _Batch(running, 2).arrived(15)
    print(f"restarted: all partitions worked {took:.1f} s after the kill")


def test_a_killed_workers_partitions_are_taken_over_within_15_s(running: Cluster) -> None:
    gone = running.members["worker-1"]
    gone.wanted = False
    gone.kill()
    took = _Batch(running, 3).arrived(15)
    print(f"taken over: all partitions worked {took:.1f} s after the kill")
    gone.start()
    _Batch(running, 4).arrived(30)


def test_a_worker_that_lost_its_disk_gets_its_state_back(running: Cluster) -> None:
    _Batch(running, 5).arrived(60)
    running.wait_until_drained(60)
    before = {one["id"]: one["sightings"] for one in running.documents()}
    worker = running.members["worker-1"]
    with running.supervisor.holding():
        worker.kill()
        shutil.rmtree(worker.home)
        worker.home.mkdir()
    took = _Batch(running, 5, feed="b").arrived(60)  # known articles by another feed: joins need the state
    running.wait_until_drained(60)
    after = {one["id"]: one["sightings"] for one in running.documents()}
    print(f"disk lost: worked again {took:.1f} s after")
    assert after.keys() == before.keys()
    assert sum(after.values()) - sum(before.values()) == len(_Batch(running, 5, feed="b").hashes)


def test_workers_restarted_one_after_the_other_lose_nothing_and_end_within_10_s(running: Cluster) -> None:
    batches = []
    for turn, name in enumerate(("worker-1", "worker-2")):
        batches.append(_Batch(running, 10 + turn))
        worker = running.members[name]
        took = worker.terminate()
        print(f"SIGTERM under load: {took:.1f} s, code {worker.code}")
        assert took <= LONGEST_EXIT
        assert worker.code == 0
        batches.append(_Batch(running, 20 + turn))
        worker.start()
        batches[-1].arrived(60)
    for batch in batches:
        batch.arrived(60)
    running.wait_until_drained(60)
    assert running.dead_letters() == []
    assert running.lag() == {}
