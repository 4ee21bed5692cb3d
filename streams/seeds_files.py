"""What ships with biowire and is read at start: vocabulary, starter feeds, sample subscriptions."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from connectors.errors import UserError
from connectors.opml import read_opml
from connectors.records import Feed

from .core.compiled import Vocabulary
from .vocabulary.files import load_vocabulary


def vocabulary(settings: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary of the setting `vocabulary`, else ours. Raises UserError with file and line."""
    chosen = settings.get("vocabulary") or ""
    if not chosen:
        return _shipped_vocabulary()
    folder = Path(chosen).expanduser()
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder} to read the vocabulary from.")
    return load_vocabulary(folder)


@functools.cache
def _shipped_vocabulary() -> Vocabulary:
    return load_vocabulary()


@functools.cache
def starter_feeds() -> tuple[Feed, ...]:
    """The shipped feed list: the sources people start with, and who publishes them."""
    return read_opml(files("seeds").joinpath("feeds.opml").read_bytes())


def sample_subscriptions(folder: Path) -> None:
    """Put the shipped samples into a folder that is made for them."""
    folder.mkdir(parents=True)
    for sample in files("seeds").joinpath("subscriptions").iterdir():
        if sample.name.endswith(".toml"):
            (folder / sample.name).write_bytes(sample.read_bytes())
