"""Killed at random moments of an import, the alert stage raises what it would have raised undisturbed: once."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest
from alert_runs import of_every_kind, raised, worked
from embedded_runs import world_items

ITEMS = random.Random(5).sample(
    [item for item in world_items(times=2) if not item["published"].startswith("2026-11")], 325
)
SIZE = 25
KILLS = 100 if os.environ.get("BIOWIRE_FULL") else 8


def told(home: Path) -> list[tuple[Any, ...]]:
    """Everything about every alert, in the order they were raised."""
    return [(one.alert, one.seq, one.withdrawn, one.instead_of) for one in raised(home)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[list[tuple[Any, ...]], float]:
    """What is told when nothing happens, and the seconds it takes."""
    began = time.monotonic()
    home = worked(tmp_path_factory.mktemp("undisturbed"), ITEMS, of_every_kind(), SIZE)
    return told(home), time.monotonic() - began


def killed(home: Path, seconds: float, *, quiet: bool = False) -> bool:
    """Work in a process of its own, killed so long after its store was opened; says whether it was at work."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["alert_runs", "embedded_runs"])
    process = context.Process(
        target=worked, args=(home, ITEMS, of_every_kind(), SIZE), kwargs={"quiet": quiet}
    )
    process.start()
    while process.is_alive() and not (home / "alerts.db").exists():
        time.sleep(0.01)
    process.join(seconds)
    at_work = process.is_alive()
    process.kill()
    process.join()
    return at_work


def test_after_kills_at_random_moments_the_alerts_are_those_of_an_undisturbed_run(
    undisturbed, tmp_path
) -> None:
    wanted, whole = undisturbed
    chance = random.Random(11)
    assert len({alert.kind for alert, *_ in wanted}) >= 7
    assert sum(killed(tmp_path, chance.uniform(0.0, whole / 2)) for _ in range(KILLS)) >= KILLS / 2
    assert told(worked(tmp_path, ITEMS, of_every_kind(), SIZE)) == wanted


def test_what_came_in_without_alerts_is_not_told_after_a_kill_either(undisturbed, tmp_path) -> None:
    assert killed(tmp_path, undisturbed[1] / 3, quiet=True)
    worked(tmp_path, ITEMS, of_every_kind(), SIZE, quiet=True)
    worked(tmp_path, ITEMS, of_every_kind(), SIZE)
    assert raised(tmp_path) == []
