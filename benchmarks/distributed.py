"""The distributed mode from Kafka to searchable, broker and node included, beside what bare tools reach.

Measured is from the moment at which the first item is handed to Kafka, all of them as fast as it takes them, until
a search counts the last; with workers that run and have worked some items before. (From the first arrival to the
last, what was done before the first arrival would not count.) In the same run, on the same servers: bare Faust chains
of as many hops through which each article is forwarded, one message each, and nothing else is done; and bare
`helpers.streaming_bulk` of the same documents into the same mapping. None of them reads, decides or remembers
anything. Of the chains one keeps the promise that ours keeps, and is Faust as it comes: what was sent is with the
broker before the next is taken. The other has our settings and never asks, so it is faster and a crash loses what was
under way; beside it, for those who want to know, it sends as few and large messages on the last hop as ours. Then, at
half the load: from handing an item to Kafka until a search finds it. And what our stages alone cost, without any server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ._stream import ROOT, items, source

sys.path.insert(0, str(ROOT / "tests"))  # the harness and the servers live with the tests

from connectors.normalize import item_from_fields
from connectors.records import Item
from streams.agents.index import newest_of
from streams.wire import decode_operations
from tests.distributed.harness import Cluster, own_servers, wait_for
from tests.distributed.log_view import LogView, append_items

from . import _forward
from ._latency import latency
from ._stages import alone

TARGET, BEST_PUBLISHED = 0.7, 130
WARM = 12_000
"""Items before those that are measured: indices are made, models and tables loaded, the servers' code compiled."""


def run(quick: bool) -> dict[str, Any]:
    """Articles a second, ratios to the peers, latency."""
    count = 2_500 if quick else 8_000
    sample = list(items(WARM + count + 3_000))
    with (
        tempfile.TemporaryDirectory(prefix="biowire-bench-") as name,
        own_servers(Path(name), in_earnest=True) as servers,
    ):
        kafka, elastic = servers
        each = {
            f"{workers} worker{'s' * (workers > 1)}": _with_workers(
                workers, sample, count, kafka, elastic, Path(name), seconds=10 if quick else 30
            )
            for workers in (1, 2)
        }
        by_themselves = alone(*_cut(sample[: 4_000 + count], 4_000), Path(name) / "alone")
    best = max(one["ours"]["articles_per_second"] for one in each.values())
    return {
        "source": source(),
        "items": count,
        "cores": os.cpu_count(),
        "each": each,
        "stages_without_servers": by_themselves,
        "best_articles_per_second": best,
        "above_best_published": best > BEST_PUBLISHED,
        "target_ratio": TARGET,
        "reaches_target": all(one["ratio_to_slower_peer"] >= TARGET for one in each.values()),
    }


def _with_workers(
    workers: int,
    sample: list[dict[str, Any]],
    count: int,
    kafka: Any,
    elastic: Any,
    folder: Path,
    seconds: float,
) -> dict[str, Any]:
    home = folder / f"bench{workers}"
    home.mkdir()
    warm, given = _cut(sample[: WARM + count], WARM)
    with Cluster(kafka.url, elastic.url, home, f"bench{workers}") as cluster:
        cluster.provision()
        cluster.workers(workers)
        append_items(cluster.broker, warm)
        _until_searchable(cluster, WARM)
        cluster.wait_until_drained(300)
        before = _ends(cluster)
        ours = _measured(cluster, given)
        cluster.wait_until_drained(300)
        carried = _carried(cluster, before)
        rate = ours["articles_per_second"] / 2
        waited = latency(cluster, sample[WARM + count :], rate, seconds)
        ours["memory_mb"] = cluster.memory()
        for member in cluster.members.values():
            member.terminate()
    documents = _documents(carried[2])
    one_by_one = [carried[0], *([carried[1][:count]] * 3)]
    safe = _chain("safe", workers, one_by_one, kafka.bootstrap, f"safe{workers}.", home / "safe")
    chain = _chain("fast", workers, one_by_one, kafka.bootstrap, f"chain{workers}.", home / "chain")
    as_ours = _chain("fast", workers, carried, kafka.bootstrap, f"batched{workers}.", home / "batched")
    bulk = _bulk(documents, elastic, f"bulk{workers}-")
    return {
        "ours": ours,
        "latency": waited,
        "bare_faust_chain_that_loses_nothing": safe,
        "bare_faust_chain": chain,
        "bare_faust_chain_with_our_batches": as_ours,
        "bare_streaming_bulk": bulk,
        "ratio_to_chain_that_loses_nothing": round(safe["seconds"] / ours["seconds"], 2),
        "ratio_to_chain": round(chain["seconds"] / ours["seconds"], 2),
        "ratio_to_chain_with_our_batches": round(as_ours["seconds"] / ours["seconds"], 2),
        "ratio_to_bulk": round(bulk["seconds"] / ours["seconds"], 2),
        "ratio_to_slower_peer": round(max(chain["seconds"], bulk["seconds"]) / ours["seconds"], 2),
    }


def _cut(sample: list[dict[str, Any]], at: int) -> tuple[list[Item], list[Item]]:
    given = [item_from_fields(one) for one in sample]
    return given[:at], given[at:]


