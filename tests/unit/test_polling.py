"""What Faust's consumer is handed of what was fetched: a share of each topic, nothing for an agent that has enough."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from streams.agents import polling

RAW, FLAGGED, GROUPED = (TopicPartition(name, 0) for name in ("raw", "flagged", "grouped"))
SHARES = {"raw": 120, "flagged": 400, "grouped": 8}


class Fetched:
    """In place of aiokafka's fetcher: hands out what is there, in the order in which it came."""

    _closed = False
    _subscriptions = SimpleNamespace(fetch_context=contextlib.nullcontext)

    def __init__(self, waiting: dict[TopicPartition, int]) -> None:
        self.waiting, self.waits = waiting, list[float]()

    async def fetched_records(
        self,
        partitions: Any,
        timeout: float,  # noqa: ASYNC109 - aiokafka's signature
        max_records: int,
    ) -> dict[TopicPartition, list[int]]:
        found = {}
        for place, count in self.waiting.items():
            if place in partitions and (taken := min(count, max_records)):
                self.waiting[place] -= taken
                max_records -= taken
                found[place] = [0] * taken
        if timeout and not found:
            self.waits.append(timeout)
        return found


async def asked(fetched: Fetched, full: set[TopicPartition] = frozenset()) -> dict[str, int]:  # type: ignore[assignment]
    thread = polling._Thread.__new__(polling._Thread)
    thread.consumer = SimpleNamespace(
        _buffered_partitions=full, flow_active=True, transport=SimpleNamespace(shares=SHARES)
    )
    consumer = SimpleNamespace(_fetcher=fetched, _closed=False)
    found = await thread._fetch_records(consumer, {RAW, FLAGGED, GROUPED} - full, timeout=1.0)
    return {place.topic: len(records) for place, records in found.items()}


async def test_a_backlog_of_one_topic_does_not_keep_the_others_waiting() -> None:
    fetched = Fetched({RAW: 1000, FLAGGED: 10, GROUPED: 20})
    assert await asked(fetched) == {"raw": 120, "flagged": 10, "grouped": 8}
    assert await asked(fetched) == {"raw": 120, "grouped": 8}
    assert fetched.waits == []


async def test_an_agent_that_has_enough_gets_no_more_and_the_others_go_on() -> None:
    other = TopicPartition("grouped", 1)
    fetched = Fetched({GROUPED: 50, RAW: 5})
    assert await asked(fetched, {other}) == {"raw": 5}
    assert fetched.waiting[GROUPED] == 50


@pytest.mark.parametrize(
    ("full", "waits"),
    [
        pytest.param(set(), [1.0], id="as long as Faust says when all agents are free"),
        pytest.param({GROUPED}, [polling.AGAIN], id="briefly when one may soon be"),
        pytest.param({RAW, FLAGGED, GROUPED}, [], id="without a question when none is"),
    ],
)
async def test_nothing_new_is_waited_for(full: set[TopicPartition], waits: list[float]) -> None:
    fetched = Fetched({})
    assert await asked(fetched, full) == {}
    assert fetched.waits == waits
