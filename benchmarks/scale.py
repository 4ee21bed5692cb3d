"""Does an article cost the same at 100,000 documents as at 10,000, and how much memory does it take?

The same slice of the stream is compared, first met early and again (weeks earlier, under other addresses)
late: so a busier week is not taken for growth.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams.embedded import BATCH, Instance
from streams.vocabulary.files import load_vocabulary

from ._stream import items, items_once, source, terms, vocabulary_folder


def run(quick: bool) -> dict[str, Any]:
    """CPU microseconds per article at 5,000 to 15,000 and at the end, their ratio, and peak memory."""
    turn = sum(1 for _ in items_once())
    late_start = (1 if quick else -(-95_000 // turn)) * turn + 5_000
    count = late_start + 10_000
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
    window = 10_000 // BATCH
    early, late = (_mean(spent[at // BATCH :][:window]) for at in (5_000, late_start))
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
