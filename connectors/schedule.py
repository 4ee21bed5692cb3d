"""When a feed is asked next, and what is remembered of it: FetchState + answer ─► FetchState. Pure.

A feed is polled about twice as often as it changes. Trouble makes the waits longer, never endless: a
feed that comes back is found again. Only 410, the publisher's own word, retires one.

Waits follow, in this order: Retry-After; the back-off after failures; the interval the user set, or the
adaptive one, but no sooner than the publisher asks (max-age, ttl, sy:update*).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from .answers import Failed, Fetched, Kind, NotModified
from .http_dates import expired_at_once, max_age, retry_after

SHORTEST, LONGEST = 600.0, 86_400.0
"""Bounds of the adaptive interval, seconds."""
SHORTEST_SET = 60.0
"""Of an interval that the user sets, seconds."""
FIRST = 3_600.0
RETRY, RETRY_LONGEST = 600.0, 30 * 86_400.0
"""Back-off after failures: first step and last, seconds."""
RETRY_AFTER_SHORTEST, RETRY_AFTER_LONGEST = 60.0, 86_400.0
CONFIRMATIONS = 2
"""Times a permanent redirect has to be seen before the feed moves."""
TRUST = 86_400.0
"""Seconds without a full document after which validators are not sent once, to see whether they lie."""

_WEIGHTS = {
    Kind.TIMEOUT: 0.5,
    Kind.CONNECT: 0.5,
    Kind.STATUS: 0.5,
    Kind.PROTOCOL: 0.5,
    Kind.DNS: 1.0,
    Kind.TLS: 1.0,
    Kind.TOO_LARGE: 1.0,
    Kind.REDIRECT: 1.0,
    Kind.REFUSED: 1.0,
    Kind.NOT_A_FEED: 1.0,
    Kind.GONE: 1.0,
}
"""A failure that passes by itself counts half: the wait doubles with every whole one."""

_SOFT_STATUS = frozenset({404, 408, 425, 429})
_CONTENT = frozenset({Kind.NOT_A_FEED, Kind.TOO_LARGE})
"""Failures of a document, which an answer without a document cannot put right."""


class Outcome(StrEnum):
    """What one look at a feed came to."""

    FETCHED = "fetched"
    NOT_MODIFIED = "not_modified"
    EMPTY = "empty"
    FAILED = "failed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What is remembered of a feed between two fetches. Times in UTC, intervals in seconds."""

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    """Of the last document whose entries were all published."""
    next_fetch: datetime | None = None
    """None: at once."""
    interval: float = FIRST
    """The adaptive interval."""
    failures: float = 0.0
    """Weighted, in a row."""
    failure_kind: str = ""
    failure: str = ""
    """The reason in words, empty when the last fetch went well."""
    failing_since: datetime | None = None
    last_fetch: datetime | None = None
    last_document: datetime | None = None
    """When a whole document last came (a 304 is none)."""
    last_success: datetime | None = None
    last_change: datetime | None = None
    entries: int = 0
    """In the last document."""
    ttl: int = 0
    """Seconds the last document asked to wait between fetches."""
    moving_to: str = ""
    moving_seen: int = 0
    """Where a permanent redirect leads, and how often it was seen in a row."""
    moved_from: tuple[str, ...] = ()
    validators_lie: bool = False
    """The server said "not modified", or kept its ETag, over a document that had changed."""
    retired: str = ""
    """Why it is not fetched any more, empty when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a document turned out to hold, for the schedule."""

    entries: int
    new: int
    """Entries not met before."""
    ttl: int = 0
    """Seconds the document asks to wait."""
    newest: datetime | None = None
    """Latest date of an entry."""
    dated_span: float = 0.0
    """Seconds between the oldest and the newest dated entry."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The new state, what happened, and where the feed has moved to (empty: nowhere)."""

    state: FetchState
    outcome: Outcome
    move_to: str = ""


def body_hash(body: bytes) -> str:
    """Equal for equal documents."""
    return blake2b(body, digest_size=16).hexdigest()


def validators(state: FetchState, now: datetime) -> tuple[str, str]:
    """ETag and Last-Modified to send, empty where a full document is wanted."""
    if state.validators_lie or state.failure_kind in _CONTENT:
        return "", ""
    if state.last_document is None or (now - state.last_document).total_seconds() >= TRUST:
        return "", ""
    return state.etag, state.last_modified


def is_unchanged(state: FetchState, answer: Fetched) -> bool:
    """Whether this is the document whose entries are published already."""
    return bool(state.body_hash) and body_hash(answer.body) == state.body_hash


def after_document(
    url: str, state: FetchState, answer: Fetched, seen: Seen, now: datetime, *, every: float = 0.0
) -> Verdict:
    """A new document came and its entries are durable. `every`: the interval the user set, 0 for none."""
    lies = bool(state.etag) and answer.headers.get("etag", "") == state.etag
    settled = replace(
        _with_validators(_well(state, now), answer),
        body_hash=body_hash(answer.body),
        interval=_adapt(state, seen, now),
        last_document=now,
        last_change=now if seen.new else state.last_change,
        entries=seen.entries,
        ttl=seen.ttl,
        validators_lie=state.validators_lie or lies,
    )
    outcome = Outcome.FETCHED if seen.entries else Outcome.EMPTY
    return _verdict(url, settled, answer, outcome, now, every)


