"""Services that are told to stop before they have begun: nothing is in hand, so they just end."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from embedded_runs import command, environment

pytestmark = pytest.mark.slow
NOWHERE = ("--broker", "kafka://127.0.0.1:1", "--index", "elasticsearch://127.0.0.1:1")


def test_a_worker_told_to_stop_while_it_waits_for_the_broker_ends_well(tmp_path: Path) -> None:
    line = command("worker", *NOWHERE, "--home", str(tmp_path))
    with subprocess.Popen(line, env=environment(), stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert (process.wait(20), b"waiting" in said) == (0, True)
