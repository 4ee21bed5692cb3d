"""Files that appear whole or not at all, and stay through a power cut."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PART = ".new"
"""How the name of a file ends that is not whole yet; it begins with a dot."""


def write_whole(path: Path, data: bytes) -> None:
    """Write under another name, then rename; only the owner may read it. Raises OSError."""
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.stem}.", suffix=PART, delete=False
    ) as file:
        part = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and deletions in the folder last."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
