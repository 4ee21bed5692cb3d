"""Where the real data is that tests measure on: never shipped, skipped with a reason when absent."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_root() -> Path:
    """The folder of real data: BIOWIRE_SHARED, else ../shared beside the project."""
    return Path(os.environ.get("BIOWIRE_SHARED") or ROOT.parent / "shared")


def shared(*parts: str) -> Path:
    """A file or folder of the real data; skips the test when it is not there."""
    path = shared_root().joinpath("data", *parts)
    if not path.exists():
        pytest.skip(f"real data is not here ({'/'.join(parts)}): set BIOWIRE_SHARED to its folder")
    return path
