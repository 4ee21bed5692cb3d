"""A worker at work: waits for what it needs, runs the agents, watches them, and leaves in good order.

    wait for broker, topics, index ─► agents ─► stop: finish the batch, commit, end

A worker that cannot go on ends, and whoever supervises it starts it again: nothing of what it had not
finished was committed, and its partitions know where they are.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors.errors import BiowireError, TransientError, UserError

from .agents.standby import stand_by
from .app import Worker

_log = logging.getLogger(__name__)

DRAIN = 6.0
"""Seconds that the batches under way have to be finished when we are told to stop."""
START = 120.0
"""Seconds Faust has to start: it waits for the broker by itself."""
STALLED = 120.0
"""Seconds without a batch, although there is work, after which a worker ends to be started again."""
_LOOK = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is looked at while the agents work."""

    outstanding: Callable[[], int]
    """Messages not worked yet in the partitions this worker has, as last measured."""
    busy: Callable[[], str]
    """What the worker waits for, as a sentence; empty when it does not."""
    superseded: Callable[[], str]
    """Why this generation is not to be worked any more, as a sentence; empty while it is."""
    worked: Callable[[], Mapping[tuple[str, int], int]] | None = None
    """How far each (topic, partition) is finished by whoever has it: given, replicas stand by."""


async def serve(worker: Worker, stop: asyncio.Event, watch: Watch) -> None:
    """Run until told to stop; raises BiowireError when it cannot go on."""
    try:
        await _started(worker, stop)
        standing = [stand_by(worker.keepings, worker.assigned, watch.worked)] if watch.worked else []
        followers = [asyncio.create_task(one) for one in (*standing, worker.alert.run())]
        await _watched(worker, stop, watch)
        for follower in followers:
            follower.cancel()
    finally:
        await _leave(worker)


async def _started(worker: Worker, stop: asyncio.Event) -> None:
    """Until Faust has started, which without a broker it does not, or we are told to stop."""
    starting = asyncio.ensure_future(worker.app.start())
    told = asyncio.create_task(stop.wait())
    await asyncio.wait((starting, told), timeout=START, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if starting.done():
        starting.result()
    elif not stop.is_set():
        raise TransientError("Faust did not start in time; start the worker again.")


async def _watched(worker: Worker, stop: asyncio.Event, watch: Watch) -> None:
    moved, seen = time.monotonic(), 0
    while not stop.is_set():
        if worker.taking.failure is not None:
            raise _failed(worker.taking.failure)
        if worker.app.crashed or worker.app.should_stop:
            raise TransientError(f"Faust gave up ({worker.app.crash_reason}); start the worker again.")
        if sentence := watch.superseded():
            raise UserError(sentence)
        if worker.taking.taken != seen or not watch.outstanding() or watch.busy():
            moved, seen = time.monotonic(), worker.taking.taken
        elif time.monotonic() - moved > STALLED:
            raise TransientError(
                f"There is work, and none was done for {STALLED:.0f} s: start the worker again."
            )
        try:
            await asyncio.wait_for(stop.wait(), _LOOK)
        except TimeoutError:
            continue


def _failed(cause: BaseException) -> BaseException:
    if isinstance(cause, BiowireError):
        return cause
    return TransientError(f"A stage failed ({type(cause).__name__}: {cause}); start the worker again.")


async def _leave(worker: Worker) -> None:
    """Let the batches under way end, as far as they do in time, and commit what is done."""
    taking = worker.taking
    taking.stopping.set()
    deadline = time.monotonic() + DRAIN
    while taking.at_work and taking.failure is None and time.monotonic() < deadline:  # noqa: ASYNC110 - a deadline
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)  # Faust takes note of the last batch
    try:
        async with asyncio.timeout(3):
            await worker.app.consumer.commit()
    except Exception as cause:  # noqa: BLE001 - then those batches come again
        _log.info("not committed", extra={"reason": repr(cause)})
    await worker.alert.end()
    for keeping in worker.keepings.values():
        keeping.close()