def after_unchanged(
    url: str, state: FetchState, answer: Fetched | NotModified, now: datetime, *, every: float = 0.0
) -> Verdict:
    """Nothing new: the server says so, or the same document came again.

    A failure of the document itself is not cleared by the server's word: the next fetch is to see it whole.
    """
    if isinstance(answer, Fetched):
        settled = replace(_with_validators(_well(state, now), answer), last_document=now)
    elif state.failure_kind in _CONTENT:
        settled = replace(state, last_fetch=now)
    else:
        settled = _well(state, now)
    settled = replace(settled, interval=_longer(state.interval))
    return _verdict(url, settled, answer, Outcome.NOT_MODIFIED, now, every)


def after_failure(
    url: str, state: FetchState, failed: Failed, now: datetime, *, every: float = 0.0
) -> Verdict:
    """No document. Validators stay those of the last good one.

    Waits begin at the interval the user set where that is shorter: who asks every minute must not miss a
    quarter of an hour for one answer that was late.
    """
    failures = state.failures + _weight(failed)
    settled = replace(
        state,
        failures=failures,
        failure_kind=str(failed.kind),
        failure=failed.reason,
        failing_since=state.failing_since or now,
        last_fetch=now,
        moving_to="",
        moving_seen=0,
    )
    if failed.kind is Kind.GONE:
        return Verdict(replace(settled, retired=failed.reason, next_fetch=None), Outcome.RETIRED)
    asked = retry_wait(failed, now)
    first = min(RETRY, max(every, SHORTEST_SET)) if every else RETRY
    wait = asked or min(first * 2 ** min(failures, 40.0), RETRY_LONGEST)
    after = _spread(url, wait) if asked else min(_spread(url, wait), timedelta(seconds=RETRY_LONGEST))
    return Verdict(replace(settled, next_fetch=now + after), Outcome.FAILED)


def retry_wait(failed: Failed, now: datetime) -> float:
    """Seconds the server asks us to stay away (all of its host, so it is said), 0 when it does not."""
    if failed.status not in {429, 503}:
        return 0.0
    asked = retry_after(failed.headers, now)
    return 0.0 if asked is None else min(max(asked, RETRY_AFTER_SHORTEST), RETRY_AFTER_LONGEST)


def _well(state: FetchState, now: datetime) -> FetchState:
    return replace(
        state,
        failures=0.0,
        failure_kind="",
        failure="",
        failing_since=None,
        last_fetch=now,
        last_success=now,
        retired="",
    )


def _with_validators(state: FetchState, answer: Fetched) -> FetchState:
    """The answer's validators, verbatim; none where it says it is stale already."""
    if expired_at_once(answer.headers):
        return replace(state, etag="", last_modified="")
    headers = answer.headers
    return replace(state, etag=headers.get("etag", ""), last_modified=headers.get("last-modified", ""))


def _verdict(
    url: str,
    state: FetchState,
    answer: Fetched | NotModified,
    outcome: Outcome,
    now: datetime,
    every: float,
) -> Verdict:
    state, move_to = _moving(state, answer.permanent_url)
    wait = _wait(state.interval, every, max(max_age(answer.headers), float(state.ttl)))
    return Verdict(replace(state, next_fetch=now + _spread(url, wait)), outcome, move_to)


def _adapt(state: FetchState, seen: Seen, now: datetime) -> float:
    """Half the time between entries at first sight; then shorter when there was news, longer when not."""
    if state.last_document is None:
        if seen.newest is None or seen.entries < 2 or seen.dated_span <= 0:
            return FIRST
        silence = max((now - seen.newest).total_seconds(), 0.0)
        return _bounded(max(seen.dated_span / (seen.entries - 1), silence / 2) / 2)
    if not seen.new:
        return _longer(state.interval)
    if seen.entries > 1 and seen.new >= seen.entries:
        return _bounded(state.interval / 4)  # not one known entry: some may have come and gone between
    return _bounded(state.interval * 0.7)


def _longer(interval: float) -> float:
    return _bounded(interval * 1.25)


def _bounded(interval: float) -> float:
    return min(max(interval, SHORTEST), LONGEST)


def _wait(interval: float, every: float, asked: float) -> float:
    """The user's interval, or the adaptive one but no sooner than asked; absurd wishes are not heard."""
    if every:
        return max(every, SHORTEST_SET)
    return max(interval, asked if asked <= LONGEST else 0.0)


def _weight(failed: Failed) -> float:
    if failed.kind is Kind.STATUS and failed.status < 500 and failed.status not in _SOFT_STATUS:
        return 1.0
    return _WEIGHTS[failed.kind]


def _moving(state: FetchState, permanent_url: str) -> tuple[FetchState, str]:
    """Count a permanent redirect; with the second confirmation the feed moves."""
    if not permanent_url:
        return replace(state, moving_to="", moving_seen=0), ""
    seen = state.moving_seen + 1 if state.moving_to == permanent_url else 1
    if seen < CONFIRMATIONS:
        return replace(state, moving_to=permanent_url, moving_seen=seen), ""
    return replace(state, moving_to="", moving_seen=0), permanent_url


def _spread(url: str, wait: float) -> timedelta:
    """Lengthen a wait by up to a tenth, always the same for one feed, so that feeds do not march in step."""
    fraction = int.from_bytes(blake2b(url.encode(), digest_size=4).digest()) / 2**32
    return timedelta(seconds=wait * (1.0 + fraction / 10))
