"""Does an article cost the same at 100,000 documents as at 10,000, and how much memory does it take?"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams.embedded import BATCH, Instance
from streams.vocabulary_files import load_vocabulary

from ._stream import items, source, terms, vocabulary_folder


def run(quick: bool) -> dict[str, Any]:
    """CPU microseconds per article around 10,000 and around the end, their ratio, and peak memory."""
    count = 20_000 if quick else 110_000
    spent: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        words = vocabulary_folder(Path(folder) / "words", terms(5_000, list(items(3_000))))
        batch: list[bytes] = []
        with Instance(Path(folder) / "biowire.db", load_vocabulary(words)) as instance:
            for item in items(count):
                batch.append(json.dumps(item).encode())
                if len(batch) == BATCH:
                    started = time.process_time()
                    instance.ingest(batch, datetime.now(UTC), lambda: None)
                    spent.append((len(batch), time.process_time() - started))
                    batch.clear()
            documents = instance.index.counts()["documents"]
        size = (Path(folder) / "biowire.db").stat().st_size
    early, late = _mean(spent[10_000 // BATCH - 10 : 10_000 // BATCH + 10]), _mean(spent[-20:])
    return {
        "source": source(),
        "documents": documents,
        "microseconds_at_10k": round(early),
        "microseconds_at_end": round(late),
        "ratio": round(late / early, 2),
        "articles_per_second": round(1e6 / _mean(spent)),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "store_mb": size >> 20,
    }


def _mean(spent: list[tuple[int, float]]) -> float:
    return sum(seconds for _, seconds in spent) / sum(count for count, _ in spent) * 1e6
