"""Operations cut into pieces that fit one request, and into smaller ones where those were too much. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...wire import Operation

CHUNK_BYTES = 5_000_000
CHUNK_OPERATIONS = 1000
_LINE_BYTES = 150
"""About the length of the line before a body."""


@dataclass(slots=True)
class Part:
    """Operations that travel in one request."""

    operations: Sequence[Operation]
    tries: int = 0
    since: float = 0.0
    """When it was first refused, by a clock that only rises; 0 when it was not."""


def halves(part: Part) -> list[Part]:
    """The second half, then the first: as `extendleft` wants them."""
    middle = len(part.operations) // 2
    cut = part.operations[middle:], part.operations[:middle]
    return [Part(half, part.tries, part.since) for half in cut]


def weight(operations: Iterable[Operation]) -> int:
    """About how many bytes they are in a request."""
    return sum(len(one.body or b"") + len(one.id) + _LINE_BYTES for one in operations)


def chunks(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    """Cut into pieces that fit one request; an operation bigger than that is a piece of its own."""
    chunk: list[Operation] = []
    size = 0
    for one in operations:
        length = weight((one,))
        if chunk and (size + length > CHUNK_BYTES or len(chunk) == CHUNK_OPERATIONS):
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += length
    if chunk:
        yield chunk
