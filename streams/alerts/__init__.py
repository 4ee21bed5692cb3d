"""The port where the alert stage keeps what it knows: facts of matching documents, and alerts raised.

Modules: `sqlite` (both modes: a file beside the store, or beside a worker's partition), `memory` (tests).
Every writing method may be called again with the same records: nothing changes then. Several processes may
use one store at once; `transaction` keeps them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..core.alerts.records import Alert, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alert with what is not part of it: when we came to know, and whether it still holds."""

    alert: Alert
    seq: int
    """Rises with each alert raised; what pages and followers go by."""
    raised: datetime
    withdrawn: str = ""
    """Why it would not be raised any more, such as a late article; empty while it holds."""
    instead_of: str = ""
    """Id of the alert whose place it takes, because a late article moved it; who was told of one is not
    told of the other. See `folding.Changes.moved`."""
    first: Alert | None = None
    """As it was raised, where it says or shows something else by now; what messages say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How the stage follows a subscription."""

    asked: str
    """What of the subscription decides its alerts; when it changes, the past is looked at again, quietly."""
    since: datetime
    """Documents from before were not looked at when it began; what changes of them later raises nothing."""


class AlertStore(Protocol):
    """What the stage writes and people read."""

    def transaction(self) -> AbstractContextManager[object]:
        """All or nothing, and nobody else writes meanwhile. Joins the one already open."""

    def cursor(self, name: str) -> int:
        """How far the source of that name is worked; 0 at first."""

    def advance(self, name: str, cursor: int) -> None:
        """Remember how far."""

    def put_facts(self, facts: Iterable[Fact], subscription: str | None = None) -> None:
        """What is known of these documents now; what was known before is replaced, also in `leads`.

        With a `subscription` only what they say of it is; what was known of others stays.
        """

    def drop_facts(self, documents: Iterable[str]) -> None:
        """These documents are no more; unknown ids are ignored."""

    def drop_before(self, moment: datetime) -> None:
        """Documents from before are no more, for retention; alerts on them stay."""

    def fact(self, document: str) -> Fact | None:
        """What was put last of the document, if any subscription matched it then."""

    def facts(self, subscription: str) -> Iterator[Fact]:
        """Documents that the subscription matches, in canonical order; `matched` tells of it alone."""

    def followed(self) -> Mapping[str, Followed]:
        """Subscriptions the stage follows, by id."""

    def follow(self, subscription: str, followed: Followed) -> None:
        """Begin to follow a subscription, or change how."""

    def forget(self, subscription: str) -> None:
        """Drop everything that is known for a subscription that is edited or gone; its alerts stay."""

    def hush(self, subscription: str, alerts: Iterable[str]) -> None:
        """Never raise the alerts with these ids: they tell of what was there before it was followed."""

    def hushed(self, subscription: str, alerts: Iterable[str]) -> set[str]:
        """Those of the ids that are never raised."""

    def leads(self, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
        """Place of each document that opens a story, matched or not, by `when`, `until` exclusive; rising."""

    def lead_times(self, documents: Iterable[str]) -> Mapping[str, datetime]:
        """When those of the documents were published that open a story."""

    def put_leads(self, leads: Iterable[tuple[datetime, str]]) -> None:
        """These open a story, whatever else is known of them."""

    def raise_(
        self, alerts: Iterable[Alert], now: datetime, moved: Mapping[str, str] | None = None
    ) -> list[Raised]:
        """Keep those not raised before; return them. `moved`: id of a new one to `Raised.instead_of`."""

    def revise(self, alerts: Iterable[Alert]) -> None:
        """Let those raised say what is known now, under the version that raised them; others are ignored."""

    def withdraw(self, why: str, ids: Iterable[str]) -> None:
        """Say that these do not hold any more; an empty `why` says that they do again."""

    def get(self, id: str) -> Raised | None:  # noqa: A002
        """The alert with this id, or with an id that begins so (4 characters or more).

        Raises UserError when several begin so.
        """

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
        """Alerts by `seq`; `since` and `until` (exclusive) by the moment we came to know; `after`: a seq."""

    def counts(self) -> dict[str, int]:
        """How many alerts of each subscription that ever had one hold, by id of the subscription."""
