"""Story memory in this process only: for tests, previews and one-off runs."""

from __future__ import annotations

from collections.abc import Iterable


class MemoryStoryState:
    """Keeps records in dictionaries; gone with the process."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, int], dict[str, bytes]] = {}
        self._places: dict[str, tuple[str, int]] = {}

    def load_day(self, language: str, day: int) -> Iterable[tuple[str, bytes]]:
        """Every (article id, record) of that language and day."""
        return list(self._days.get((language, day), {}).items())

    def find(self, ids: Iterable[str]) -> Iterable[tuple[str, str, int, bytes]]:
        """(id, language, day, record) of those ids that are kept."""
        return [
            (article_id, *place, self._days[place][article_id])
            for article_id in ids
            if (place := self._places.get(article_id))
        ]

    def save(self, records: Iterable[tuple[str, str, int, bytes]]) -> None:
        """Insert or replace."""
        for article_id, language, day, record in records:
            place = language, day
            if self._places.get(article_id, place) != place:
                self.delete([article_id])
            self._places[article_id] = place
            self._days.setdefault(place, {})[article_id] = record

    def delete(self, ids: Iterable[str]) -> None:
        """Forget these ids."""
        for article_id in ids:
            place = self._places.pop(article_id, None)
            if place is not None:
                del self._days[place][article_id]
