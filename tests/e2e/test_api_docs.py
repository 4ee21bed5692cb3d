"""docs/api.md: every example in it is run, in its order, against the real server."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from api_world import fill, served
from embedded_runs import command, environment
from shared_data import ROOT

PAGE = ROOT / "docs" / "api.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_example_works_in_the_order_of_the_page(tmp_path: Path) -> None:
    examples = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert sum(one.count("curl ") for one in examples) >= 18
    fill(tmp_path, 60)
    with served(tmp_path) as server:
        script = [
            "set -euo pipefail",
            f'biowire() {{ {shlex.join(command())} "$@" --home {shlex.quote(str(tmp_path))}; }}',
            "curl() {",
            f'  local args=("${{@//http:\\/\\/127.0.0.1:8383/{server.url}}}")',
            '  echo; command curl --fail-with-body "${args[@]/#-sf/-s}"',
            "}",
            *examples,
        ]
        done = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr}"
    assert "<feed xmlns=" in done.stdout
    assert '"version":5' in done.stdout
