"""Watchlists as files that people make and change: found by id, tried before they are saved, saved whole.

file, or `begun` ─► changed text ─► definitions with it in the place of the old ─► preview, or saved
"""

from __future__ import annotations

import hashlib
import re
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
    """Empty for a list that is only begun."""

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


def begun(folder: Path, id_: str) -> Kept:
    """A list that is not there yet. Raises UserError for an id that no new list may have, or that one has."""
    path = folder / "watchlists" / f"{id_}.toml"
    if not _ID.fullmatch(id_):
        raise UserError(
            "An id has letters a to z, digits, - and _, begins with one of the first two, and is "
            f"no longer than {LONGEST_ID}."
        )
    if kept(folder, id_) is not None or path.exists():
        raise UserError(f"There is a watchlist {id_} already; choose another id.")
    return Kept(id_, path, "")


LONGEST_ID = 60
"""Of a list that is made here, which is the name of its file as well."""
_ID = re.compile(f"[a-z0-9][a-z0-9_-]{{0,{LONGEST_ID - 1}}}")


def drafted(known: Definitions, old: Kept, source: str) -> Vocabulary:
    """The whole vocabulary with this text in the place of the file's.

    Raises VocabularyFilesError with every problem and its line.
    """
    after = _read(old.path.name, source)
    replaced = _read(old.path.name, old.source).contexts if old.source else {}
    name = f"watchlists/{old.path.name}"
    if after.watchlist.id != old.id:
        raise VocabularyFilesError(
            [FileProblem(name, after.line("id"), f"the id of this list is {old.id!r} and stays so")]
        )
    contexts = {key: words for key, words in known.contexts.items() if key not in replaced}
    if twice := sorted(contexts.keys() & after.contexts.keys()):
        line = after.line("contexts", twice[0])
        raise VocabularyFilesError([FileProblem(name, line, f"context list {twice[0]!r} is defined twice")])
    lists = tuple(after.watchlist if one.id == old.id else one for one in known.watchlists)
    if not old.source:
        lists += (after.watchlist,)
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
    if old.mark != mark or (not old.source and old.path.exists()):
        raise Changed(f"The file {old.path.name} was changed meanwhile; load the page again to see how.")
    write_whole(old.path, source.encode())
