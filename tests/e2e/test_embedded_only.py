"""Without the packages of the distributed mode everything else works, and what needs them says so."""

from __future__ import annotations

import subprocess
import sys

import pytest
from embedded_runs import environment

WITHOUT = """
import sys
for name in ("aiokafka", "elastic_transport", "elasticsearch", "faust", "kafka", "prometheus_client"):
    sys.modules[name] = None
from dashboards.cli import main
sys.exit(main(sys.argv[1:]))
"""
SAYS = b"biowire: The distributed mode needs more packages: pip install 'biowire[distributed]'."


def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    line = [sys.executable, "-c", WITHOUT, *arguments]
    return subprocess.run(line, env=environment(), capture_output=True, timeout=60, check=False)


def test_the_help_shows_all_commands() -> None:
    done = run("--help")
    assert done.returncode == 0, done.stderr.decode()
    for name in (b"ingest", b"search", b"provision", b"worker"):
        assert b"  " + name in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("provision", "--check", "--broker", "kafka://127.0.0.1:1"),
        ("provision", "--help"),
        ("worker", "--broker", "kafka://127.0.0.1:1", "--index", "elasticsearch://127.0.0.1:1"),
        ("connect", "--broker", "kafka://127.0.0.1:1"),
        ("deadletters", "list", "--broker", "kafka://127.0.0.1:1"),
        ("search", "face", "--index", "elasticsearch://127.0.0.1:1"),
    ],
    ids=" ".join,
)
def test_what_needs_them_says_how_to_get_them(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stderr.strip(), done.stdout) == (2, SAYS, b"")
