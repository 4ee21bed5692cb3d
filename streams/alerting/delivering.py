"""The deliverer: messages leave through their channels, each until it has arrived or is given up.

    outbox ─► claim ─► compose ─► channel ─► settle

A crash between sending and settling sends a message again, with the same id. Claims run out later than any
try may take, so nobody else sends it meanwhile; any number of processes may deliver from one outbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.errors import BiowireError, UserError

from ..channels import Channel, Later, Never
from ..core.alerts.message import Message
from ..core.alerts.planning import Dropped, standing
from ..core.alerts.records import Delivery, DeliveryState, Subscription
from ..core.alerts.retrying import Patience, wait
from ..outbox import Outbox
from .planning import CurrentSubscriptions

Clock = Callable[[], datetime]
Compose = Callable[[Delivery, Subscription], Message]
ChannelFor = Callable[[str], Channel]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How messages are sent. Seconds, where not said otherwise."""

    at_once: int = 8
    """Messages on their way at the same time, each to another receiver."""
    most: float = 60.0
    """One try, the making up of the message included."""
    lease: timedelta = timedelta(seconds=120)
    """How long a claim binds; more than `most`."""
    grace: float = 5.0
    """What is under way when we are told to stop has this long to finish."""
    poll: float = 1.0
    """Between two looks at what waits, and at what others may have queued."""
    unreadable: timedelta = timedelta(minutes=1)
    """Until a subscription whose file cannot be read is looked at again."""
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How a try went."""

    state: DeliveryState
    error: str = ""
    due: datetime | None = None
    uncertain: bool = False
    """It may have arrived although it is tried again."""
    paused_until: datetime | None = None
    """The receiver asks for quiet until then."""


class Deliverer:
    """Sends what is due."""

    def __init__(
        self,
        outbox: Outbox,
        subscriptions: CurrentSubscriptions,
        compose: Compose,
        channel_for: ChannelFor,
        *,
        worker: str,
        terms: Terms | None = None,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        """`worker`: a name no other deliverer has."""
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._compose = compose
        self._channel_for = channel_for
        self._worker = worker
        self._terms = terms or Terms()
        self._clock = clock
        self._claims = 0
        self._sending: set[asyncio.Task[None]] = set()
        self.settled: Counter[str] = Counter()
        """Tries by what became of the message: delivered, pending, failed, muted."""

    async def run_once(self) -> None:
        """Send everything that is due."""
        self._subscriptions.refresh()
        while self._start() or self._sending:
            await self._next()

    async def run(self, stop: asyncio.Event) -> None:
        """Send what falls due until told to stop; what is under way then has `grace` to finish."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._start()
                await self._next(stopped)
        finally:
            stopped.cancel()
            await self._end()

    def _start(self) -> int:
        free = self._terms.at_once - len(self._sending)
        if free <= 0:
            return 0
        self._claims += 1
        token = f"{self._worker}/{self._claims}"
        claimed = self._outbox.claim(token, self._clock(), self._terms.lease, free)
        for delivery in claimed:
            self._sending.add(asyncio.create_task(self._deliver(delivery, token)))
        return len(claimed)

    async def _next(self, stopped: asyncio.Task[bool] | None = None) -> None:
        """Wait until a message is settled, one falls due, or it is time to look what others queued."""
        due = self._outbox.next_due()
        until_due = self._terms.poll if due is None else (due - self._clock()).total_seconds()
        awaited = {*self._sending, *([stopped] if stopped else [])}
        pause = min(max(until_due, self._terms.poll / 10), self._terms.poll)
        done, _ = await asyncio.wait(awaited, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        for task in done & self._sending:
            self._sending.discard(task)
            task.result()

    async def _end(self) -> None:
        if self._sending:
            await asyncio.wait(self._sending, timeout=self._terms.grace)
        for task in self._sending:
            task.cancel()
        ended = await asyncio.gather(*self._sending, return_exceptions=True)
        self._sending.clear()
        for cause in ended:
            if isinstance(cause, Exception):
                _log.error("message not settled", exc_info=cause)

    async def _deliver(self, delivery: Delivery, token: str) -> None:
        try:
            outcome = await self._attempt(delivery)
        except asyncio.CancelledError:
            self._settle(delivery, token, self._again(delivery, Later("We were stopped.", uncertain=True)))
            raise
        self._settle(delivery, token, outcome)

    async def _attempt(self, delivery: Delivery) -> _Outcome:
        """One try. Whatever goes wrong in it is an outcome, so that nothing is lost by a slip of our own."""
        now = self._clock()
        try:
            subscription = self._subscriptions.get(delivery.subscription)
        except UserError:
            return _Outcome(state="pending", due=now + self._terms.unreadable)
        stands = standing(delivery, subscription, now)
        if isinstance(stands, Dropped) or subscription is None:
            return _Outcome(state="muted", error=stands.why if isinstance(stands, Dropped) else "")
        if stands > now:
            return _Outcome(state="pending", due=stands)
        if delivery.tries > self._terms.patience.tries:
            return _Outcome(state="failed", error="Whoever tried ended before there was an answer.")
        try:
            async with asyncio.timeout(self._terms.most):
                message = self._compose(delivery, subscription)
                await self._channel_for(delivery.channel).send(message)
        except Never as cause:
            return _Outcome(state="failed", error=str(cause))
        except Later as cause:
            return self._again(delivery, cause)
        except TimeoutError:
            return self._again(delivery, Later("There was no answer in time.", uncertain=True))
        except BiowireError as cause:  # a setting that is wrong, which somebody may put right
            return self._again(delivery, Later(str(cause)))
        except Exception as cause:  # noqa: BLE001 - the outer wall of one message
            _log.exception("message not sent", extra=_about(delivery))
            said = f"It could not be sent for a reason of our own ({type(cause).__name__}); see the log."
            return self._again(delivery, Later(said, uncertain=True))
        return _Outcome(state="delivered")

    def _again(self, delivery: Delivery, cause: Later) -> _Outcome:
        now = self._clock()
        pause = wait(delivery.id, delivery.tries, cause.after, self._terms.patience)
        if pause is None:
            return _Outcome(state="failed", error=str(cause))
        asked = None if cause.after is None else now + min(cause.after, self._terms.patience.asked)
        return _Outcome(
            state="pending",
            error=str(cause) or "It did not work.",
            due=now + pause,
            uncertain=cause.uncertain,
            paused_until=asked,
        )

    def _settle(self, delivery: Delivery, token: str, outcome: _Outcome) -> None:
        now = self._clock()
        with self._outbox.transaction():
            ours = self._outbox.settle(
                delivery.id,
                token,
                outcome.state,
                now,
                due=outcome.due,
                error=outcome.error,
                uncertain=outcome.uncertain,
            )
            if ours and outcome.paused_until is not None:
                self._outbox.hold(delivery.channel, outcome.paused_until)
        if not ours:
            _log.warning("claim lost", extra=_about(delivery))
            return
        self.settled[outcome.state] += 1
        self._tell(delivery, outcome)

    def _tell(self, delivery: Delivery, outcome: _Outcome) -> None:
        extra = _about(delivery) | {"alerts": len(delivery.alerts), "tries": delivery.tries}
        if outcome.state == "delivered":
            _log.info("message delivered", extra=extra)
        elif outcome.error:
            _log.warning("message %s", outcome.state, extra=extra | {"reason": outcome.error})


def _about(delivery: Delivery) -> dict[str, str]:
    """For the log: an address may be a secret, its scheme is none."""
    return {
        "delivery": delivery.id,
        "subscription": delivery.subscription,
        "channel": delivery.channel.partition(":")[0],
    }
