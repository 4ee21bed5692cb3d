"""Files of items: JSON Lines, gzipped or not, read line by line within limits.

path or - ─► opened ─► lines_of ─► batches
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO

from connectors.errors import UserError

from .embedded import BATCH

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes of one line; the largest real item is a thousandth of it."""

_GZIP = b"\x1f\x8b"


def opened(source: str) -> IO[bytes]:
    """The file, or standard input for `-`. Raises UserError when it cannot be read."""
    if source == "-":
        return sys.stdin.buffer
    try:
        return Path(source).open("rb")
    except OSError as cause:
        raise UserError(f"{source} cannot be read: {cause.strerror}.") from cause


def size_of(source: str) -> int:
    """Bytes of the file; 0 when unknown."""
    return Path(source).stat().st_size if source != "-" else 0


def digest_of(file: IO[bytes]) -> str:
    """What the whole file is known by; it is read from its beginning again afterwards."""
    digest = blake2b(digest_size=16)
    while block := file.read(1 << 20):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def lines_of(file: IO[bytes], source: str) -> Iterator[bytes]:
    """Lines that say something. Raises UserError for what is no file of items, and where it is damaged."""
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


def batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
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
