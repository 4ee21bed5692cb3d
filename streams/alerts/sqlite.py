"""AlertStore in SQLite: `alerts.db` beside an embedded store, or beside a worker's partition.

    facts      document -> what is known of it, as far as any subscription matches it
    matches    subscription, document -> which clauses, with quotes
    leads      documents that open a story, matched or not
    followed   subscriptions, and since when
    hushed     alerts that are never raised
    alerts     alerts raised, by `seq`

The tables of messages on their way out (`streams.outbox.sqlite`) stand in the same file and read `alerts`.
Moments are microseconds since the epoch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

import msgspec

from connectors.database import Database, Schema
from connectors.errors import UserError
from connectors.publish.log import microseconds, moment

from ..core.alerts.records import Alert, Fact, Matched
from . import Followed, Raised

SCHEMA = Schema(
    "alerts",
    (
        """
        CREATE TABLE cursors (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE facts (
            id TEXT PRIMARY KEY, at INTEGER NOT NULL,
            fact BLOB NOT NULL          -- Fact as MessagePack, without `matched`
        ) STRICT;
        CREATE INDEX facts_at ON facts (at);
        CREATE TABLE matches (
            subscription TEXT, at INTEGER, id TEXT,
            matched BLOB NOT NULL,      -- Matched as MessagePack
            PRIMARY KEY (subscription, at, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX matches_id ON matches (id, subscription);
        CREATE TABLE leads (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX leads_at ON leads (at, id);
        CREATE TABLE followed (
            subscription TEXT PRIMARY KEY,
            asked TEXT NOT NULL, since INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE hushed (
            subscription TEXT, id TEXT, PRIMARY KEY (subscription, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE alerts (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            subscription TEXT NOT NULL,
            at INTEGER NOT NULL,        -- Alert.when
            raised INTEGER NOT NULL,
            withdrawn TEXT NOT NULL DEFAULT '',
            instead_of TEXT NOT NULL DEFAULT '',
            alert BLOB NOT NULL         -- Alert as MessagePack
        ) STRICT;
        CREATE INDEX alerts_subscription ON alerts (subscription, seq);
        CREATE INDEX alerts_raised ON alerts (raised);
        """,
        """
        ALTER TABLE alerts ADD COLUMN first BLOB;  -- as it was raised, where `alert` is something else by now
        """,
    ),
)

_encode = msgspec.msgpack.Encoder().encode
_fact = msgspec.msgpack.Decoder(Fact).decode
_matched = msgspec.msgpack.Decoder(Matched).decode
_alert = msgspec.msgpack.Decoder(Alert).decode

_FACTS = "SELECT f.fact, m.matched FROM matches m JOIN facts f USING (id) WHERE m.subscription = ?"
_RAISED = "SELECT alert, seq, raised, withdrawn, instead_of, first FROM alerts"
_MIN_PREFIX = 4


class SqliteAlertStore:
    """See AlertStore; over a Database opened with SCHEMA, `shared` where several processes write it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._connection = database.connection

    def transaction(self) -> AbstractContextManager[object]:
        """See AlertStore."""
        return self.database.transaction()

    def cursor(self, name: str) -> int:
        """See AlertStore."""
        row = self._connection.execute("SELECT value FROM cursors WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def advance(self, name: str, cursor: int) -> None:
        """See AlertStore."""
        self._connection.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (name, cursor))

    def put_facts(self, facts: Iterable[Fact], subscription: str | None = None) -> None:
        """See AlertStore."""
        latest = {fact.id: fact for fact in facts}
        with self.database.transaction() as connection:
            self.put_leads((one.when, one.id) for one in latest.values() if one.role == "lead")
            connection.executemany(
                "DELETE FROM leads WHERE id = ?", [(one.id,) for one in latest.values() if one.role != "lead"]
            )
            self._drop_matches(latest, subscription)
            connection.executemany(
                "INSERT OR REPLACE INTO facts VALUES (?, ?, ?)",
                [
                    (one.id, microseconds(one.moment), _encode(replace(one, matched=())))
                    for one in latest.values()
                    if one.matched or subscription is not None
                ],
            )
            connection.executemany(
                "INSERT INTO matches VALUES (?, ?, ?, ?)",
                [
                    (own.subscription, microseconds(one.moment), one.id, _encode(own))
                    for one in latest.values()
                    for own in one.matched
                    if subscription in (None, own.subscription)
                ],
            )
            self._drop_unmatched(latest)

    def _drop_matches(self, ids: Iterable[str], subscription: str | None) -> None:
        self._connection.execute(
            "DELETE FROM matches WHERE id IN (SELECT value FROM json_each(?))"
            " AND ifnull(subscription = ?, TRUE)",
            (json.dumps(list(ids)), subscription),
        )

    def _drop_unmatched(self, ids: Iterable[str]) -> None:
        self._connection.execute(
            "DELETE FROM facts WHERE id IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM matches m WHERE m.id = facts.id)",
            (json.dumps(list(ids)),),
        )

    def drop_facts(self, documents: Iterable[str]) -> None:
        """See AlertStore."""
        ids = json.dumps(list(documents))
        with self.database.transaction() as connection:
            for table in ("matches", "facts", "leads"):
                connection.execute(
                    f"DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608
                    (ids,),
                )

    def drop_before(self, moment: datetime) -> None:
        """See AlertStore."""
        at = (microseconds(moment),)
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM matches WHERE id IN (SELECT id FROM facts WHERE at < ?)", at)
            connection.execute("DELETE FROM facts WHERE at < ?", at)
            connection.execute("DELETE FROM leads WHERE at < ?", at)

    def fact(self, document: str) -> Fact | None:
        """See AlertStore."""
        row = self._connection.execute("SELECT fact FROM facts WHERE id = ?", (document,)).fetchone()
        if row is None:
            return None
        own = self._connection.execute(
            "SELECT matched FROM matches WHERE id = ? ORDER BY subscription", (document,)
        )
        return replace(_fact(row[0]), matched=tuple(_matched(matched) for (matched,) in own))

    def facts(self, subscription: str) -> Iterator[Fact]:
        """See AlertStore."""
        rows = self._connection.execute(f"{_FACTS} ORDER BY m.at, m.id", (subscription,))
        return (replace(_fact(fact), matched=(_matched(matched),)) for fact, matched in rows)

    def followed(self) -> Mapping[str, Followed]:
        """See AlertStore."""
        rows = self._connection.execute("SELECT subscription, asked, since FROM followed")
        return {name: Followed(asked=asked, since=moment(since)) for name, asked, since in rows}

    def follow(self, subscription: str, followed: Followed) -> None:
        """See AlertStore."""
        self._connection.execute(
            "INSERT OR REPLACE INTO followed VALUES (?, ?, ?)",
            (subscription, followed.asked, microseconds(followed.since)),
        )

    def forget(self, subscription: str) -> None:
        """See AlertStore."""
        with self.database.transaction() as connection:
            rows = connection.execute("SELECT id FROM matches WHERE subscription = ?", (subscription,))
            ids = [id_ for (id_,) in rows]
            for table in ("matches", "hushed", "followed"):
                connection.execute(f"DELETE FROM {table} WHERE subscription = ?", (subscription,))  # noqa: S608
            self._drop_unmatched(ids)

    def hush(self, subscription: str, alerts: Iterable[str]) -> None:
        """See AlertStore."""
        with self.database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO hushed VALUES (?, ?)", [(subscription, id_) for id_ in alerts]
            )

    def hushed(self, subscription: str, alerts: Iterable[str]) -> set[str]:
        """See AlertStore."""
        rows = self._connection.execute(
            "SELECT id FROM hushed WHERE subscription = ? AND id IN (SELECT value FROM json_each(?))",
            (subscription, json.dumps(list(alerts))),
        )
        return {id_ for (id_,) in rows}

    def leads(self, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
        """See AlertStore."""
        rows = self._connection.execute(
            "SELECT at, id FROM leads WHERE at >= ? AND at < ? ORDER BY at, id",
            (microseconds(since), microseconds(until)),
        )
        return [(moment(at), id_) for at, id_ in rows]

    def lead_times(self, documents: Iterable[str]) -> Mapping[str, datetime]:
        """See AlertStore."""
        rows = self._connection.execute(
            "SELECT id, at FROM leads WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(documents)),),
        )
        return {id_: moment(at) for id_, at in rows}

    def put_leads(self, leads: Iterable[tuple[datetime, str]]) -> None:
        """See AlertStore."""
        with self.database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO leads VALUES (?, ?)", [(id_, microseconds(at)) for at, id_ in leads]
            )

    def raise_(
        self, alerts: Iterable[Alert], now: datetime, moved: Mapping[str, str] | None = None
    ) -> list[Raised]:
        """See AlertStore."""
        kept = []
        with self.database.transaction() as connection:
            for one in alerts:
                before = (moved or {}).get(one.id, "")
                row = connection.execute(
                    "INSERT INTO alerts (id, subscription, at, raised, instead_of, alert)"
                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING seq",
                    (
                        one.id,
                        one.subscription,
                        microseconds(one.when),
                        microseconds(now),
                        before,
                        _encode(one),
                    ),
                ).fetchone()
                if row:
                    kept.append(Raised(alert=one, seq=row[0], raised=now, instead_of=before))
        return kept

    def revise(self, alerts: Iterable[Alert]) -> None:
        """See AlertStore."""
        with self.database.transaction() as connection:
            for one in alerts:
                row = connection.execute("SELECT alert FROM alerts WHERE id = ?", (one.id,)).fetchone()
                if row and (now := replace(one, version=_alert(row[0]).version)) != _alert(row[0]):
                    connection.execute(
                        "UPDATE alerts SET first = ifnull(first, alert), alert = ? WHERE id = ?",
                        (_encode(now), one.id),
                    )

    def withdraw(self, why: str, ids: Iterable[str]) -> None:
        """See AlertStore."""
        with self.database.transaction() as connection:
            connection.executemany(
                "UPDATE alerts SET withdrawn = ? WHERE id = ?", [(why, id_) for id_ in ids]
            )

    def get(self, id: str) -> Raised | None:  # noqa: A002 - the word of the port
        """See AlertStore."""
        condition = "id = ?" if len(id) < _MIN_PREFIX else "id >= ? AND id < ?"
        given = (id,) if len(id) < _MIN_PREFIX else (id, id + "\U0010ffff")
        rows = self._connection.execute(f"{_RAISED} WHERE {condition} LIMIT 2", given).fetchall()
        if len(rows) > 1:
            raise UserError(f"Several alerts have an id that begins with {id}; give more of it.")
        return _raised(rows[0]) if rows else None

    def list(
        self,
        *,
        subscription: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int | None = None,
        newest_first: bool = True,
        limit: int = 100,
    ) -> Sequence[Raised]:
        """See AlertStore."""
        asked: Sequence[tuple[str, str | int | None]] = (
            ("subscription = ?", subscription),
            ("raised >= ?", None if since is None else microseconds(since)),
            ("raised < ?", None if until is None else microseconds(until)),
            ("seq < ?" if newest_first else "seq > ?", after),
        )
        where = " AND ".join(sql for sql, value in asked if value is not None) or "TRUE"
        rows = self._connection.execute(
            f"{_RAISED} WHERE {where} ORDER BY seq {'DESC' if newest_first else 'ASC'} LIMIT ?",
            (*(value for _, value in asked if value is not None), limit),
        )
        return [_raised(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """See AlertStore."""
        return dict(
            self._connection.execute(
                "SELECT subscription, sum(withdrawn = '') FROM alerts"
                " GROUP BY subscription ORDER BY subscription"
            ).fetchall()
        )


def _raised(row: tuple[bytes, int, int, str, str, bytes | None]) -> Raised:
    alert, seq, raised, withdrawn, instead_of, first = row
    return Raised(
        alert=_alert(alert),
        seq=seq,
        raised=moment(raised),
        withdrawn=withdrawn,
        instead_of=instead_of,
        first=None if first is None else _alert(first),
    )
