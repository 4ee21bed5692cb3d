"""What a delivery says: its alerts, fetched from the store, with what is needed to read them rightly.

delivery ─► alerts, counts of the last periods, sources out of reach ─► composing.compose ─► message
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from connectors.state import FeedState

from ..alerts import AlertStore
from ..core.alerts.addresses import Sign
from ..core.alerts.composing import compose
from ..core.alerts.message import Message
from ..core.alerts.records import Delivery, Subscription
from ..core.alerts.rhythm import spans

_NAMED = 5
"""Sources out of reach that are named; the others are counted."""


class Messages:
    """Makes up messages from an alert store."""

    def __init__(
        self,
        store: AlertStore,
        *,
        base_url: str,
        sign: Sign,
        feeds: Callable[[], Sequence[FeedState]],
    ) -> None:
        """`feeds`: every feed with its health, as it is now."""
        self._store = store
        self._base_url = base_url
        self._sign = sign
        self._feeds = feeds

    def compose(self, delivery: Delivery, subscription: Subscription) -> Message:
        """The message. Alerts withdrawn since it was queued are in it all the same: queued is told.

        They say what they said when they were raised, so that a message sent again is the same.
        """
        raised = (self._store.get(id_) for id_ in delivery.alerts)
        return compose(
            delivery,
            [one.first or one.alert for one in raised if one is not None],
            subscription,
            base_url=self._base_url,
            sign=self._sign,
            notices=() if delivery.period is None else out_of_reach(self._feeds(), delivery.period),
            counts=self._counts(delivery, subscription),
        )

    def _counts(self, delivery: Delivery, subscription: Subscription) -> tuple[tuple[datetime, int], ...]:
        if delivery.period is None or subscription.rhythm.every == "now":
            return ()
        until = delivery.period[1]
        begins = spans(subscription.rhythm, until)
        moments = (fact.moment for fact in self._store.facts(subscription.id))
        counted = Counter(
            bisect_right(begins, moment) - 1 for moment in moments if begins[0] <= moment < until
        )
        return tuple((begin, counted[place]) for place, begin in enumerate(begins))


def out_of_reach(feeds: Iterable[FeedState], period: tuple[datetime, datetime]) -> tuple[str, ...]:
    """A sentence on the sources that failed since before the period's end, and still do."""
    feeds = list(feeds)
    failing = [
        known
        for known in feeds
        if known.state.failing_since is not None and known.state.failing_since < period[1]
    ]
    if not failing:
        return ()
    names = sorted({known.feed.title or known.feed.url for known in failing})
    others = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    said = f"{len(failing)} of {len(feeds)} feeds could not be read, so news of theirs may be missing here: "
    return (f"{said}{', '.join(names[:_NAMED])}{others}.",)
