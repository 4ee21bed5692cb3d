"""The connector at work: what is due is fetched, read, published, and only then remembered.

    due ─► turn ─► fetch ─► read ─► entries not seen ─► pages of stubs ─► publish ─► save state

State moves on after the publisher has everything, so a crash at any point repeats work and loses none.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from .answers import Answer, Failed, Kind, NotModified
from .errors import PermanentError, TransientError, UserError
from .http import Client
from .items import item_of, word_count
from .pages import Pages, PageText
from .plain_text import html_to_line
from .politeness import Gate
from .publish import Publisher
from .records import Entry, Feed, Item, ParsedFeed
from .schedule import (
    Outcome,
    Seen,
    Verdict,
    after_document,
    after_failure,
    after_unchanged,
    is_unchanged,
    retry_wait,
    validators,
)
from .seen import SeenEntries, Sighting
from .settings import FetchSettings
from .state import FeedState, FeedStateStore

log = logging.getLogger(__name__)

BATCH = 10
"""Items that wait for each other's pages before they are published together."""
PAUSE = 15.0
"""Seconds before a feed is tried again whose items could not be published."""
_IDLE = 30.0


class FeedReader(Protocol):
    """Bytes to entries; raises PermanentError (NotAFeed) for a document that is none."""

    async def parse(self, data: bytes, *, url: str, content_type: str) -> ParsedFeed:
        """Read one document; `url` is where it was found in the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """What was done since the service began."""

    feeds: Mapping[str, int]
    """Looks at feeds by outcome: fetched, not_modified, empty, failed, retired."""
    entries: int
    """In the documents fetched."""
    items: int
    """Published: entries that were new or had changed."""
    pages_fetched: int
    pages_failed: Mapping[str, int]
    """By reason."""


class Service:
    """Drives feeds from the store to the publisher. Lives in one event loop, as long as its client."""

    def __init__(
        self,
        *,
        client: Client,
        store: FeedStateStore,
        publisher: Publisher,
        reader: FeedReader,
        settings: FetchSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: for the schedule; `timer`: seconds for politeness between requests."""
        self._client, self._store, self._publisher, self._reader = client, store, publisher, reader
        self._settings, self._clock = settings, clock
        self._gate = Gate(settings, timer)
        self._pages = Pages(client, self._gate)
        self._outcomes: Counter[str] = Counter()
        self._entries = self._items = 0
        self._active: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    @property
    def report(self) -> ServiceReport:
        """The counters so far."""
        return ServiceReport(
            feeds={str(outcome): self._outcomes[outcome] for outcome in Outcome},
            entries=self._entries,
            items=self._items,
            pages_fetched=self._pages.fetched,
            pages_failed=dict(sorted(self._pages.failed.items())),
        )

    async def run_once(self, now: datetime) -> ServiceReport:
        """Look at every feed that is due at `now`, once."""
        places = asyncio.Semaphore(max(self._settings.feeds_at_once, 1))

        async def look(known: FeedState) -> None:
            async with places:
                await self._look(known, now)

        due = self._store.due(now, len(self._store.all()))
        looks = [asyncio.create_task(look(known)) for known in due]
        try:
            await asyncio.gather(*looks)
        finally:
            for task in looks:
                task.cancel()  # only where the store failed, or we are told to stop
            await asyncio.gather(*looks, return_exceptions=True)
        return self.report

    async def run(self, stop: asyncio.Event) -> None:
        """Look at feeds as they fall due, until told to stop; what is under way then may finish."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._changed.clear()
                self._start_due()
                changed = asyncio.create_task(self._changed.wait())
                done, _ = await asyncio.wait(
                    {stopped, changed, *self._active.values()},
                    timeout=self._until_next(),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                changed.cancel()
                self._settle(done)
        finally:
            stopped.cancel()
            await self._drain()

    def wake(self) -> None:
        """Look at the list again: it was changed by someone else."""
        self._changed.set()

    def abandon(self, urls: Iterable[str]) -> None:
        """End looks at feeds that are another's from now on; nothing of them is remembered here."""
        for url in urls:
            if task := self._active.get(url):
                task.cancel()

    def _start_due(self) -> None:
        now = self._clock()
        room = max(self._settings.feeds_at_once, 1) - len(self._active)
        due = self._store.due(now, room + len(self._active)) if room > 0 else []
        for known in [known for known in due if known.feed.url not in self._active][:room]:
            self._active[known.feed.url] = asyncio.create_task(self._look(known, now))

    def _until_next(self) -> float:
        """Seconds to sleep when nothing happens meanwhile; the feed list may change under us."""
        due = self._store.next_due()
        if due is None:
            return _IDLE
        soonest = 1.0 if self._active else 0.05
        return min(max((due - self._clock()).total_seconds(), soonest), _IDLE)

    async def _drain(self) -> None:
        if not self._active:
            return
        done, pending = await asyncio.wait(self._active.values(), timeout=self._settings.grace)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        self._settle(done)

    def _settle(self, done: Container[object]) -> None:
        """Forget finished tasks; one that failed outside the wall ends the service with its error."""
        for url in [url for url, task in self._active.items() if task in done]:
            task = self._active.pop(url)
            if not task.cancelled():
                task.result()

    async def _look(self, known: FeedState, now: datetime) -> None:
        """One look at one feed. Trouble with it stays with it; only the store's trouble goes further."""
        feed, state = known.feed, known.state
        try:
            answer = await self._ask(known, now)
            verdict, seen = await self._judge(known, answer, now)
        except TransientError as busy:
            wait = timedelta(seconds=busy.retry_after or PAUSE)
            self._store.save(feed.url, replace(state, next_fetch=now + wait))
            log.info("feed postponed", extra={"feed": feed.url, "reason": str(busy)})
            return
        except (UserError, sqlite3.Error):
            raise  # the store's trouble: a full disk is no fault of the feed
        except Exception as error:  # the outer wall: one strange document must not stop the others
            log.exception("feed failed", extra={"feed": feed.url})
            reason = f"biowire could not work on this document ({type(error).__name__})."
            failed = Failed(url=feed.url, kind=Kind.NOT_A_FEED, reason=reason)
            verdict, seen = after_failure(feed.url, state, failed, now), None
        self._store.save(feed.url, verdict.state, seen, verdict.move_to)
        self._outcomes[verdict.outcome] += 1
        if verdict.state.failure:
            log.info("feed not read", extra={"feed": feed.url, "reason": verdict.state.failure})

    async def _ask(self, known: FeedState, now: datetime) -> Answer:
        feed = known.feed
        etag, last_modified = validators(known.state, now)
        async with self._gate.turn(feed.url):
            answer = await self._client.get(
                feed.url, etag=etag, last_modified=last_modified, verify_tls=feed.verify_tls
            )
        if isinstance(answer, Failed) and (wait := retry_wait(answer, now)):
            self._gate.hold(feed.url, wait)
        return answer

    async def _judge(self, known: FeedState, answer: Answer, now: datetime) -> tuple[Verdict, bytes | None]:
        """Read and publish what came; return the verdict and what is now seen (None: as before)."""
        feed, state = known.feed, known.state
        every = float(feed.interval)
        if isinstance(answer, Failed):
            return after_failure(feed.url, state, answer, now, every=every), None
        if isinstance(answer, NotModified) or is_unchanged(state, answer):
            return after_unchanged(feed.url, state, answer, now, every=every), None
        try:
            parsed = await self._reader.parse(
                answer.body, url=answer.final_url, content_type=answer.headers.get("content-type", "")
            )
        except PermanentError as error:
            failed = Failed(url=feed.url, kind=Kind.NOT_A_FEED, reason=str(error))
            return after_failure(feed.url, state, failed, now, every=every), None
        self._entries += len(parsed.entries)
        before = SeenEntries(self._store.seen(feed.url))
        document = before.compare(parsed.entries)
        seen = await self._publish(known, parsed, before, document)
        new = sum(not sighting.known for sighting in document)
        return after_document(feed.url, state, answer, _seen(parsed, new), now, every=every), seen

    async def _publish(
        self, known: FeedState, parsed: ParsedFeed, before: SeenEntries, document: Sequence[Sighting]
    ) -> bytes:
        """Publish what is not yet: at once, or in batches as pages come. Returns what is seen now."""
        feed, done = known.feed, dict[bytes, tuple[bytes, int]]()
        wanting = [one for one in document if self._wants_page(feed, one)]
        later = {one.key for one in wanting[: self._settings.pages_per_look]}
        at_once = [one for one in document if not one.published and one.key not in later]
        await self._send([item_of(feed, parsed, one.entry) for one in at_once])
        done |= {one.key: (one.digest, 0) for one in at_once}
        for one in wanting[self._settings.pages_per_look :]:
            self._pages.skip("too-many-at-once")
            done[one.key] = (one.digest, one.page_tries)
        for batch in _batches([one for one in wanting if one.key in later]):
            self._keep_progress(known, before.to_bytes(document, done))
            pages = [await self._page(feed, one.entry) for one in batch]
            read = list(zip(batch, pages, strict=True))
            await self._send(
                [
                    item_of(feed, parsed, one.entry, page.text)
                    for one, page in read
                    if page.text or not one.published
                ]
            )
            done |= {one.key: (one.digest, one.page_tries - 1 if page.passing else 0) for one, page in read}
        return before.to_bytes(document, done)

    async def _page(self, feed: Feed, entry: Entry) -> PageText:
        title = html_to_line(entry.title)
        return await self._pages.read(entry.link, title, verify_tls=feed.verify_tls)

    def _keep_progress(self, known: FeedState, seen: bytes) -> None:
        """Pages take their time; what went out so far need not go out again after a crash."""
        self._store.save(known.feed.url, known.state, seen)

    async def _send(self, items: Sequence[Item]) -> None:
        if items:
            await self._publisher.publish(items)
            self._items += len(items)

    def _wants_page(self, feed: Feed, one: Sighting) -> bool:
        """Pages are for entries not met before, and for those whose page failed in a way that passes."""
        if not self._settings.pages or not one.page_tries or not one.entry.link or feed.full_text == "never":
            return False
        return feed.full_text == "always" or word_count(one.entry) < self._settings.stub_words


def _batches(wanting: Sequence[Sighting]) -> list[Sequence[Sighting]]:
    return [wanting[at : at + BATCH] for at in range(0, len(wanting), BATCH)]


def _seen(parsed: ParsedFeed, new: int) -> Seen:
    dates = sorted(date for entry in parsed.entries if (date := entry.published or entry.updated))
    return Seen(
        entries=len(parsed.entries),
        new=new,
        ttl=parsed.ttl,
        newest=dates[-1] if dates else None,
        dated_span=(dates[-1] - dates[0]).total_seconds() if dates else 0.0,
    )