def _measured(cluster: Cluster, given: list[Item]) -> dict[str, Any]:
    """From handing over the first item until a search counts the last."""
    began = time.monotonic()
    append_items(cluster.broker, given)
    published = time.monotonic() - began
    _until_searchable(cluster, WARM + len(given))
    seconds = time.monotonic() - began
    return {
        "seconds": round(seconds, 2),
        "seconds_to_publish": round(published, 2),
        "articles_per_second": round(len(given) / seconds),
    }


def _until_searchable(cluster: Cluster, count: int) -> None:
    """Until a search counts so many items."""
    wait_for(
        lambda: cluster.count("sightings") >= count,
        900,
        lambda: f"{cluster.count('sightings')} of {count} arrived{cluster.tails()}",
        0.1,
    )


def _ends(cluster: Cluster) -> dict[Any, int]:
    with LogView(cluster.broker) as view:
        return view.ends()


def _carried(cluster: Cluster, before: dict[Any, int]) -> list[list[bytes]]:
    """Every message on each of our hops since the logs ended so."""
    with LogView(cluster.broker) as view:
        return [
            [
                value or b""
                for place, offset, _, value, _ in view.messages(topic)
                if offset >= before.get(place, 0)
            ]
            for topic in view.worked_topics
        ]


def _documents(batches: list[bytes]) -> list[dict[str, Any]]:
    """Every document as it was written last, with the token fields that its stored source leaves out."""
    operations = [one for batch in batches for one in decode_operations(batch) if one.kind == "document"]
    return [
        {"month": one.month, "_id": one.id, "_source": json.loads(one.body or b"{}")}
        for one in newest_of(operations)
    ]


def _chain(
    way: str, workers: int, carried: list[list[bytes]], bootstrap: str, prefix: str, folder: Path
) -> dict[str, Any]:
    """Messages on each hop through Faust alone."""
    folder.mkdir()
    from kafka import KafkaAdminClient, KafkaProducer

    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    settings = {"num_partitions": _forward.PARTITIONS, "replication_factor": 1}
    settings["configs"] = {"max.message.bytes": str(_forward.MESSAGE_LIMIT)}
    admin.create_topics({f"{prefix}{hop}": settings for hop in range(4)})
    admin.close()
    producer = KafkaProducer(
        bootstrap_servers=bootstrap, max_request_size=_forward.MESSAGE_LIMIT, compression_type="zstd"
    )
    for number, value in enumerate(carried[0]):
        producer.send(f"{prefix}0", key=b"k", value=value, partition=number % _forward.PARTITIONS)
    producer.flush()
    producer.close()
    for hop in range(1, len(carried)):
        _forward.save(folder / str(hop), carried[hop])
    counts = [len(messages) for messages in carried]
    with _chain_workers(workers, [way, bootstrap, prefix], folder, counts) as names:
        # Where shares do not divide evenly, each worker may still hold the last one.
        wanted = counts[2] - 2 * workers
        wait_for(
            lambda: sum(_times(folder, names, "count")) >= wanted, 600, "the bare chain does not end", 0.5
        )
        seconds = max(_times(folder, names, "last")) - min(
            time_ for time_ in _times(folder, names, "first") if time_
        )
    return {
        "seconds": round(seconds, 2),
        "articles_per_second": round(counts[0] / seconds),
        "messages": counts,
        "megabytes": [round(sum(map(len, messages)) / 1e6, 1) for messages in carried],
    }


@contextmanager
def _chain_workers(workers: int, where: list[str], folder: Path, counts: list[int]) -> Iterator[list[str]]:
    names = [f"forward-{number}" for number in range(workers)]
    line = [sys.executable, "-m", "benchmarks._forward", *where]
    with (folder / "forward.log").open("wb") as log:
        processes = [
            subprocess.Popen([*line, name, str(folder), json.dumps(counts)], cwd=ROOT, stdout=log, stderr=log)
            for name in names
        ]
        try:
            yield names
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _times(folder: Path, names: list[str], field: str) -> list[Any]:
    return [json.loads((folder / f"{name}.json").read_text())[field] for name in names]


def _bulk(documents: list[dict[str, Any]], elastic: Any, prefix: str) -> dict[str, Any]:
    """The same documents through the client's own helper, into indices of the same mapping."""
    from elasticsearch import Elasticsearch
    from elasticsearch.helpers import streaming_bulk

    from streams.sinks.elasticsearch.settings import index_of
    from streams.sinks.elasticsearch.templates import install

    index = index_of({"index": elastic.url, "index_prefix": prefix})
    assert index is not None
    with index.client() as client:
        install(client, index)
    moved = [
        {"_index": index.articles_of(1, one["month"]), "_id": one["_id"], "_source": one["_source"]}
        for one in documents
    ]
    names = sorted({one["_index"] for one in moved})
    with Elasticsearch(elastic.http, request_timeout=120) as client:
        for name in names:
            client.indices.create(index=name)
        began = time.monotonic()
        for _ in streaming_bulk(client, moved):
            pass
        seconds = time.monotonic() - began
        client.indices.delete(index=names)
    return {
        "seconds": round(seconds, 2),
        "documents_per_second": round(len(documents) / seconds),
        "documents": len(documents),
    }
