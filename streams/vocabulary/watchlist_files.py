"""Watchlists as files that people change: found by their id, tried before they are saved, saved whole.

file ─► Draft (changed text) ─► definitions with it in the place of the old ─► preview, or saved
"""

from __future__ import annotations

import hashlib
import tempfile
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connectors.errors import UserError

from ..core.compiled import Vocabulary, VocabularyError, compile_vocabulary
from ..core.vocabulary import Definitions
from ..subscriptions.whole_file import write_whole
from ..toml_lines import FileProblem
from .files import VocabularyFilesError, WatchlistFile, read_watchlist


class Changed(UserError):  # noqa: N818 - reads as what it says
    """The file is not any more what was shown."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A watchlist's file as it stands."""

    id: str
    path: Path
    source: str

    @property
    def mark(self) -> str:
        """Changes with the text."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]

    @property
    def table(self) -> dict[str, Any]:
        """What it says."""
        return tomllib.loads(self.source)


def kept(folder: Path, id_: str) -> Kept | None:
    """The file of this watchlist; None when no file has the id."""
    for path in sorted((folder / "watchlists").glob("*.toml")):
        try:
            source = path.read_text(encoding="utf-8")
            if tomllib.loads(source).get("id") == id_:
                return Kept(id_, path, source)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            continue  # `biowire vocabulary check` tells of it
    return None


def drafted(known: Definitions, old: Kept, source: str) -> Vocabulary:
    """The whole vocabulary with this text in the place of the file's.

    Raises VocabularyFilesError with every problem and its line.
    """
    before, after = _read(old.path.name, old.source), _read(old.path.name, source)
    name = f"watchlists/{old.path.name}"
    if after.watchlist.id != old.id:
        raise VocabularyFilesError(
            [FileProblem(name, after.line("id"), f"the id of this list is {old.id!r} and stays so")]
        )
    contexts = {key: words for key, words in known.contexts.items() if key not in before.contexts}
    if twice := sorted(contexts.keys() & after.contexts.keys()):
        line = after.line("contexts", twice[0])
        raise VocabularyFilesError([FileProblem(name, line, f"context list {twice[0]!r} is defined twice")])
    lists = tuple(after.watchlist if one.id == old.id else one for one in known.watchlists)
    try:
        return compile_vocabulary(replace(known, watchlists=lists, contexts={**contexts, **after.contexts}))
    except VocabularyError as error:
        raise VocabularyFilesError(after.placed(problem) for problem in error.problems) from error


def _read(name: str, source: str) -> WatchlistFile:
    with tempfile.TemporaryDirectory(prefix="biowire-") as folder:
        path = Path(folder) / name
        path.write_text(source, encoding="utf-8", errors="replace")
        return read_watchlist(path, f"watchlists/{name}")


def save(old: Kept, mark: str, source: str) -> None:
    """Write the file anew, if it is still the one with this mark. Raises Changed."""
    if old.mark != mark:
        raise Changed(f"The file {old.path.name} was changed meanwhile; load the page again to see how.")
    write_whole(old.path, source.encode())
