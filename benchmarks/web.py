"""How long the pages of the web UI take at 100,000 documents, what they weigh, beside the API's own answers.

`biowire serve` as people start it, on one core, asked one page after the other with ever different words,
articles and periods. The peer is the same search by the API, which writes JSON: what a page adds to that.
Last, how soon a page that listens hears of an article that another process put into the index.
BIOWIRE_BENCH_HOME names a home that is there already, which is copied; else one is made of the shared stream.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from streams.embedded import BATCH, Instance
from streams.seeds_files import vocabulary

from ._stream import items

ROOT = Path(__file__).resolve().parents[1]
WORDS = ["police", "face", "biometric", "court", "border", "airport", "privacy", "data", "bank", "phone", "city", "school", "health", "law", "china", "india", "london", "surveillance", "iris", "fingerprint"]  # fmt: skip
FACETS = "facets=all"


def run(quick: bool) -> dict[str, Any]:
    """p50 and p95 in milliseconds, and weight in kB, by page; how soon listeners hear, in milliseconds."""
    turns = 30 if quick else 150
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if there := os.environ.get("BIOWIRE_BENCH_HOME"):
            shutil.copytree(there, home)
        else:
            _made(home, 11_000 if quick else 106_000)
        with _served(home) as client:
            return _measured(client, turns) | {"live": _heard(client, home, turns // 5)}


def _made(home: Path, count: int) -> None:
    batch: list[bytes] = []
    with Instance(home / "biowire.db", vocabulary({})) as instance:
        for item in items(count):
            batch.append(json.dumps(item).encode())
            if len(batch) == BATCH:
                instance.ingest(batch, datetime.now(UTC), lambda: None)
                batch.clear()


@contextmanager
def _served(home: Path) -> Iterator[httpx.Client]:
    line = [sys.executable, "-m", "dashboards", "serve", "--json", "--port", "0", "--home", str(home)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(process.pid, {0})
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            with httpx.Client(base_url=url, timeout=60, follow_redirects=True) as client:
                yield client
        finally:
            process.terminate()
            process.wait(timeout=30)


def _measured(client: httpx.Client, turns: int) -> dict[str, Any]:
    dice = random.Random(5)
    found = client.get("/api/v1/documents", params={"limit": 200, "query": "relevance:main"}).json()[
        "documents"
    ]
    status = client.get("/api/v1/status").json()

    def words() -> str:
        return " ".join(dice.sample(WORDS, dice.choice((1, 1, 2))))

    pages = {
        "now": lambda: "/",
        "search": lambda: f"/search?q={words()}",
        "search everything": lambda: "/search",
        "search a period": lambda: f"/search?q={words()}&since=2023-08-{dice.randrange(7, 14):02d}",
        "article": lambda: f"/documents/{dice.choice(found)['id']}",
        "explain": lambda: f"/documents/{dice.choice(found)['id']}/explain",
        "story": lambda: f"/stories/{dice.choice(found)['story_id']}",
        "trends": lambda: "/trends",
        "subscriptions": lambda: "/subscriptions",
        "watchlists": lambda: "/watchlists",
        "feeds": lambda: "/feeds",
        "health": lambda: "/health",
    }
    figures: dict[str, Any] = {"documents": status["documents"]}
    for name, address in pages.items():
        taken = _taken(client, [address() for _ in range(turns)])
        figures[name] = {**taken, "weight_kb": _weight(client, address())}
    peers = [f"/api/v1/documents?query={words()}&{FACETS}" for _ in range(turns)]
    peer = _taken(client, peers)
    bars = _taken(
        client,
        [one.replace("/documents?", "/documents/histogram?").replace(f"&{FACETS}", "") for one in peers],
    )
    figures["peer: the API's search, facets and histogram"] = {
        "p50_ms": round(peer["p50_ms"] + bars["p50_ms"], 1),
        "p95_ms": round(peer["p95_ms"] + bars["p95_ms"], 1),
    }
    figures["worst_p95_ms"] = max(one["p95_ms"] for name, one in figures.items() if name in pages)
    return figures


def _taken(client: httpx.Client, addresses: list[str]) -> dict[str, float]:
    seconds = []
    for address in addresses:
        started = time.perf_counter()
        answer = client.get(address)
        seconds.append(time.perf_counter() - started)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}: {answer.text[:200]}")
    percentiles = statistics.quantiles(seconds, n=100)
    return {
        "p50_ms": round(percentiles[49] * 1e3, 1),
        "p95_ms": round(percentiles[94] * 1e3, 1),
        "first_ms": round(seconds[0] * 1e3, 1),
    }


def _heard(client: httpx.Client, home: Path, articles: int) -> dict[str, float]:
    """From the commit of an article to the first byte that tells a listener of it."""
    milliseconds = []
    with Instance(home / "biowire.db", vocabulary({})) as instance, client.stream("GET", "/live") as answer:
        lines = answer.iter_lines()
        _event(lines)
        for number in range(articles):
            item = {
                "title": f"Town number {number} tries facial recognition at its gates",
                "link": f"https://outlet.example/{number}",
                "published": datetime.now(UTC).isoformat(),
                "feed_url": "https://outlet.example/feed",
            }
            instance.ingest([json.dumps(item).encode()], datetime.now(UTC), lambda: None)
            committed = time.perf_counter()
            _event(lines)
            milliseconds.append((time.perf_counter() - committed) * 1e3)
    return {"p50_ms": round(statistics.median(milliseconds), 1), "worst_ms": round(max(milliseconds), 1)}


def _event(lines: Iterator[str]) -> None:
    next(line for line in lines if line.startswith("data: "))


def _weight(client: httpx.Client, address: str) -> float:
    """Of the page with its style sheets, scripts and icons; charts are images that are asked for by themselves."""
    page = client.get(address)
    assets = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    return round((len(page.content) + sum(len(client.get(one).content) for one in assets)) / 1e3, 1)
