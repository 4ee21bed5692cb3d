"""The command in processes of their own that need not start Python anew: dozens at once, each for itself.

A server of the standard library imports all commands and reads the shipped vocabulary once; each run is a fork of it,
with an environment, standard streams and a home of its own. What a fresh Python does is tested where tests use
`embedded_runs.command`.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TESTS = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Told:
    """What a run left: its exit code (None when it had to be ended), what it printed, how long it took.

    Not counted is the time it was ready to go on and waited for a core: that is the machine's, which others use too.
    """

    code: int | None
    out: bytes
    err: bytes
    seconds: float


@dataclass(frozen=True)
class Run:
    """What is given to the command. `environ`: all of it, beside PYTHONPATH."""

    arguments: Sequence[str]
    environ: Mapping[str, str]
    stdin: bytes = b""


def run_all(runs: Mapping[str, Run], folder: Path, within: float) -> dict[str, Told]:
    """Run commands side by side; those not done `within` seconds are ended. Streams are kept in files of `folder`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["warm_commands"])
    with _importable():
        multiprocessing.forkserver.ensure_running()
    started = time.monotonic()
    processes = {}
    for name, run in runs.items():
        Path(folder / f"{name}.in").write_bytes(run.stdin)
        process = context.Process(
            target=_run, args=(list(run.arguments), dict(run.environ), str(folder / name), str(Path.cwd()))
        )
        process.start()
        processes[name] = process
    return {name: _told(process, folder / name, started, within) for name, process in processes.items()}


@contextmanager
def _importable() -> Iterator[None]:
    """The server imports before it is told where our modules are: it has to know from its start."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(_TESTS.parent), str(_TESTS)))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


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
    waited = Path(f"{path}.waited")
    idle = float(waited.read_text()) if waited.exists() else 0.0
    return Told(code, out.read_bytes(), err.read_bytes(), ended - begun - idle)


def _waited_for_a_core() -> float:
    """Seconds of this process's first thread; 0 where the system does not count them."""
    counted = Path("/proc/self/schedstat")
    return int(counted.read_text().split()[1]) / 1e9 if counted.exists() else 0.0


def _run(arguments: list[str], environ: dict[str, str], path: str, folder: str) -> None:
    from dashboards.cli import main

    os.chdir(folder)
    waited = _waited_for_a_core()
    Path(f"{path}.begun").touch()
    for number, name, how in ((0, "in", os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
        file = os.open(f"{path}.{name}", how | os.O_CREAT, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for the life of the process
    os.environ.clear()
    os.environ.update(environ)
    code = main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    Path(f"{path}.waited").write_text(str(_waited_for_a_core() - waited))
    sys.exit(code)
