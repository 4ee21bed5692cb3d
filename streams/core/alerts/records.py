"""What a subscription asks, what is known of a document it met, and what is said about it.

Subscription ──┐
Document ─► Fact (matched, with quotes) ─► Alert ─► Delivery (one channel, one message)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal

from ..records import Field, Role

Kind = Literal["each", "story", "threshold", "spike", "silence", "new-term", "new-entity", "new-pairing"]
KINDS: tuple[Kind, ...] = (
    *("each", "story", "threshold", "spike", "silence"),
    *("new-term", "new-entity", "new-pairing"),
)

Every = Literal["now", "hourly", "daily", "weekly"]
RHYTHMS: tuple[Every, ...] = ("now", "hourly", "daily", "weekly")

ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
"""Of subscriptions: also the name of their file and part of addresses; at most 64 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When matching documents are worth an alert. Which numbers count depends on `kind`."""

    kind: Kind = "each"
    count: int = 1
    """Threshold and spike: at least so many stories within `window`."""
    window: timedelta = timedelta(days=1)
    """Threshold and spike: stories are counted in it. Silence: so long without any. New-*: so long unseen."""
    factor: float = 3.0
    """Spike: so many times the baseline, in number and in share of all monitored stories."""
    sources: int = 1
    """Threshold and spike: independent sources the stories have to come from."""
    cooldown: timedelta = timedelta(0)
    """At least so long between two alerts; each and story: no limit."""
    facets: tuple[str, ...] = ()
    """New-entity and new-pairing: of what, such as `organisation` with `watchlist`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When messages go out."""

    every: Every = "now"
    at: time = time(8, 0)
    """Daily and weekly: local time. Hourly: only its minute."""
    weekday: int = 0
    """Weekly: 0 is Monday."""
    zone: str = "UTC"
    """IANA name; `at`, quiet hours and the days of a digest are in it."""
    quiet: tuple[time, time] | None = None
    """Local time from when to when nothing is sent; what comes up is sent at its end. May span midnight."""
    cap: int = 20
    """Entries in one message; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A saved question and whom to tell. A change makes a new version; nothing is forgotten."""

    id: str
    """See ID; made from the name when it is added."""
    name: str
    query: str
    """As written; `query_parse.parse` reads it."""
    condition: Condition = Condition()
    to: tuple[str, ...] = ()
    """Channels: mailto:…, https://… (webhook), or an apprise URL. Feeds out need no entry."""
    rhythm: Rhythm = Rhythm()
    language: str = "en"
    """Of the messages."""
    paused: bool = False
    """Nothing is matched."""
    muted: bool = False
    """Alerts are kept, never sent."""
    snoozed_until: datetime | None = None
    """Alerts are kept, and sent when this has passed."""
    max_age: timedelta | None = None
    """Documents published longer ago, when they come in, raise no alert; None: however old."""
    version: int = 1
    changed_at: datetime | None = None
    changed_by: str = ""
    """A user of the machine, the name of an API token, or `file`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words that made a clause true, in context: `document[field][start:end] == surface`."""

    clause: str
    """In canonical form, as `query_hits.Span` has it."""
    field: Field
    start: int
    end: int
    before: str
    """Up to 60 characters of the field, whole words."""
    surface: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A subscription that a document meets, and which clauses of it are true."""

    subscription: str
    version: int
    clauses: tuple[str, ...]
    """Every affirmed clause that holds, in canonical form, in reading order of the query."""
    quotes: tuple[Quote, ...]
    """At most 8: the first of each clause first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What conditions and messages need to know of a document, as it stands."""

    id: str
    when: datetime
    """Published, or first seen where the feed does not say."""
    first_seen: datetime
    story_id: str
    title: str
    url: str
    source: str
    """Name of the publisher."""
    host: str
    language: str
    role: Role
    copy: bool
    """A near-duplicate: it raises nothing unless the query asks for copies."""
    story_size: int
    names: tuple[str, ...]
    """`facet:id` of every label, `watchlist:id` and `term:id` of every flag; sorted, without repetition."""
    matched: tuple[Matched, ...] = ()

    @property
    def moment(self) -> datetime:
        """When it counts for conditions: a date that lies ahead counts from when the document came."""
        return min(self.when, self.first_seen)

    @property
    def place(self) -> tuple[datetime, str]:
        """Canonical order, the one in which conditions are decided."""
        return self.moment, self.id

    @property
    def independent(self) -> bool:
        """Say whether somebody wrote it: neither copied nor taken from a press release."""
        return not self.copy and self.role in {"lead", "report"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A document as an alert shows it: how it stood when the alert was raised."""

    id: str
    title: str
    url: str
    source: str
    when: datetime
    story_id: str
    story_size: int
    clauses: tuple[str, ...]
    quotes: tuple[Quote, ...]
    language: str = ""
    """Of the document: says which way its words are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something worth saying, once. The same facts give the same alert with the same id again."""

    id: str
    """`alert_id(subscription, kind, key)`: 32 hexadecimal digits."""
    subscription: str
    version: int
    kind: Kind
    key: str
    """What it is about: each: the document; story: the story; others: see `conditions`."""
    when: datetime
    """The moment it became true, by the documents' own times."""
    sentence: str
    """What happened, in one English sentence with its numbers."""
    shown: tuple[Shown, ...] = ()
    """Documents it rests on, newest first, at most 20."""
    count: int = 1
    """How many documents it rests on."""
    numbers: dict[str, float] = field(default_factory=dict)
    """What was counted and compared, by name: stories, sources, baseline, share, usual_share, days…"""


DeliveryState = Literal["pending", "sending", "delivered", "failed", "muted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one channel: what it holds, and how far it is."""

    id: str
    """`ids.digest_id` or `ids.message_id`: what a receiver knows a repeat by."""
    subscription: str
    channel: str
    """The URL as the subscription has it."""
    alerts: tuple[str, ...]
    """Ids, in canonical order."""
    period: tuple[datetime, datetime] | None = None
    """Of a digest: from, until (exclusive)."""
    state: DeliveryState = "pending"
    queued: datetime | None = None
    """When it was made up."""
    due: datetime
    """Not before this."""
    tries: int = 0
    error: str = ""
    """Why the last try did not succeed, or why it is not sent."""
    delivered: datetime | None = None
    repeated: int = 0
    """Tries that may have arrived all the same. A channel that knows repeats shows it once even so."""
