"""The port of messages on their way out: each is claimed by one worker at a time until it is settled.

    pending ─► sending ─► delivered
       ▲          │  ├──► failed     (tries spent, or refused for good: listed, retried on demand)
       │          │  └──► muted      (not wanted any more)
       └──────────┘ later            (with back-off)

Modules: `sqlite` (the same file as the alert store), `memory` (tests). A claim that runs out, because its
worker died, makes the delivery pending again: it may have arrived already, so receivers are given its id.
Several processes may plan and deliver from one outbox at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from ..core.alerts.planning import Waiting
from ..core.alerts.records import Delivery, DeliveryState


class Outbox(Protocol):
    """What planner and deliverer share."""

    def transaction(self) -> AbstractContextManager[object]:
        """All or nothing, and nobody else writes meanwhile. Joins the one already open."""

    def channels(self) -> Sequence[tuple[str, str]]:
        """Subscription and channel of each pair that is open."""

    def open_channel(self, subscription: str, channel: str, since: datetime) -> None:
        """Tell the channel of the subscription's alerts from now on, and of those raised at `since` or later.

        Nothing changes when it is open.
        """

    def close_channel(self, subscription: str, channel: str) -> None:
        """Tell it of no more; what waits for it is forgotten, what is queued stays."""

    def waiting_channels(self) -> Sequence[tuple[str, str]]:
        """Subscription and channel of each open pair for which alerts wait."""

    def waiting(self, subscription: str, channel: str) -> Sequence[Waiting]:
        """Alerts that no delivery to the channel holds yet and that are not withdrawn, in canonical order."""

    def last(self, subscription: str, channel: str) -> Delivery | None:
        """The delivery queued last, without its alerts."""

    def queue(self, delivery: Delivery) -> bool:
        """Keep a new delivery with its alerts; False when it, or one of them, is queued for the channel."""

    def claim(self, worker: str, now: datetime, lease: timedelta, limit: int = 10) -> Sequence[Delivery]:
        """Take deliveries that are due, oldest first; nobody else gets them before `now + lease`.

        At most one for each receiver (`planning.receiver`), and none for one that a claim is busy with.
        A claim counts as a try; one that ran out counts as `repeated` too. `worker` has to be another for
        each call, or a settlement that comes too late could not be told from one in time.
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
        """End a claim; False when it had run out and another has it or had it.

        `uncertain`: it may have arrived. `pending` without an error puts it back: nothing was tried.
        """

    def hold(self, channel: str, until: datetime) -> None:
        """The receiver asks for a pause: nothing pending for the channel is due before that."""

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
        """When the next pending delivery falls due, or a claim runs out; in the past when one has."""
