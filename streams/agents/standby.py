"""Replicas standing by: files of partitions that other workers have, so that taking one over takes no time.

Each worker follows what it does not have; the figures of a partition are its input, so following is reading.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from connectors.errors import BiowireError

from .keeping import Keeping

_log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two looks."""


async def stand_by(
    keepings: Mapping[str, Keeping],
    assigned: Callable[[], set[tuple[str, int]]],
    worked: Callable[[], Mapping[tuple[str, int], int]],
) -> None:
    """Follow, until cancelled, every (topic, partition) of these stages that is not assigned to us.

    `worked`: how far each is finished, by whoever has it; asked in a thread.
    """
    while True:
        await asyncio.sleep(EVERY)
        try:
            ends = await asyncio.to_thread(worked)
        except BiowireError as cause:
            _log.info("not followed", extra={"reason": str(cause)})
            continue
        for (topic, partition), end in sorted(ends.items()):
            if topic in keepings and (topic, partition) not in assigned():
                await keepings[topic].follow(partition, end)
