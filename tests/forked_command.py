"""The command in processes of their own that need not start Python anew: dozens at once, each for itself."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PRELOAD = [
    "forked_command",
    "dashboards.cli",
    "streams.cli.worker",
    "dashboards.provision",
    "streams.cli.search",
]


@dataclass(frozen=True)
class Told:
    """What a run left: its exit code (None when it had to be ended), what it printed, how long it took."""

    code: int | None
    out: str
    err: str
    seconds: float


@dataclass(frozen=True)
class Run:
    """What is given to the command."""

    arguments: Sequence[str]
    environ: Mapping[str, str]


def run_all(runs: Mapping[str, Run], folder: Path, within: float) -> dict[str, Told]:
    """Run commands side by side; those not done `within` seconds are ended."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    started = time.monotonic()
    processes = {}
    for name, run in runs.items():
        process = context.Process(
            target=_run, args=(list(run.arguments), dict(run.environ), str(folder / name))
        )
        process.start()
        processes[name] = process
    return {name: _told(process, folder / name, started, within) for name, process in processes.items()}


def _told(process: multiprocessing.process.BaseProcess, path: Path, started: float, within: float) -> Told:
    process.join(max(0.0, started + within - time.monotonic()))
    if process.exitcode is None:
        process.kill()
        process.join()
        code = None
    else:
        code = process.exitcode
    process.close()
    out, err = (Path(f"{path}.{name}") for name in ("out", "err"))
    ended = max(out.stat().st_mtime, err.stat().st_mtime)
    begun = Path(f"{path}.begun").stat().st_mtime
    return Told(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"), ended - begun)


def _run(arguments: list[str], settings: dict[str, str], path: str) -> None:
    from dashboards.cli import main

    Path(f"{path}.begun").touch()
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(f"{path}.{name}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.dup2(file, number)
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - for the life of the process
    for name in [one for one in os.environ if one.startswith("BIOWIRE_")]:
        del os.environ[name]
    os.environ.update(settings)
    code = main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
