"""A short chaos: every kind of process is killed while news flows in. The long one is `./run.sh chaos`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from .chaos import Report, run
from .scene import Plan

pytestmark = [pytest.mark.servers, pytest.mark.slow]
SEED = int(os.environ.get("BIOWIRE_CHAOS_SEED", "4"))


def test_eight_kills_lose_nothing_and_repeat_nothing(own: tuple[Any, Any], tmp_path: Path) -> None:
    plan = Plan(
        seed=SEED,
        articles=2_000,
        feeds=240,
        flow=24.0,
        revisions=False,
        poison_times=1,
        host_delay=0.9,
        heal=150.0,
    )
    report: Report = run(plan, 8, *own, tmp_path)
    print(report.figures)
    assert report.faults == []
    assert len(report.kills) == 8
