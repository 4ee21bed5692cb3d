"""Import or backfill items from JSON Lines, resumable: the file's digest remembers how far it came.

All items of one import carry the same time of receipt, that of its first start, so that an import stopped
halfway and resumed ends in the same documents as one that ran through.
"""

from __future__ import annotations

import functools
import gzip
import io
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import IO

from connectors.errors import UserError

from .core.records import Outcome
from .embedded import BATCH, Instance

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes of one line; the largest real item is a thousandth of it."""

_GZIP = b"\x1f\x8b"


def ingest(
    instance: Instance, source: str, now: datetime, progress: Callable[[int, float], None] = lambda *_: None
) -> Counter[Outcome]:
    """Take every line of `source` (a path, gzipped or not, or `-`) through the pipeline.

    `progress(lines, share)` is called after each batch; share is of the file's bytes, 0 when unknown.
    Raises UserError when the source cannot be read; what was read before stays, and a next run goes on there.
    """
    with _open(source) as file:
        size = Path(source).stat().st_size if source != "-" else 0
        digest = _digest(file) if size else ""
        received, done = instance.log.import_of(digest) or (now, 0)
        instance.drain()  # what another process appended and did not come to work
        total: Counter[Outcome] = Counter()
        lines = 0
        for batch in _batches(_lines(file, source)):
            lines += len(batch)
            if lines <= done:
                total["duplicate"] += len(batch)
                continue
            total += instance.ingest(
                batch,
                received,
                functools.partial(instance.log.mark_import, digest, received, lines) if digest else _nothing,
            )
            progress(lines, min(1.0, file.tell() / size) if size else 0.0)
    return total


def _nothing() -> None:
    """Standard input has no digest by which to resume it."""


def _open(source: str) -> IO[bytes]:
    if source == "-":
        return sys.stdin.buffer
    try:
        return Path(source).open("rb")
    except OSError as cause:
        raise UserError(f"{source} cannot be read: {cause.strerror}.") from cause


def _digest(file: IO[bytes]) -> str:
    digest = blake2b(digest_size=16)
    while block := file.read(1 << 20):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def _lines(file: IO[bytes], source: str) -> Iterator[bytes]:
    packed = isinstance(file, io.BufferedReader) and file.peek(2)[:2] == _GZIP
    stream = gzip.GzipFile(fileobj=file) if packed else file
    number = 0
    try:
        while line := stream.readline(LINE_LIMIT + 1):
            number += 1
            if len(line) > LINE_LIMIT:
                raise UserError(
                    f"Line {number} of {source} is longer than {LINE_LIMIT // 1024 // 1024} MB: this is no "
                    f"file of items. The {number - 1} lines before it are kept."
                )
            if line.strip():
                yield line.strip()
    except (EOFError, zlib.error, gzip.BadGzipFile) as cause:
        raise UserError(
            f"{source} is damaged after line {number} ({cause}). The lines before are kept; "
            "get a whole copy and run the same command again."
        ) from cause
    except IsADirectoryError as cause:
        raise UserError(f"{source} is a folder; give a file of items, one JSON object a line.") from cause


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Batches at the same lines on every run; what came before damage in the file is handed on first."""
    batch: list[bytes] = []
    try:
        for line in lines:
            batch.append(line)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except UserError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
