"""Dead letters as documents, for people in Kibana: which stage gave up what, when and why, and how it begins.

deadletters.STAGE ─► FollowedLetters ─► index `deadletters`, by stage and place
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectors.broker import Broker
from connectors.errors import BiowireError

from ...deadletters import DeadLetter
from ...deadletters.following import BEGINNING, Followed, FollowedLetters
from .settings import Index
from .small import id_of, ids, write

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

SECONDS = 2.0
"""For reading in one step."""
_KIND = 100
"""Characters of the kind of a reason."""


def body(letter: DeadLetter, beginning: bytes) -> dict[str, Any]:
    """A dead letter as the index has it: names as `biowire deadletters list --json` prints them, and
    `kind`, what the reason says before its colon, `excerpt`, the beginning of the original as text.
    """
    return {
        "id": letter.id,
        "stage": letter.stage,
        "received": letter.received,
        "time": letter.time,
        "reason": letter.reason,
        "kind": letter.reason.partition(":")[0][:_KIND],
        "tries": letter.tries,
        "bytes": letter.size,
        "excerpt": beginning.decode("utf-8", "backslashreplace")[:BEGINNING],
    }


class LetterIndexing:
    """Keeps the index as the topics are: reads on in them, and looks at all of them when it begins."""

    def __init__(self, client: Elasticsearch, index: Index, broker: Broker) -> None:
        self._client, self._index, self._broker = client, index, broker
        self._letters = FollowedLetters(broker)
        self._found: set[str] | None = set()
        """Ids of the letters there are; None once others were removed from the index."""

    def step(self) -> bool:
        """Write what is new; True where there was more than time. Raises UserError or TransientError."""
        try:
            for piece in self._letters.read(SECONDS):
                self._write(piece)
            if self._letters.whole and self._found is not None:
                self._remove_others(self._found)
                self._found = None
        except BiowireError:
            self._letters, self._found = FollowedLetters(self._broker), set()
            raise
        return not self._letters.whole

    def _write(self, piece: Sequence[Followed]) -> None:
        last = {id_of(one.stage, one.place): one for one in piece}
        bodies = {
            id_: None if one.letter is None else body(one.letter, one.beginning) for id_, one in last.items()
        }
        write(self._client, self._index, self._index.dead_letters_index, bodies)
        if self._found is not None:
            self._found |= bodies.keys()
            self._found -= {id_ for id_, one in bodies.items() if one is None}

    def _remove_others(self, found: set[str]) -> None:
        """What ended so long ago that the topics do not even tell of its end."""
        there = ids(self._client, self._index, self._index.dead_letters)
        others = dict.fromkeys(id_ for id_ in there if id_ not in found)
        write(self._client, self._index, self._index.dead_letters_index, others)
