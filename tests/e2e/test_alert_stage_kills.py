"""Killed at random moments of an import, the alert stage raises what it would have raised undisturbed: once."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alert_runs import of_every_kind, raised, worked
from embedded_runs import world_items

ITEMS = random.Random(5).sample(
    [item for item in world_items(times=2) if not item["published"].startswith("2026-11")], 325
)
SIZE = 25
KILLS = 12
SEEDS = range(15 if os.environ.get("BIOWIRE_FULL") else 1)


def told(home: Path) -> list[tuple[Any, ...]]:
    """Everything about every alert, in the order they were raised."""
    return [(one.alert, one.seq, one.withdrawn, one.instead_of) for one in raised(home)]


class Statements:
    """Counts what the files are asked; at the `last` the process is no more."""

    def __init__(self, last: int = 0, of: Callable[[str], bool] = bool) -> None:
        self.count = 0
        self._last, self._of = last, of

    def __call__(self, statement: str) -> None:
        self.count += self._of(statement)
        if self._last and self.count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def alerts_statement(statement: str) -> bool:
    """Say whether it is one of the alert stage's transaction, or around it."""
    return any(word in statement for word in ("COMMIT", "cursors", "INTO alerts", "UPDATE alerts", "changes"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[list[tuple[Any, ...]], int, int]:
    """What is told when nothing happens, and how many statements that takes: all, and those of the stage."""
    everything, of_stage = Statements(), Statements(of=alerts_statement)
    home = worked(
        tmp_path_factory.mktemp("undisturbed"),
        ITEMS,
        of_every_kind(),
        SIZE,
        watch=lambda statement: (everything(statement), of_stage(statement)),
    )
    return told(home), everything.count, of_stage.count


def killed(home: Path, statements: Statements, *, quiet: bool = False) -> bool:
    """Work in a process of its own that kills itself; says whether it came to that."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["alert_runs", "embedded_runs"])
    process = context.Process(
        target=worked,
        args=(home, ITEMS, of_every_kind(), SIZE),
        kwargs={"quiet": quiet, "watch": statements},
    )
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


@pytest.mark.parametrize("seed", SEEDS)
def test_after_kills_at_random_moments_the_alerts_are_those_of_an_undisturbed_run(
    undisturbed, tmp_path, seed
) -> None:
    wanted, everything, of_stage = undisturbed
    assert len({alert.kind for alert, *_ in wanted}) >= 7
    chance, kills = random.Random(seed), 0
    while kills < KILLS:
        anywhere = Statements(chance.randint(1, everything // 8))
        in_the_stage = Statements(chance.randint(1, of_stage // 8), alerts_statement)
        if not killed(tmp_path, anywhere) or not killed(tmp_path, in_the_stage):
            break
        kills += 2
    assert kills >= 6
    print(f"{kills} kills")
    assert told(worked(tmp_path, ITEMS, of_every_kind(), SIZE)) == wanted


def test_what_came_in_without_alerts_is_not_told_after_a_kill_either(undisturbed, tmp_path) -> None:
    assert killed(tmp_path, Statements(undisturbed[2] // 3, alerts_statement), quiet=True)
    worked(tmp_path, ITEMS, of_every_kind(), SIZE, quiet=True)
    worked(tmp_path, ITEMS, of_every_kind(), SIZE)
    assert raised(tmp_path) == []
