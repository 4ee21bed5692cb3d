"""Import or backfill items into Kafka, resumable: a small file remembers how far each import came.

    file ─► batches ─► articles.raw ─► confirmed ─► remembered

As in `streams.ingest`, all items of one import carry the time of its first start. What was sent and not yet
remembered is sent again by the next run, which changes nothing: what reads it knows it by content.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import IO

import msgspec

from connectors.broker import Broker
from connectors.errors import TransientError, UserError
from connectors.publish.kafka import KafkaPublisher, Receipt

from .item_files import batches, digest_of, lines_of, opened, size_of

_AHEAD = 4
"""Batches on their way while the next is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What one run did."""

    published: int
    """Lines sent and confirmed in this run."""
    before: int
    """Lines that an earlier run of the same import had sent."""
    seconds: float

    @property
    def lines(self) -> int:
        """All lines of the file that say something."""
        return self.published + self.before


class _Import(msgspec.Struct):
    received: datetime
    lines: int = 0


def publish_items(
    broker: Broker,
    home: Path,
    source: str,
    now: datetime,
    progress: Callable[[int, float], None] = lambda *_: None,
) -> Published:
    """Send every line of `source` (a path, gzipped or not, or `-`) to articles.raw and have it confirmed.

    `progress` as in `streams.ingest`. `home`: where it is remembered how far an import came.
    Raises UserError when the source or the brokers cannot be used; what was confirmed stays, and a next run
    goes on there.
    """
    started = time.monotonic()
    with opened(source) as file, contextlib.closing(KafkaPublisher(broker)) as publisher:
        memory = _memory(home, digest_of(file), publisher.topic_id) if size_of(source) else None
        known = _recall(memory, now)
        _remember(memory, known)
        before = known.lines
        try:
            for lines, share in _send(publisher, file, source, known, memory):
                progress(lines, share)
        except TransientError as cause:
            raise UserError(f"{cause} Run the same command again: it goes on where it was.") from cause
    return Published(
        published=known.lines - before, before=before, seconds=round(time.monotonic() - started, 3)
    )


def _send(
    publisher: KafkaPublisher, file: IO[bytes], source: str, known: _Import, memory: Path | None
) -> Iterator[tuple[int, float]]:
    """Send what is not confirmed yet; yield lines read and share of the bytes after each batch."""
    size, lines, before = size_of(source), 0, known.lines
    sent = deque[tuple[int, Receipt]]()
    try:
        for batch in batches(lines_of(file, source)):
            lines += len(batch)
            if lines <= before:
                continue
            sent.append((lines, publisher.publish_bodies(batch, known.received)))
            if len(sent) > _AHEAD:
                _confirm(sent, known, memory)
            yield lines, min(1.0, file.tell() / size) if size else 0.0
    finally:
        while sent:
            _confirm(sent, known, memory)


def _confirm(sent: deque[tuple[int, Receipt]], known: _Import, memory: Path | None) -> None:
    lines, receipt = sent.popleft()
    receipt.wait()
    known.lines = lines
    _remember(memory, known)


def _memory(home: Path, digest: str, topic_id: str) -> Path:
    """One file per import and topic: what went to a topic that was deleted since has not come."""
    name = blake2b(f"{digest} {topic_id}".encode(), digest_size=16).hexdigest()
    return home / "imports" / f"{name}.json"


def _recall(memory: Path | None, now: datetime) -> _Import:
    if memory is None or not memory.exists():
        return _Import(now)
    try:
        return msgspec.json.decode(memory.read_bytes(), type=_Import)
    except (OSError, msgspec.DecodeError) as cause:
        raise UserError(
            f"{memory} cannot be read; remove it to import the file from its beginning. That does no harm: "
            "items that came before are known again."
        ) from cause


def _remember(memory: Path | None, known: _Import) -> None:
    """Replace the file in one step, so that a crash leaves the old one or the new one."""
    if memory is None:
        return
    memory.parent.mkdir(parents=True, exist_ok=True)
    new = memory.with_suffix(f".{os.getpid()}")
    new.write_bytes(msgspec.json.encode(known))
    new.replace(memory)
