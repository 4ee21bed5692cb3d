"""Which feeds are this process's: membership of the group that shares the partitions of the list out.

    group ─► partitions given ─► read whole ─► store.hold          ─► looks begin
          └► partitions taken ─► store.drop, looks ended, states written ─► the next one reads them
    list  ─► changes ─► store.apply

One thread speaks with Kafka; everything that touches the store is done in the event loop.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar

from .broker import Broker
from .errors import BiowireError, TransientError, UserError
from .feed_topics import Edit, edit_of, read_partitions
from .kafka_errors import reachable
from .publish.kafka import meaning
from .state.kafka import KafkaFeedStateStore
from .topic_writer import TopicWriter
from .topics import connectors_group, feeds

log = logging.getLogger(__name__)

SESSION = 10.0
"""Seconds after which the group gives the partitions of a member that was killed to others."""
HANDING_OVER = 3.0
"""Seconds a member that gives partitions up spends on writing their states; well below the session."""
_POLL = 500
"""Milliseconds."""
_AGAIN = 2.0
_LOOK = 2.5
_SAY_AGAIN = 60.0

_T = TypeVar("_T")


class FeedList:
    """`start` in the event loop that works the store; `stop` ends it there. Read-only for others."""

    def __init__(
        self,
        broker: Broker,
        store: KafkaFeedStateStore,
        writer: TopicWriter,
        *,
        member: str,
        changed: Callable[[], None],
        taken: Callable[[Collection[str]], None],
        pause: float,
    ) -> None:
        """`member`: a name kept over restarts. `changed`: feeds came or their times changed.

        `taken`: these feeds are someone else's now. `pause`: seconds before partitions that others had are
        worked, so that no host is asked by two in a row faster than it likes.
        """
        self._broker, self._store, self._writer, self._member = broker, store, writer, member
        self._changed, self._taken, self._pause = changed, taken, pause
        self._stopping = threading.Event()
        self._coming: dict[int, float] = {}
        """Partitions given to us and not held yet, with the time from which they may be worked."""
        self._lock = threading.Lock()
        self._met = False
        self._waits = "the group of connectors"
        self._suspended: set[int] = set()
        self._member_at = self._looked_at = time.monotonic()
        self._said = float("-inf")
        self._failed: UserError | None = None
        self._ready = asyncio.Event()
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="feed list", daemon=True)

    @property
    def waits(self) -> str:
        """What it waits for, in words; empty while it is a member of the group."""
        return self._waits

    def start(self) -> None:
        """Join the group."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def ready(self) -> None:
        """Wait for the first partitions, or for `ended`."""
        await self._ready.wait()

    async def ended(self) -> None:
        """Return when it was stopped; raise UserError when it cannot go on."""
        await self._ended.wait()
        if self._failed:
            raise self._failed

    async def stop(self) -> None:
        """Leave; partitions held are dropped after their states were written."""
        self._stopping.set()
        await asyncio.to_thread(self._thread.join, SESSION)

    # in its own thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._be_member()
            except UserError as cause:
                self._failed = cause
                break
            except BiowireError as cause:
                self._wait_for(str(cause))
                self._stopping.wait(_AGAIN)
        self._tell(self._ended.set)
        self._tell(self._ready.set)

    def _be_member(self) -> None:
        """From joining to leaving the group, or until Kafka fails us."""
        from kafka.errors import FencedInstanceIdError, KafkaError

        try:
            with self._consumer() as consumer:
                consumer.subscribe([feeds(self._broker)], listener=self._listener())
                while not self._stopping.is_set():
                    self._step(consumer)
        except FencedInstanceIdError as cause:
            raise UserError(
                f"Another connector runs as `{self._member}`. Give each a name of its own by worker_id."
            ) from cause
        except KafkaError as cause:
            raise meaning(cause, self._broker) from cause
        finally:
            self._lose(self._in_loop(lambda: self._store.held))

    @contextlib.contextmanager
    def _consumer(self) -> Iterator[Any]:
        from kafka import KafkaConsumer
        from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

        consumer = KafkaConsumer(
            **self._broker.client_options(),
            group_id=connectors_group(self._broker),
            group_instance_id=self._member,
            client_id=f"biowire-connect-{self._member}",
            partition_assignment_strategy=[CooperativeStickyAssignor()],
            session_timeout_ms=int(SESSION * 1000),
            heartbeat_interval_ms=int(SESSION * 250),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            reconnect_backoff_max_ms=2000,
            metadata_max_age_ms=60_000,
            metrics_enabled=False,
        )
        try:
            yield consumer
        finally:
            consumer.close(autocommit=False, timeout_ms=int(HANDING_OVER * 1000))

    def _step(self, consumer: Any) -> None:
        records = [one for part in consumer.poll(timeout_ms=_POLL).values() for one in part]
        edits = [edit for one in records if (edit := edit_of(one)) is not None]
        if edits:
            self._in_loop(lambda: self._apply(edits))
        self._take_over(consumer)
        self._look_around(consumer)

    def _take_over(self, consumer: Any) -> None:
        """Read what was given to us, and go on in the list from there."""
        from kafka import TopicPartition

        now = time.monotonic()
        given = [number for number, since in list(self._coming.items()) if since <= now]
        if not given:
            return
        with contextlib.suppress(TransientError):
            self._writer.flush(HANDING_OVER)  # what we wrote ourselves before
        read = read_partitions(self._broker, given)
        with self._lock:
            still = {number: read[number] for number in given if self._coming.pop(number, None) is not None}
            for number, partition in still.items():
                consumer.seek(TopicPartition(feeds(self._broker), number), partition.end)
            self._in_loop(lambda: self._store.hold(still))
        log.info("feeds taken over", extra={"partitions": sorted(still)})
        self._tell(self._changed)
        self._tell(self._ready.set)

    def _gain(self, numbers: Collection[int]) -> None:
        alone = not self._met and len(numbers) == self._store.partitions
        self._met = True
        since = time.monotonic() + (0 if alone else self._pause)
        with self._lock:
            self._coming |= dict.fromkeys(numbers, since)

    def _lose(self, numbers: Collection[int]) -> None:
        with self._lock:
            self._suspended.difference_update(numbers)
            for number in numbers:
                self._coming.pop(number, None)
            self._in_loop(lambda: self._taken(self._store.drop(numbers)))
        if not numbers:
            return
        log.info("feeds given up", extra={"partitions": sorted(numbers)})
        try:
            self._writer.flush(HANDING_OVER)
        except BiowireError as cause:
            log.warning("states of feeds given up are not written", extra={"why": str(cause)})

    def _look_around(self, consumer: Any) -> None:
        """See whether the group still has us: the client itself goes on in silence where it does not."""
        now = time.monotonic()
        if now < self._looked_at + _LOOK:
            return
        self._looked_at = now
        if self._belongs(consumer):
            self._member_at, self._waits = now, ""
            with self._lock:
                self._coming |= dict.fromkeys(self._suspended, now)
                self._suspended.clear()
        elif now > self._member_at + SESSION:
            self._suspend()
            try:
                reachable(self._broker, 3.0)
                self._wait_for("the group of connectors has not taken this one in yet")
            except UserError as cause:
                self._wait_for(str(cause))

    def _belongs(self, consumer: Any) -> bool:
        """Ask the group by a commit, which only a member may make. Raises FencedInstanceIdError."""
        from kafka import OffsetAndMetadata, errors
        from kafka.structs import MemberState

        changing = (errors.CommitFailedError, errors.RebalanceInProgressError, errors.IllegalGenerationError)
        try:
            offsets = {
                place: OffsetAndMetadata(consumer.position(place, timeout_ms=1000) or 0, "", -1)
                for place in consumer.assignment()
            }
            if offsets:
                consumer.commit(offsets, timeout_ms=3000)
            return bool(consumer.group_metadata().state == MemberState.STABLE)
        except (*changing, errors.UnknownMemberIdError, errors.RetriableError):
            return False

    def _suspend(self) -> None:
        """Others may have our partitions by now: leave their hosts alone until the group has us again."""
        held = self._in_loop(lambda: self._store.held)
        if held:
            self._lose(held)
            with self._lock:
                self._suspended |= held

    def _wait_for(self, what: str) -> None:
        self._waits = what
        if time.monotonic() > self._said + _SAY_AGAIN:
            self._said = time.monotonic()
            log.warning("waiting", extra={"why": what})

    def _listener(self) -> Any:
        from kafka import ConsumerRebalanceListener

        gain, lose = self._gain, self._lose

        class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
            def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
                gain([one.partition for one in assigned])

            def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
                lose([one.partition for one in revoked])

            def on_partitions_lost(self, lost: Collection[Any]) -> None:
                lose([one.partition for one in lost])

        return Listener()

    # from there into the event loop

    def _apply(self, edits: Collection[Edit]) -> None:
        for edit in edits:
            self._store.apply(edit)
        self._changed()

    def _tell(self, what: Callable[[], object]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(what)

    def _in_loop(self, what: Callable[[], _T]) -> _T:
        """Do it in the event loop, and wait until it is done."""
        done: concurrent.futures.Future[_T] = concurrent.futures.Future()

        def work() -> None:
            try:
                done.set_result(what())
            except BaseException as error:  # noqa: BLE001 - raised where it was asked for
                done.set_exception(error)

        self._tell(work)
        return done.result(timeout=SESSION)
