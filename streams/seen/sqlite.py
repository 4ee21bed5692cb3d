"""Dedup's memory in the instance's SQLite file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from connectors.database import Database, Schema

from ..core.dedup import Sighting
from ..core.records import Match, Outcome

SCHEMA = Schema(
    "seen",
    (
        """
        CREATE TABLE sightings (
            seq INTEGER PRIMARY KEY,
            root TEXT NOT NULL,      -- id of the article it belongs to
            facts BLOB NOT NULL      -- core.dedup.Sighting as MessagePack
        ) STRICT;
        CREATE INDEX sightings_root ON sightings (root);
        CREATE TABLE addresses (article TEXT PRIMARY KEY, root TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE sighting_keys (key TEXT, seq INTEGER, PRIMARY KEY (key, seq)) STRICT, WITHOUT ROWID;
        CREATE TABLE outcomes (
            seq INTEGER PRIMARY KEY,
            outcome TEXT NOT NULL,
            article TEXT,            -- id by its own address; NULL for skipped and failed
            of TEXT,
            similarity REAL,
            reason TEXT NOT NULL
        ) STRICT;
        """,
        # Most items are new, so the others are few: to count them the table need not be walked.
        "CREATE INDEX outcomes_not_new ON outcomes (outcome) WHERE outcome != 'new';",
    ),
)


class SqliteSeenState:
    """SeenState on tables of the shared database."""

    def __init__(self, database: Database) -> None:
        self._execute = database.connection.execute
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Sighting).decode

    def group(self, article: str) -> tuple[str, Sequence[Sighting]] | None:
        """See SeenState."""
        row = self._execute("SELECT root FROM addresses WHERE article = ?", (article,)).fetchone()
        return (row[0], self._members(row[0])) if row else None

    def _members(self, root: str) -> list[Sighting]:
        rows = self._execute("SELECT facts FROM sightings WHERE root = ? ORDER BY seq", (root,))
        return [self._decode(facts) for (facts,) in rows]

    def by_key(self, key: str) -> Sequence[Sighting]:
        """See SeenState."""
        rows = self._execute(
            "SELECT facts FROM sighting_keys JOIN sightings USING (seq) WHERE key = ?", (key,)
        )
        return [self._decode(facts) for (facts,) in rows]

    def save(self, incoming: Sighting, id: str, joined: Iterable[str]) -> None:  # noqa: A002
        """See SeenState."""
        for root in joined:
            if root != id:
                self._execute("UPDATE sightings SET root = ? WHERE root = ?", (id, root))
                self._execute("UPDATE addresses SET root = ? WHERE root = ?", (id, root))
        self._execute(
            "INSERT OR REPLACE INTO sightings VALUES (?, ?, ?)", (incoming.seq, id, self._encode(incoming))
        )
        self._execute("INSERT OR REPLACE INTO addresses VALUES (?, ?)", (incoming.article, id))
        for key in incoming.keys:
            self._execute("INSERT OR IGNORE INTO sighting_keys VALUES (?, ?)", (key, incoming.seq))

    def record(
        self, seq: int, outcome: Outcome, article: str | None, match: Match | None, reason: str
    ) -> None:
        """See SeenState."""
        self._execute(
            "INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?, ?)",
            (seq, outcome, article, match.of if match else None, match.similarity if match else None, reason),
        )

    def reasons(self, seqs: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Outcome, other article, similarity and reason recorded for those lines of the log."""
        marks = ",".join("?" * len(seqs))
        rows = self._execute(
            f"SELECT seq, outcome, of, similarity, reason FROM outcomes WHERE seq IN ({marks})",  # noqa: S608 - marks are question marks
            tuple(seqs),
        )
        names = ("outcome", "of", "similarity", "reason")
        return {seq: dict(zip(names, rest, strict=True)) for seq, *rest in rows}

    def failures(self) -> Iterator[tuple[int, str]]:
        """Line of the log and reason of each item that ended as failed, oldest first."""
        yield from self._execute(
            "SELECT seq, reason FROM outcomes WHERE outcome = 'failed' AND outcome != 'new' ORDER BY seq"
        )

    def sightings(self) -> Iterator[dict[str, Any]]:
        """One record per item that came in, in the order of the log: what became of it, where it is now."""
        rows = self._execute(
            "SELECT o.seq, o.outcome, o.article, a.root, ifnull(b.root, o.of), o.similarity, o.reason, "
            "s.facts FROM outcomes o LEFT JOIN addresses a ON a.article = o.article "
            "LEFT JOIN addresses b ON b.article = o.of "  # the other may be part of a third by now
            "LEFT JOIN sightings s ON s.seq = o.seq ORDER BY o.seq"
        )
        for seq, outcome, article, root, of, similarity, reason, facts in rows:
            url = self._decode(facts).url if facts else None
            yield {
                "seq": seq,
                "id": article,
                "url": url,
                "outcome": outcome,
                "of": of,
                "similarity": similarity,
                "document": root,
                "reason": reason,
            }

    def outcomes(self) -> dict[Outcome, int]:
        """See SeenState."""
        (every, _), *others = self._execute(
            "SELECT (SELECT count(*) FROM outcomes), NULL UNION ALL "
            "SELECT count(*), outcome FROM outcomes WHERE outcome != 'new' GROUP BY outcome"
        )
        found: dict[Outcome, int] = {outcome: count for count, outcome in others}
        new = every - sum(found.values())
        return found | ({"new": new} if new else {})

    def groups(self) -> Iterator[tuple[str, Sequence[Sighting]]]:
        """See SeenState."""
        for (root,) in self._execute("SELECT DISTINCT root FROM addresses ORDER BY root").fetchall():
            yield root, self._members(root)
