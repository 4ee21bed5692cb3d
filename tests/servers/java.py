"""Finds a Java runtime from version 21 on this machine, for both servers; install.py gets one when there is none."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = 21
"""Elasticsearch 9 needs 21; Kafka 4 is content with 17."""


def compiler(*, in_earnest: bool) -> tuple[str, ...]:
    """Options: the whole of Java's compiler, for what is measured; or the half that is at work sooner, for tests."""
    return () if in_earnest else ("-XX:TieredStopAtLevel=1",)


def find(*own: Path) -> Path | None:
    """The `java` program to use: JAVA_HOME first, then PATH, `own` folders, the usual places. None when too old."""
    for home in _homes(own):
        java = home / "bin" / "java"
        if java.is_file() and version(home) >= OLDEST:
            return java
    return None


def version(home: Path) -> int:
    """Major version of the runtime in a folder, from its `release` file; 0 when that says nothing."""
    try:
        text = (home / "release").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = re.search(r'^JAVA_VERSION="(\d+)', text, re.MULTILINE)
    return int(found[1]) if found else 0


def _homes(own: tuple[Path, ...]) -> Iterator[Path]:
    if said := os.environ.get("JAVA_HOME"):
        yield Path(said)
    if found := shutil.which("java"):
        yield Path(found).resolve().parent.parent
    yield from own
    if sys.platform == "darwin":
        yield from sorted(Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home"), reverse=True)
    else:
        yield from sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
