"""What resources look at and change, in both modes: the one place of the API that knows how it is opened.

Reading takes a connection of its own for as long as one request lasts, so a running `run` is neither
disturbed nor waited for. Writing goes where the one writer is: `Writing`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from connectors.cli.feeds import known_feeds, opened
from connectors.console import Context
from connectors.database import Database
from connectors.state import FeedState, FeedStateStore
from streams.alerting.reading import Alerts, Deliveries
from streams.cli.alerts import opened as alerts
from streams.cli.deadletters import dead_letters
from streams.core.compiled import Vocabulary
from streams.deadletters import DeadLetters
from streams.deadletters.embedded import EmbeddedDeadLetters
from streams.embedded import SCHEMAS, Instance
from streams.reading import Reading, reading
from streams.reading.embedded import StoreReading
from streams.seeds_files import vocabulary
from streams.subscriptions import SubscriptionStore
from streams.subscriptions.choose import subscriptions
from streams.vocabulary.own import with_own

from .answers import Busy

_T = TypeVar("_T")

SECONDS = 10.0
"""That a request may keep the store reading."""
LONG_SECONDS = 120.0
"""The same for a backtest."""
_STEPS = 5_000
"""Of SQLite's virtual machine between two looks at the time: some hundred microseconds at most."""


class Writing(Protocol):
    """Where feeds and dead letters are changed. Both run `work` where, and when, it may write."""

    @property
    def fetches(self) -> bool:
        """Whether this process fetches feeds, and so sees at once what is changed here."""

    def feeds(self, work: Callable[[FeedStateStore], _T]) -> _T:
        """Change the feed list. Raises StoreError when somebody else is writing."""

    def dead_letters(self, work: Callable[[DeadLetters], _T], by: Callable[[], Vocabulary]) -> _T:
        """Take up dead letters by a vocabulary, or give them up."""

    def judge_by(self, known: Vocabulary) -> bool:
        """Judge what comes in from now on by this vocabulary; False where another process does that."""


@dataclass(slots=True)
class Opening:
    """Opens the ports of one server; used by many threads."""

    context: Context
    writing: Writing
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the server ends: what still reads is broken off."""
    _long: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1))
    _one_at_once: threading.Lock = field(default_factory=threading.Lock)
    _kept: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _subscriptions: SubscriptionStore | None = None
    _loading: threading.Lock = field(default_factory=threading.Lock)
    _vocabulary: tuple[object, Vocabulary] | None = None

    def vocabulary(self) -> Vocabulary:
        """The one in the settings, as its files are now; read again only when they changed."""
        settings = with_own(self.context.settings, self.context.home)
        stamp = _stamp(Path(settings["vocabulary"])) if settings["vocabulary"] else ()
        with self._loading:
            if self._vocabulary is None or self._vocabulary[0] != stamp:
                self._vocabulary = stamp, vocabulary(settings)
            return self._vocabulary[1]

    @contextlib.contextmanager
    def reading(self, seconds: float = SECONDS, *, fresh: bool = False) -> Iterator[Reading]:
        """What commands that only look are given, for so long at most."""
        until = time.monotonic() + seconds
        with reading(self.context, fresh=fresh) as ports:
            if isinstance(ports, StoreReading):
                connection = ports.ports.database.connection
                connection.set_progress_handler(
                    lambda: time.monotonic() > until or self.stopping.is_set(), _STEPS
                )
            yield ports

    @contextlib.contextmanager
    def long(self) -> Iterator[None]:
        """A place for something that takes its time; one at once. Raises Busy."""
        if not self._long.acquire(timeout=1.0):
            raise Busy("A test over the archive is under way already; try again when it is done.")
        try:
            yield
        finally:
            self._long.release()

    @contextlib.contextmanager
    def subscriptions(self) -> Iterator[SubscriptionStore]:
        """The subscriptions, for one request at a time, so that no change of another gets lost.

        Opened once, as some stores read all of theirs for it.
        """
        with self._one_at_once:
            if self._subscriptions is None:
                self._subscriptions = self._kept.enter_context(subscriptions(self.context))
            yield self._subscriptions

    @contextlib.contextmanager
    def alerts(self) -> Iterator[tuple[Alerts, Deliveries]]:
        """What was raised, and the messages on their way; empty while nobody ever subscribed."""
        with alerts(self.context) as found:
            yield found

    def close(self) -> None:
        """Break off what still reads, and let go of what is kept open."""
        self.stopping.set()
        with self._one_at_once:
            self._subscriptions = None
            self._kept.close()

    def feeds(self) -> list[FeedState]:
        """The feed list with its health."""
        return known_feeds(self.context)


def _stamp(folder: Path) -> object:
    """Changes with any file of the vocabulary."""
    files = [(path, path.stat()) for path in sorted(folder.rglob("*.toml"))]
    return tuple((path, status.st_mtime_ns, status.st_size) for path, status in files)


@dataclass(frozen=True, slots=True)
class OwnWriting:
    """See Writing: this process becomes the writer for as long as it takes."""

    context: Context

    @property
    def fetches(self) -> bool:
        """See Writing."""
        return False

    def feeds(self, work: Callable[[FeedStateStore], _T]) -> _T:
        """See Writing. A store that is not there yet is made whole, so that it can be read from then on."""
        if not (self.context.distributed or self.context.store.exists()):
            Database(self.context.store, SCHEMAS).close()
        with opened(self.context, writer=True) as store:
            return work(store)

    def dead_letters(self, work: Callable[[DeadLetters], _T], by: Callable[[], Vocabulary]) -> _T:
        """See Writing."""
        if self.context.distributed:
            return work(dead_letters(self.context))
        return work(EmbeddedDeadLetters(self.context.store, by))

    def judge_by(self, known: Vocabulary) -> bool:  # noqa: ARG002 - the port's
        """See Writing."""
        return False


@dataclass(frozen=True, slots=True)
class InstanceWriting:
    """See Writing: the writer is this process's `run`; work is done in its event loop, between its steps."""

    context: Context
    instance: Instance
    loop: asyncio.AbstractEventLoop
    changed: Callable[[], None]
    """Told when the feed list was."""

    @property
    def fetches(self) -> bool:
        """See Writing."""
        return True

    def feeds(self, work: Callable[[FeedStateStore], _T]) -> _T:
        """See Writing."""

        def change() -> _T:
            done = work(self.instance.feeds)
            self.instance.pipeline.sources = self.instance.sources()
            self.changed()
            return done

        return self._in_loop(change)

    def dead_letters(self, work: Callable[[DeadLetters], _T], by: Callable[[], Vocabulary]) -> _T:
        """See Writing."""
        letters = EmbeddedDeadLetters(self.context.store, by, lambda: contextlib.nullcontext(self.instance))
        return self._in_loop(lambda: work(letters))

    def judge_by(self, known: Vocabulary) -> bool:
        """See Writing."""
        self._in_loop(lambda: self.instance.judge_by(known))
        return True

    def _in_loop(self, work: Callable[[], _T]) -> _T:
        async def done() -> _T:
            return work()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result()
