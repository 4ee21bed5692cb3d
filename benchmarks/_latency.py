"""From handing an item to Kafka until a search finds it, at a steady load."""

from __future__ import annotations

import threading
import time
from typing import Any

from connectors.normalize import address, item_from_fields, item_hash
from connectors.publish.log import encode
from connectors.topics import RECEIVED, partition_of, raw


def latency(cluster: Any, sample: list[dict[str, Any]], rate: float, seconds: float) -> dict[str, Any]:
    """Percentiles in seconds. A search looks for what is not found yet all the time, about ten times a second."""
    given = [item_from_fields(one) for one in sample[: int(rate * seconds)]]
    sent: dict[str, float] = {}
    waited: dict[str, float] = {}
    publisher = threading.Thread(target=_publish, args=(cluster.broker, given, rate, sent), daemon=True)
    publisher.start()
    deadline = time.monotonic() + seconds + 60
    while publisher.is_alive() or len(waited) < len(sent):
        assert time.monotonic() < deadline, f"{len(sent) - len(waited)} not found{cluster.tails()}"
        for found in _found(cluster, [name for name in list(sent) if name not in waited]):
            waited[found] = time.monotonic() - sent[found]
        time.sleep(0.05)
    publisher.join()
    ordered = sorted(waited.values())
    return {
        "articles_per_second": round(rate),
        "articles": len(ordered),
        "p50_seconds": round(ordered[len(ordered) // 2], 2),
        "p99_seconds": round(ordered[len(ordered) * 99 // 100], 2),
        "refresh_interval": cluster.refresh_interval(),
    }


def _publish(broker: Any, given: list[Any], rate: float, sent: dict[str, float]) -> None:
    from kafka import KafkaProducer

    producer = KafkaProducer(**broker.client_options(), acks="all", linger_ms=5, compression_type="zstd")
    began = time.monotonic()
    for number, one in enumerate(given):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        id_, host = address(one)
        received = str(time.time_ns() // 1000).encode()
        sent[item_hash(one)] = time.monotonic()
        producer.send(
            raw(broker),
            key=id_.encode(),
            value=encode(one),
            partition=partition_of(host, broker.partitions),
            headers=[(RECEIVED, received)],
        )
    producer.close()


def _found(cluster: Any, names: list[str]) -> list[str]:
    """Which of the items a search finds now."""
    found = []
    for at in range(0, len(names), 1000):
        query = {"size": 1000, "_source": False, "query": {"ids": {"values": names[at : at + 1000]}}}
        found += [hit["_id"] for hit in cluster.ask("/sightings/_search", query)["hits"]["hits"]]
    return found
