"""Write operations so that each is on disk, or refused for good with the reason, when `write` returns.

    operations ─► chunks (bounded in bytes, few in flight) ─► _bulk ─► each item judged by its own status
                     ▲                                                     │ done │ again │ refused
                     └──────────── halved where it was too much ◄──────────────────┘

Writes go by id with external versions: whatever comes again or late changes nothing. Never `helpers.bulk`: it
stops at the first chunk with an error and repeats a chunk that is too much as it was.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.errors import TransientError, UserError

from ...wire import Operation
from .chunks import CHUNK_BYTES, Part, chunks, halves, weight
from .errors import BUSY, explain, is_block, never_fits, said
from .months import Months
from .settings import REQUEST_SECONDS, Index
from .waiting import Waiting

if TYPE_CHECKING:
    from elasticsearch import AsyncElasticsearch

IN_FLIGHT = 2
POISON_TRIES = 8
POISON_SECONDS = 120.0
"""A single document refused as too much so often and so long, while others are taken, is refused for good."""

_encode = msgspec.json.Encoder().encode
_PATHS = ["errors", "items.*.status", "items.*.error.type", "items.*.error.reason", "items.*.error.caused_by"]


@dataclass(frozen=True, slots=True)
class Refused:
    """An operation the server will never take as it is."""

    operation: Operation
    status: int
    reason: str


@dataclass(slots=True)
class _Answer:
    """What became of one request."""

    refused: list[Refused] = field(default_factory=list)
    again: list[Operation] = field(default_factory=list)
    why: str = ""
    """Why some have to be sent again; empty when no wait is called for."""
    too_much: bool = False
    """The request was refused for its size, or for the load it came on top of."""
    silent: bool = False
    """There was no answer."""


class BulkSink:
    """The writing end of one generation's indices. For one event loop; close the client yourself."""

    def __init__(self, client: AsyncElasticsearch, index: Index, generation: int) -> None:
        self._client = client.options(request_timeout=2 * REQUEST_SECONDS)
        self._index = index
        self._months = Months(client, index, generation)
        self._waiting = Waiting()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._fits = CHUNK_BYTES
        """How much the server takes at once, as far as we know: halved when refused, then slowly more."""
        self.errors: dict[int, int] = {}
        """Items and requests answered with an error, by status (0: no answer); for metrics."""

    @property
    def waiting(self) -> str:
        """What it waits for, as a sentence; empty while it does not."""
        return self._waiting.why

    async def write(self, operations: Sequence[Operation]) -> list[Refused]:
        """Write all; returns those the server will never take, when every other one is on disk.

        Waits as long as the server is away or busy. Raises UserError for what a person has to mend first:
        refused credentials, a missing template, a foreign index; a part may have been written then.
        """
        tasks = [asyncio.create_task(self._deliver(chunk)) for chunk in chunks(operations)]
        try:
            return [one for refused in await asyncio.gather(*tasks) for one in refused]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, chunk: Sequence[Operation]) -> list[Refused]:
        async with self._slots:
            refused: list[Refused] = []
            parts = deque([Part(chunk)])
            while parts:
                part = parts.popleft()
                if len(part.operations) > 1 and weight(part.operations) > self._fits:
                    parts.extendleft(halves(part))
                    continue
                answer = await self._send(part.operations)
                refused += answer.refused
                if not answer.again:
                    self._fits = min(CHUNK_BYTES, self._fits + self._fits // 20 + 1000)
                    self._waiting.over()
                elif await self._is_poison(part, answer):
                    refused.append(Refused(part.operations[0], 429, answer.why))
                else:
                    parts.extend(self._again(part, answer))
                    if answer.why:
                        await self._waiting.pause(answer.why, part.tries)
            return refused

    async def _send(self, operations: Sequence[Operation]) -> _Answer:
        from elastic_transport import TransportError
        from elasticsearch import ApiError

        try:
            await self._months.ensure(operations)
            found = await self._client.bulk(operations=self._lines(operations), filter_path=_PATHS)
        except ApiError as error:
            return self._refusal(error, operations)
        except TransportError as error:
            self._count(0)
            return _Answer(again=list(operations), why=self._wait_for(error), silent=True)
        return self._judged(operations, found.body["items"])

    def _lines(self, operations: Iterable[Operation]) -> Any:
        """Lines of a bulk request: ready as bytes, which the client takes though its types do not say so."""
        lines: list[bytes] = []
        for one in operations:
            target = {
                "_index": self._months.name(one),
                "_id": one.id,
                "version": one.version,
                "version_type": "external_gte",
            }
            if one.body is None:
                lines.append(_encode({"delete": target}))
            else:
                lines += (_encode({"index": target}), one.body)
        return lines

    def _wait_for(self, error: Exception) -> str:
        """Why to wait, as a sentence. Raises UserError where that does not help."""
        explained = explain(error, self._index)
        if not isinstance(explained, TransientError):
            raise explained from error
        return str(explained)

    def _refusal(self, error: Any, operations: Sequence[Operation]) -> _Answer:
        """What a refused request means: too much, one bad operation among them, or nobody's fault."""
        status = error.meta.status
        self._count(status)
        detail = error.body.get("error") if isinstance(error.body, dict) else error.body
        if status in (400, 413):
            if len(operations) == 1:
                return _Answer(refused=[Refused(operations[0], status, said(detail))])
            return _Answer(again=list(operations), too_much=True)  # halved until the one is found
        why = self._wait_for(error)
        return _Answer(again=list(operations), why=why, too_much=status == 429 and not is_block(detail))

    def _judged(self, operations: Sequence[Operation], items: list[dict[str, Any]]) -> _Answer:
        answer = _Answer()
        for operation, item in zip(operations, items, strict=True):
            outcome = next(iter(item.values()))
            if outcome["status"] >= 300:
                self._judge(operation, outcome["status"], outcome.get("error"), answer)
        return answer

    def _judge(self, operation: Operation, status: int, error: Any, answer: _Answer) -> None:
        if status == 409 or (status == 404 and error is None):
            return  # a newer one is there already, or what was to go is not there
        self._count(status)
        kind = error.get("type") if isinstance(error, dict) else None
        if kind == "index_not_found_exception":
            self._months.forget(self._months.name(operation))
        elif not (status in BUSY or is_block(error) or kind == "index_closed_exception"):
            if status in (401, 403):
                raise UserError(f"Elasticsearch at {self._index.url} does not allow this: {said(error)}.")
            answer.refused.append(Refused(operation, status, said(error)))
            return
        answer.again.append(operation)
        answer.why = f"Elasticsearch at {self._index.url} does not take a write ({status}): {said(error)}."
        answer.too_much |= status == 429 and not is_block(error)

    def _count(self, status: int) -> None:
        self.errors[status] = self.errors.get(status, 0) + 1

    async def _is_poison(self, part: Part, answer: _Answer) -> bool:
        """Say whether the one operation is at fault: refused as too much again and again, others not."""
        if answer.silent:  # a server may also hang up on a request that is too much
            answer.too_much = await self._takes_small_writes(part)
        if len(part.operations) != 1 or not answer.too_much or not answer.why:
            return False
        if never_fits(answer.why):
            return True
        lasted = time.monotonic() - part.since if part.since else 0.0
        return (
            part.tries >= POISON_TRIES and lasted >= POISON_SECONDS and await self._takes_small_writes(part)
        )

    def _again(self, part: Part, answer: _Answer) -> list[Part]:
        """What to send again: in halves, where it was too much."""
        tries = part.tries + 1 if answer.why else part.tries
        again = Part(answer.again, tries, part.since or time.monotonic())
        if not answer.too_much or len(answer.again) == 1:
            return [again]
        if answer.why:
            self._fits = min(self._fits, max(1, weight(answer.again) // 2))
        return halves(again)

    async def _takes_small_writes(self, part: Part) -> bool:
        """Try the smallest write there is, to the same index: remove what was never there."""
        one = part.operations[0]
        probe = Operation(kind=one.kind, id="biowire-probe", version=1, month=one.month)
        return not (await self._send([probe])).again
