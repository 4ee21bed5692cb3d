"""Kill everything at seeded random moments while news flows in, heal, and see that nothing is lost and nothing twice.

`./run.sh chaos [--seeds 1,2,3] [--articles N] [--kills N] [--minutes M]`
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .harness import own_servers, timed, wait_for
from .scene import Plan, Scene

SHARES = {"worker": 24, "connector": 16, "broker": 11, "elasticsearch": 9}
"""Of sixty kills, how many fall on each kind of process."""


@dataclass(slots=True)
class Report:
    """What happened, and everything that is not as it has to be."""

    seed: int
    kills: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)


def run(plan: Plan, kills: int, kafka: Any, elastic: Any, folder: Path) -> Report:
    """One seed, on servers that may be killed."""
    report, began = Report(plan.seed), time.monotonic()
    with Scene(plan, kafka.url, elastic.url, folder, "chaos") as scene:
        _kill_all_along(scene, kills, report, kafka, elastic)
        report.figures["released when the last kill fell"] = scene.feeds.released
        time.sleep(max(0.0, scene.feeds.seconds_left))
        with timed("healed"):
            report.figures["seconds to heal"] = round(scene.heal())
        report.figures["memory at most, MB"] = scene.cluster.memory()
        report.figures["starts"] = {name: one.starts for name, one in scene.cluster.members.items()}
        report.faults = scene.faults(embedded=True)
    killed = Counter(line.split()[-1].rstrip("-0123456789") for line in report.kills)
    report.figures |= {
        "articles": len(scene.promised),
        "deliveries": len(scene.deliveries),
        "poison": len(scene.planted),
        "kills": dict(killed),
        "seconds": round(time.monotonic() - began),
    }
    return report


def _kill_all_along(scene: Scene, kills: int, report: Report, kafka: Any, elastic: Any) -> None:
    """Every server comes back after a moment; our own processes by their supervisor."""
    chance = random.Random(scene.plan.seed)
    moments = sorted(chance.uniform(3.0, scene.plan.flow) for _ in range(kills))
    servers = {"broker": kafka, "elasticsearch": elastic}
    coming_back: dict[str, threading.Thread] = {}
    began = time.monotonic()
    for moment, kind in zip(moments, _kinds(kills, chance), strict=True):
        number, pause = chance.randrange(1_000), chance.uniform(0.2, 2.0)
        time.sleep(max(0.0, began + moment - time.monotonic()))
        if kind in servers:
            if kind in coming_back:
                coming_back[kind].join(120)
            servers[kind].kill()
            coming_back[kind] = _later(pause, servers[kind].restart)
            name = kind
        else:
            members = scene.workers if kind == "worker" else scene.connectors
            member = members[number % len(members)]
            wait_for(lambda member=member: member.running, 60, f"{member.name} does not come back")
            member.kill()
            name = member.name
        report.kills.append(f"{time.monotonic() - began:7.2f} s  SIGKILL {name}")
        print(report.kills[-1], flush=True)
    for thread in coming_back.values():
        thread.join(120)


def _later(pause: float, work: Callable[[], Any]) -> threading.Thread:
    def waiting() -> None:
        time.sleep(pause)
        work()

    thread = threading.Thread(target=waiting, name="coming back", daemon=True)
    thread.start()
    return thread


def _kinds(kills: int, chance: random.Random) -> list[str]:
    """Which kind each kill is for: all in their share, each once at least, in random order."""
    total = sum(SHARES.values())
    kinds = [kind for kind, share in SHARES.items() for _ in range(max(1, share * kills // total))]
    kinds += ["worker"] * (kills - len(kinds))
    chance.shuffle(kinds)
    return kinds[:kills]


def main() -> int:
    """Run the seeds; 1 when anything was not as it has to be."""
    parser = argparse.ArgumentParser(prog="./run.sh chaos", description=__doc__)
    parser.add_argument(
        "--seeds", default="1,2,3", help="comma-separated; a seed fixes news, poison and kills"
    )
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=4.5, help="over which the articles appear")
    parser.add_argument("--keep", metavar="DIR", help="keep logs and stores here")
    given = parser.parse_args()
    bad = 0
    for seed in map(int, given.seeds.split(",")):
        plan = Plan(seed=seed, articles=given.articles, flow=given.minutes * 60, poison_times=3)
        print(f"seed {seed}: {given.kills} kills, {plan}", flush=True)
        with tempfile.TemporaryDirectory(prefix="biowire-chaos-") as name:
            folder = Path(given.keep or name) / f"seed-{seed}"
            folder.mkdir(parents=True)
            with own_servers(folder) as (kafka, elastic):
                report = run(plan, given.kills, kafka, elastic, folder)
        print(json.dumps({"seed": seed, **report.figures}), flush=True)
        print("\n".join(report.faults[:50]) or "nothing lost, nothing twice, nothing wrong", flush=True)
        bad += bool(report.faults)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
