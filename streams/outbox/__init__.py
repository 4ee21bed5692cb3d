"""The port of messages on their way out: each is claimed by one worker at a time until it is settled.

    pending ─► sending ─► delivered
       ▲          │  └──► failed     (tries spent, or refused for good: listed, retried on demand)
       └──────────┘ later            (with back-off)

Modules: `sqlite` (the same file as the alert store), `memory` (tests). A claim that runs out, because its
worker died, makes the delivery pending again: it may have arrived already, so receivers are given its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from ..core.alerts.records import Alert, Delivery, DeliveryState


class Outbox(Protocol):
    """What planner and deliverer share."""

    def transaction(self) -> AbstractContextManager[object]:
        """All or nothing, and nobody else writes meanwhile. Joins the one already open."""

    def waiting(self, subscription: str, channel: str) -> Sequence[Alert]:
        """Alerts of the subscription that no delivery to the channel holds yet, in canonical order.

        Not among them: alerts raised before the channel was opened to (`open_channel`), alerts withdrawn, and
        those raised instead of one (`Raised.instead_of`, also over several steps) that a delivery holds.
        """

    def raised_at(self, alert: str) -> datetime:
        """When an alert was raised: the time that puts it into a period."""

    def open_channel(self, subscription: str, channel: str, now: datetime) -> datetime:
        """Since when the channel is told of the subscription's alerts; `now`, when it is new."""

    def queue(self, delivery: Delivery) -> bool:
        """Keep a new delivery with its alerts; False when it, or one of them, is queued for the channel."""

    def claim(self, worker: str, now: datetime, lease: timedelta, limit: int = 10) -> Sequence[Delivery]:
        """Take deliveries that are due, oldest first; nobody else gets them before `now + lease`.

        One whose claim ran out counts as tried.
        """

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
        """End a claim; False when it had run out and belongs to another. `uncertain`: it may have arrived."""

    def retry(self, delivery: str, now: datetime) -> bool:
        """Make a failed delivery pending again, its tries forgotten; False when it has not failed."""

    def get(self, id: str) -> Delivery | None:  # noqa: A002
        """The delivery with this id."""

    def of_alert(self, alert: str) -> Sequence[Delivery]:
        """Every delivery that holds the alert."""

    def list(
        self, *, subscription: str | None = None, state: DeliveryState | None = None, limit: int = 100
    ) -> Sequence[Delivery]:
        """Deliveries, newest first."""

    def next_due(self) -> datetime | None:
        """When the next pending delivery falls due, or a claim runs out."""
