"""Import or backfill items from JSON Lines, resumable: the file's digest remembers how far it came.

All items of one import carry the same time of receipt, that of its first start, so that an import stopped
halfway and resumed ends in the same documents as one that ran through.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from .core.records import Outcome
from .embedded import Instance
from .item_files import batches, digest_of, lines_of, opened, size_of


def ingest(
    instance: Instance,
    source: str,
    now: datetime,
    progress: Callable[[int, float], None] = lambda *_: None,
    worked: Callable[[], object] = lambda: None,
    *,
    quiet: bool = False,
) -> Counter[Outcome]:
    """Take every line of `source` (a path, gzipped or not, or `-`) through the pipeline.

    `progress(lines, share)` is called after each batch; share is of the file's bytes, 0 when unknown.
    `worked` is called whenever the documents are those of a whole batch, before anything more comes.
    `quiet`: no subscription ever tells of them.
    Raises UserError when the source cannot be read; what was read before stays, and a next run goes on there.
    """
    with opened(source) as file:
        size = size_of(source)
        digest = digest_of(file) if size else ""
        received, done = instance.log.import_of(digest) or (now, 0)
        instance.drain()  # what another process appended and did not come to work
        worked()
        total: Counter[Outcome] = Counter()
        lines = 0
        for batch in batches(lines_of(file, source)):
            lines += len(batch)
            if lines <= done:
                total["duplicate"] += len(batch)
                continue
            total += instance.ingest(
                batch,
                received,
                functools.partial(instance.log.mark_import, digest, received, lines) if digest else _nothing,
                quiet=quiet,
            )
            worked()
            progress(lines, min(1.0, file.tell() / size) if size else 0.0)
    return total


def _nothing() -> None:
    """Standard input has no digest by which to resume it."""
