"""Outbox on the alert store's SQLite file. Several processes plan and deliver from it at once.

Work lists, not scans: a trigger lays each new alert down for every open channel, and queueing takes it up, so
that what is looked at does not grow with what was ever sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from connectors.database import Database, Schema
from connectors.publish.log import microseconds, moment

from ..core.alerts.planning import Waiting, receiver
from ..core.alerts.records import Delivery, DeliveryState

SCHEMA = Schema(
    "outbox",
    (
        """
        -- Times are microseconds since the epoch, UTC.
        CREATE TABLE channels (
            subscription TEXT,
            channel TEXT,
            PRIMARY KEY (subscription, channel)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE waiting_alerts (
            subscription TEXT,
            channel TEXT,
            alert TEXT,
            PRIMARY KEY (subscription, channel, alert)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER alert_waits AFTER INSERT ON alerts BEGIN
            INSERT OR IGNORE INTO waiting_alerts
                SELECT subscription, channel, NEW.id FROM channels WHERE subscription = NEW.subscription;
        END;
        CREATE TABLE deliveries (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            subscription TEXT NOT NULL,
            channel TEXT NOT NULL,
            receiver TEXT NOT NULL,     -- see planning.receiver
            since INTEGER,              -- of a digest
            until INTEGER,
            state TEXT NOT NULL,
            queued INTEGER NOT NULL,
            due INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            error TEXT NOT NULL,
            delivered INTEGER,
            repeated INTEGER NOT NULL,
            worker TEXT NOT NULL,       -- whose claim it is
            free INTEGER                -- when it may be claimed: due, or the end of the claim; null: settled
        ) STRICT;
        CREATE INDEX deliveries_free ON deliveries (receiver, free) WHERE free IS NOT NULL;
        CREATE INDEX deliveries_channel ON deliveries (subscription, channel, seq);
        CREATE INDEX deliveries_state ON deliveries (state, seq);
        CREATE TABLE delivery_alerts (
            alert TEXT,
            channel TEXT,
            delivery TEXT NOT NULL,
            place INTEGER NOT NULL,
            PRIMARY KEY (alert, channel)  -- no alert twice to a channel
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX delivery_alerts_delivery ON delivery_alerts (delivery, place);
        """,
    ),
)

_COLUMNS = "id, subscription, channel, since, until, state, queued, due, tries, error, delivered, repeated"


class SqliteOutbox:
    """Outbox on tables of the alert store's database, which has to have that store's tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._execute = database.connection.execute

    def transaction(self) -> AbstractContextManager[object]:
        """See Outbox."""
        return self._database.transaction()

    def channels(self) -> Sequence[tuple[str, str]]:
        """See Outbox."""
        return self._execute("SELECT subscription, channel FROM channels").fetchall()

    def open_channel(self, subscription: str, channel: str, since: datetime) -> None:
        """See Outbox."""
        with self.transaction():
            fresh = self._execute(
                "INSERT OR IGNORE INTO channels VALUES (?, ?)", (subscription, channel)
            ).rowcount
            if fresh:
                self._execute(
                    "INSERT OR IGNORE INTO waiting_alerts SELECT subscription, ?, id FROM alerts "
                    "WHERE subscription = ? AND raised >= ? AND NOT EXISTS "
                    "(SELECT 1 FROM delivery_alerts d WHERE d.alert = alerts.id AND d.channel = ?)",
                    (channel, subscription, microseconds(since), channel),
                )

    def close_channel(self, subscription: str, channel: str) -> None:
        """See Outbox."""
        with self.transaction():
            for table in ("channels", "waiting_alerts"):
                self._execute(
                    f"DELETE FROM {table} WHERE subscription = ? AND channel = ?",  # noqa: S608 - ours
                    (subscription, channel),
                )

    def waiting_channels(self) -> Sequence[tuple[str, str]]:
        """See Outbox."""
        return self._execute(
            "SELECT subscription, channel FROM channels c WHERE EXISTS (SELECT 1 FROM waiting_alerts w "
            "JOIN alerts a ON a.id = w.alert AND a.withdrawn = '' "
            "WHERE w.subscription = c.subscription AND w.channel = c.channel)"
        ).fetchall()

    def waiting(self, subscription: str, channel: str) -> Sequence[Waiting]:
        """See Outbox."""
        with self.transaction():
            self._forget_told(subscription, channel)
            rows = self._execute(
                "SELECT a.id, a.at, a.raised FROM waiting_alerts w JOIN alerts a ON a.id = w.alert "
                "WHERE w.subscription = ? AND w.channel = ? AND a.withdrawn = '' ORDER BY a.at, a.id",
                (subscription, channel),
            )
            return [
                Waiting(alert=alert, when=moment(when), raised=moment(raised)) for alert, when, raised in rows
            ]

    def _forget_told(self, subscription: str, channel: str) -> None:
        """Who was told of an alert is not told of the one that took its place, over however many steps."""
        rows = self._execute(
            "SELECT a.id, a.instead_of FROM waiting_alerts w JOIN alerts a ON a.id = w.alert "
            "WHERE w.subscription = ? AND w.channel = ? AND a.instead_of != ''",
            (subscription, channel),
        ).fetchall()
        for alert, earlier in rows:
            if self._told(earlier, channel):
                self._execute(
                    "DELETE FROM waiting_alerts WHERE subscription = ? AND channel = ? AND alert = ?",
                    (subscription, channel, alert),
                )

    def _told(self, alert: str, channel: str) -> bool:
        row = self._execute(
            "WITH RECURSIVE earlier (id) AS (VALUES (?) UNION SELECT alerts.instead_of FROM earlier "
            "JOIN alerts ON alerts.id = earlier.id WHERE alerts.instead_of != '') "
            "SELECT 1 FROM earlier JOIN delivery_alerts d ON d.alert = earlier.id AND d.channel = ? LIMIT 1",
            (alert, channel),
        ).fetchone()
        return row is not None

    def last(self, subscription: str, channel: str) -> Delivery | None:
        """See Outbox."""
        row = self._execute(
            f"SELECT {_COLUMNS} FROM deliveries WHERE subscription = ? AND channel = ? "  # noqa: S608 - ours
            "ORDER BY seq DESC LIMIT 1",
            (subscription, channel),
        ).fetchone()
        return _delivery(row, ()) if row else None

    def queue(self, delivery: Delivery) -> bool:
        """See Outbox."""
        with self.transaction():
            if self._known(delivery):
                return False
            self._insert(delivery)
            for place, alert in enumerate(delivery.alerts):
                self._execute(
                    "INSERT INTO delivery_alerts VALUES (?, ?, ?, ?)",
                    (alert, delivery.channel, delivery.id, place),
                )
                self._execute(
                    "DELETE FROM waiting_alerts WHERE subscription = ? AND channel = ? AND alert = ?",
                    (delivery.subscription, delivery.channel, alert),
                )
        return True

    def _known(self, delivery: Delivery) -> bool:
        if self._execute("SELECT 1 FROM deliveries WHERE id = ?", (delivery.id,)).fetchone():
            return True
        held = "SELECT 1 FROM delivery_alerts WHERE alert = ? AND channel = ?"
        return any(self._execute(held, (alert, delivery.channel)).fetchone() for alert in delivery.alerts)

    def _insert(self, delivery: Delivery) -> None:
        since, until = delivery.period or (None, None)
        row: dict[str, Any] = {
            "id": delivery.id,
            "subscription": delivery.subscription,
            "channel": delivery.channel,
            "receiver": receiver(delivery.channel),
            "since": microseconds(since) if since else None,
            "until": microseconds(until) if until else None,
            "state": delivery.state,
            "queued": microseconds(delivery.queued or delivery.due),
            "due": microseconds(delivery.due),
            "tries": delivery.tries,
            "error": delivery.error,
            "delivered": microseconds(delivery.delivered) if delivery.delivered else None,
            "repeated": delivery.repeated,
            "worker": "",
            "free": microseconds(delivery.due) if delivery.state in {"pending", "sending"} else None,
        }
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self._execute(f"INSERT INTO deliveries ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - ours

    def claim(self, worker: str, now: datetime, lease: timedelta, limit: int = 10) -> Sequence[Delivery]:
        """See Outbox."""
        times = {
            "now": microseconds(now),
            "end": microseconds(now + lease),
            "absurd": microseconds(now + 2 * lease),
        }
        with self.transaction():
            due = self._execute(
                """
                SELECT seq, min(free) FROM deliveries WHERE free IS NOT NULL
                    AND (free <= :now OR (state = 'sending' AND free > :absurd))
                    AND receiver NOT IN (SELECT receiver FROM deliveries WHERE free IS NOT NULL
                        AND state = 'sending' AND free > :now AND free <= :absurd)
                GROUP BY receiver ORDER BY min(free), seq LIMIT :limit
                """,  # absurd: the clock was put back since that claim, which would never run out
                {**times, "limit": limit},
            ).fetchall()
            for seq, _ in due:
                self._execute(
                    "UPDATE deliveries SET repeated = repeated + (state = 'sending'), state = 'sending', "
                    "tries = tries + 1, worker = :worker, free = :end WHERE seq = :seq",
                    {**times, "worker": worker, "seq": seq},
                )
            return [self._one("seq = ?", seq) for seq, _ in due]

    def settle(
        self,
        delivery: str,
        worker: str,
        state: DeliveryState,
        now: datetime,
        *,
        due: datetime | None = None,
        error: str = "",
        uncertain: bool = False,
    ) -> bool:
        """See Outbox."""
        again = microseconds(due or now) if state == "pending" else None
        with self.transaction():
            return (
                self._execute(
                    "UPDATE deliveries SET state = :state, free = :again, due = coalesce(:again, due), "
                    "tries = tries - :untried, error = CASE WHEN :untried THEN error ELSE :error END, "
                    "delivered = :delivered, repeated = repeated + :uncertain, worker = '' "
                    "WHERE id = :id AND worker = :worker AND state = 'sending'",
                    {
                        "id": delivery,
                        "worker": worker,
                        "state": state,
                        "again": again,
                        "untried": state == "pending" and not error,
                        "error": error,
                        "delivered": microseconds(now) if state == "delivered" else None,
                        "uncertain": uncertain,
                    },
                ).rowcount
                > 0
            )

    def hold(self, channel: str, until: datetime) -> None:
        """See Outbox."""
        with self.transaction():
            self._execute(
                "UPDATE deliveries SET due = max(due, :until), free = max(free, :until) "
                "WHERE channel = :channel AND receiver = :receiver AND free < :until AND state = 'pending'",
                {"channel": channel, "receiver": receiver(channel), "until": microseconds(until)},
            )

    def retry(self, delivery: str, now: datetime) -> bool:
        """See Outbox."""
        with self.transaction():
            return (
                self._execute(
                    "UPDATE deliveries SET state = 'pending', tries = 0, due = ?, free = ? "
                    "WHERE id = ? AND state = 'failed'",
                    (microseconds(now), microseconds(now), delivery),
                ).rowcount
                > 0
            )

    def get(self, id: str) -> Delivery | None:  # noqa: A002
        """See Outbox."""
        found = self._execute("SELECT seq FROM deliveries WHERE id = ?", (id,)).fetchone()
        return self._one("seq = ?", found[0]) if found else None

    def of_alert(self, alert: str) -> Sequence[Delivery]:
        """See Outbox."""
        return self._many(
            "id IN (SELECT delivery FROM delivery_alerts WHERE alert = ?) ORDER BY seq", (alert,)
        )

    def list(
        self, *, subscription: str | None = None, state: DeliveryState | None = None, limit: int = 100
    ) -> Sequence[Delivery]:
        """See Outbox."""
        given = {"subscription": subscription, "state": state}
        asked = {name: value for name, value in given.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in asked) or "TRUE"
        return self._many(f"{where} ORDER BY seq DESC LIMIT ?", (*asked.values(), limit))

    def next_due(self) -> datetime | None:
        """See Outbox."""
        (free,) = self._execute("SELECT min(free) FROM deliveries WHERE free IS NOT NULL").fetchone()
        return None if free is None else moment(free)

    def _one(self, where: str, value: object) -> Delivery:
        return self._many(where, (value,))[0]

    def _many(self, where: str, values: Iterable[object]) -> Sequence[Delivery]:
        rows = self._execute(f"SELECT {_COLUMNS} FROM deliveries WHERE {where}", tuple(values)).fetchall()  # noqa: S608 - ours
        held = "SELECT alert FROM delivery_alerts WHERE delivery = ? ORDER BY place"
        return [
            _delivery(row, tuple(alert for (alert,) in self._execute(held, (row[0],)).fetchall()))
            for row in rows
        ]


def _delivery(row: tuple[Any, ...], alerts: tuple[str, ...]) -> Delivery:
    id_, subscription, channel, since, until, state, queued, due, tries, error, delivered, repeated = row
    return Delivery(
        id=id_,
        subscription=subscription,
        channel=channel,
        alerts=alerts,
        period=None if since is None else (moment(since), moment(until)),
        state=state,
        queued=moment(queued),
        due=moment(due),
        tries=tries,
        error=error,
        delivered=None if delivered is None else moment(delivered),
        repeated=repeated,
    )
