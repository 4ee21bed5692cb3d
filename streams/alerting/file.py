"""`alerts.db`, beside the store of an embedded instance: the alerts, and the messages on their way out.

Several processes write it, each for moments: the stage, deliverers, commands, the API.
"""

from __future__ import annotations

from pathlib import Path

from connectors.database import Database, Schema

from ..alerts import sqlite as alert_tables
from ..outbox import sqlite as outbox_tables

SCHEMAS: tuple[Schema, ...] = (alert_tables.SCHEMA, outbox_tables.SCHEMA)


def alerts_file(store: Path) -> Path:
    """Where the alerts of a store are kept."""
    return store.with_name("alerts.db")


def open_alerts(path: Path) -> Database:
    """Open the file for reading and writing, making it where it is missing. Raises StoreError."""
    return Database(path, SCHEMAS, shared=True)
