"""Port of the story stage's memory: what it must know again after a restart, by day of publication."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class StoryState(Protocol):
    """Keeps one opaque record per article, found again by id or by language and day.

    Writes belong to the transaction of the batch being processed; nothing is read back before it is written.
    """

    def load_day(self, language: str, day: int) -> Iterable[tuple[str, bytes]]:
        """Every (article id, record) of that language and day (days since the epoch, UTC), any order."""

    def find(self, ids: Iterable[str]) -> Iterable[tuple[str, str, int, bytes]]:
        """(id, language, day, record) of those ids that are kept; the others are left out."""

    def save(self, records: Iterable[tuple[str, str, int, bytes]]) -> None:
        """Insert or replace (id, language, day, record)."""

    def delete(self, ids: Iterable[str]) -> None:
        """Forget these ids; unknown ones are no error."""
