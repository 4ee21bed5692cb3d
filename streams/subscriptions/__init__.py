"""The port of subscriptions: kept as people edit them, with every version they had.

Modules: `files` (embedded mode: one TOML file each, and a history beside it), `kafka` (distributed mode: a
compacted topic), `memory` (tests). Whoever runs asks for `all` again when `stamp` changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ..core.alerts.records import Subscription


class SubscriptionStore(Protocol):
    """Where subscriptions are kept."""

    def stamp(self) -> object:
        """Changes whenever a subscription did; cheap to ask for every second."""

    def all(self) -> Sequence[Subscription]:
        """Every subscription, by id; of one that cannot be read, `problems` tells."""

    def problems(self) -> Sequence[str]:
        """A sentence for each that cannot be read, with file and line."""

    def get(self, id: str) -> Subscription | None:  # noqa: A002
        """The subscription with this id or name."""

    def save(self, subscription: Subscription, by: str, now: datetime) -> Subscription:
        """Keep a new or changed subscription; it comes back with version, `changed_at`, `changed_by`.

        Saving what is there already makes no version. Raises UserError for one that cannot be followed, and
        ChangedMeanwhile for one made from a version (as `get` gave it) that is not the newest any more.
        """

    def remove(self, id: str, by: str, now: datetime) -> bool:  # noqa: A002
        """Take it off; its history and alerts stay. False when there is none."""

    def history(self, id: str) -> Sequence[tuple[Subscription, str]]:  # noqa: A002
        """Every version, oldest first, each with what changed in it, in words; also of one removed."""
