"""A vocabulary of one's own: a folder in the home, a copy of the shipped one to begin with.

It is used as soon as it is there, unless the setting `vocabulary` names another folder.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.errors import UserError

KINDS = ("vocabulary", "watchlists")
"""The two folders inside."""


def own_folder(settings: Mapping[str, Any], home: Path) -> Path | None:
    """The folder that vocabulary and watchlists are read from; None: the shipped ones are used."""
    if chosen := settings.get("vocabulary"):
        return Path(chosen).expanduser()
    folder = home / "vocabulary"
    return folder if (folder / "watchlists").is_dir() else None


def with_own(settings: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """The settings, naming the folder that is used."""
    folder = own_folder(settings, home)
    return dict(settings) | {"vocabulary": str(folder) if folder else ""}


def make_own(home: Path) -> Path:
    """Copy the shipped files to `home`/vocabulary, whole or not at all. Raises UserError where it exists."""
    from .files import seeds_folder  # not needed, and not loaded, to say which folder is used

    folder = home / "vocabulary"
    if folder.exists():
        raise UserError(f"There is a folder {folder} already; set `vocabulary` to use another one.")
    with tempfile.TemporaryDirectory(dir=home, prefix=".vocabulary-") as beside:
        part = Path(beside) / "vocabulary"
        for kind in KINDS:
            (part / kind).mkdir(parents=True)
            for file in sorted((seeds_folder() / kind).glob("*.toml")):
                shutil.copyfile(file, part / kind / file.name)
        part.rename(folder)
    return folder
