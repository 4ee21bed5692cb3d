"""What came in when, and what was then known of it: how the archive came to be, step by step.

    sink ─► Noting ─► arrivals   one line for each document of a batch that changed, in its transaction

The index says how documents stand now. Alerts are told of how they stood when they came: in which story,
whose copy. `alerting.rehearsing` takes a subscription through these steps to say what it would have had sent.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from connectors.database import Database, Schema
from connectors.publish.log import microseconds, moment

from ..core.index import Stored
from ..core.records import Grouping, Role

SCHEMA = Schema(
    "arrivals",
    (
        """
        -- Times are microseconds since the epoch, UTC. What a line does not say is as it was.
        CREATE TABLE arrival_steps (step INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
        CREATE TABLE arrivals (
            n INTEGER PRIMARY KEY AUTOINCREMENT,
            step INTEGER NOT NULL,
            id TEXT NOT NULL,
            published INTEGER,          -- Stored.when
            first_seen INTEGER,
            story TEXT,
            role TEXT,
            copy INTEGER,
            gone INTEGER NOT NULL,      -- it is no document any more
            before BLOB                 -- the document that is replaced or goes: Stored as JSON, zlib
        ) STRICT;
        """,
    ),
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Stored).decode


@dataclass(slots=True)
class Note:
    """What a step says of one document."""

    when: datetime | None = None
    first_seen: datetime | None = None
    grouping: Grouping | None = None
    gone: bool = False
    before: Stored | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A document as it stood after a step."""

    id: str
    when: datetime
    first_seen: datetime
    story_id: str
    role: Role = "lead"
    copy: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What changed at once, in the order it was written."""

    at: datetime
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A document as it was until a step."""

    until: int
    """Place of that step among the `steps`."""
    stored: Stored


@dataclass(frozen=True, slots=True)
class History:
    """All steps, oldest first, and what documents said that say something else by now."""

    steps: tuple[Step, ...] = ()
    before: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)


class ArrivalLog:
    """The lines, read and written over a shared Database."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connection

    def next_step(self) -> int:
        """Number for a step to come."""
        return int(
            self._connection.execute("SELECT ifnull(max(step), 0) + 1 FROM arrival_steps").fetchone()[0]
        )

    def write(self, step: int, at: datetime, notes: Mapping[str, Note]) -> None:
        """Add lines; in the transaction that is open."""
        if notes:
            self._connection.execute(
                "INSERT OR REPLACE INTO arrival_steps VALUES (?, ?)", (step, microseconds(at))
            )
        self._connection.executemany(
            "INSERT INTO arrivals (step, id, published, first_seen, story, role, copy, gone, before)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(step, id_, *_row(note)) for id_, note in notes.items()],
        )

    def forget(self, *, documents: datetime | None, texts: datetime | None) -> None:
        """Drop what retention says is too old: documents, and texts that were replaced."""
        if documents is not None:
            self._connection.execute(
                "DELETE FROM arrivals WHERE id IN (SELECT id FROM arrivals WHERE published < ?)",
                (microseconds(documents),),
            )
        if texts is not None:
            self._connection.execute(
                "UPDATE arrivals SET before = NULL WHERE before IS NOT NULL"
                " AND id IN (SELECT id FROM arrivals WHERE published < ?)",
                (microseconds(texts),),
            )

    @property
    def complete(self) -> bool:
        """Say whether all documents came in since arrivals are noted."""
        lacking = (
            "SELECT 1 FROM places WHERE docid IS NOT NULL AND id NOT IN (SELECT id FROM arrivals) LIMIT 1"
        )
        return self._connection.execute(lacking).fetchone() is None

    def history(self) -> History:
        """Every step."""
        steps: dict[int, tuple[datetime, dict[str, Arrival]]] = {}
        state: dict[str, Arrival] = {}
        before: dict[str, list[Version]] = {}
        for step, at, id_, replaced, *said in self._lines():
            own = steps.setdefault(step, (moment(at), {}))[1]
            if replaced is not None and id_ not in own:
                version = Version(len(steps) - 1, _decode(zlib.decompress(replaced)))
                before.setdefault(id_, []).append(version)
            own[id_] = state[id_] = _arrival(id_, state.get(id_), *said)
        return History(
            steps=tuple(Step(at, tuple(own.values())) for at, own in steps.values()),
            before={id_: tuple(versions) for id_, versions in before.items()},
        )

    def _lines(self) -> Iterable[tuple[Any, ...]]:
        return self._connection.execute(
            "SELECT step, at, id, before, published, first_seen, story, role, copy, gone"
            " FROM arrival_steps JOIN arrivals USING (step) ORDER BY n"
        )


def _row(note: Note) -> Iterator[object]:
    place = note.grouping
    yield None if note.when is None else microseconds(note.when)
    yield None if note.first_seen is None else microseconds(note.first_seen)
    yield from (
        (None, None, None)
        if place is None
        else (place.story_id, place.role, place.near_duplicate is not None)
    )
    yield note.gone
    yield None if note.before is None else zlib.compress(_encode(note.before))


def _arrival(
    id_: str,
    known: Arrival | None,
    published: int | None,
    first_seen: int | None,
    story: str | None,
    role: Role | None,
    copy: int | None,
    gone: int,
) -> Arrival:
    """What a line says of a document, on top of what was known of it."""
    if known is None or known.gone:
        at = moment(published or first_seen or 0)
        known = Arrival(id=id_, when=at, first_seen=at, story_id=id_)
    if published is not None and first_seen is not None:
        known = replace(known, when=moment(published), first_seen=moment(first_seen))
    if story is not None and role is not None:
        known = replace(known, story_id=story, role=role, copy=bool(copy))
    return replace(known, gone=bool(gone))
