"""Run the command as people do, and compare what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
from forked_command import Run, run_all
from shared_data import ROOT

from seeds.world import load

PROCESSING_TIMES = ("first_seen",)
"""What may differ between two runs over the same items."""


def command(*arguments: str) -> list[str]:
    """`biowire` with this interpreter."""
    return [sys.executable, "-m", "dashboards", *arguments]


def environment(**more: str) -> dict[str, str]:
    """Ours, from the checkout, with no setting of the machine's user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIOWIRE_")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def biowire(
    *arguments: str, home: Path | None = None, code: int = 0, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end; its exit code has to be `code`."""
    line = [*arguments, *(("--home", str(home)) if home else ())]
    done = finished(line, environment(), stdin=stdin)
    assert done.returncode == code, done.stderr.decode()
    return done


def finished(
    arguments: Sequence[str], environ: Mapping[str, str], *, stdin: bytes | None = None, within: float = 600
) -> subprocess.CompletedProcess[bytes]:
    """What `subprocess.run` gives of a command with that environment. Raises TimeoutExpired."""
    with tempfile.TemporaryDirectory(prefix="biowire-run-") as folder:
        (told,) = run_all({"run": Run(arguments, environ, stdin or b"")}, Path(folder), within).values()
    if told.code is None:
        raise subprocess.TimeoutExpired(command(*arguments), within, told.out, told.err)
    return subprocess.CompletedProcess(command(*arguments), told.code, told.out, told.err)


def biowire_json(*arguments: str, home: Path | None = None) -> Any:
    """The one JSON object a command prints."""
    return json.loads(biowire(*arguments, "--json", home=home).stdout)


def documents(home: Path) -> list[dict[str, Any]]:
    """The export, without what may differ between two runs over the same items."""
    lines = biowire("export", home=home).stdout.splitlines()
    return [
        {name: value for name, value in json.loads(line).items() if name not in PROCESSING_TIMES}
        for line in lines
    ]


def differences(one: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each document that is not the same in both."""
    a, b = ({document["id"]: document for document in documents} for documents in (one, other))
    found = [f"{id_} only in one" for id_ in sorted(a.keys() ^ b.keys())]
    for id_ in sorted(a.keys() & b.keys()):
        found += [
            f"{id_} {name}: {a[id_][name]!r:.300} is not {b[id_][name]!r:.300}"
            for name in a[id_]
            if a[id_][name] != b[id_].get(name)
        ]
    return found


def write_items(path: Path, items: Iterable[dict[str, Any]]) -> Path:
    """A file of items, one a line."""
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")
    return path


def world_items(times: int = 1) -> list[dict[str, Any]]:
    """The sample world's articles as items; `times` > 1 adds the same a month earlier under other addresses."""
    items = []
    for turn in range(times):
        for article in load().articles.values():
            published = article.published.isoformat().replace("2026-11", f"2026-{11 - turn:02}")
            items.append(
                {
                    "feed_url": f"https://{article.outlet}.example/feed",
                    "title": article.title,
                    "link": f"https://{article.outlet}.example/{turn}{article.path}",
                    "published": published,
                    "language": article.language,
                    "summary_html": article.summary,
                    "content_html": "".join(f"<p>{part}</p>" for part in article.text.split("\n\n")),
                }
            )
    return items


def wait_until_locked(process: subprocess.Popen[bytes], home: Path) -> None:
    """Return once `process` writes to the store of `home`.

    Its open files are looked at: to try the lock would be to hold it, and to turn the process away.
    """
    lock, asked = str((home / "biowire.lock").resolve()), psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the process ended with {process.returncode}"
        if any(file.path == lock for file in asked.open_files()):
            return
        time.sleep(0.02)
    raise AssertionError("no process took the store's lock")
