"""The feed list: health, adding by URL with autodiscovery, removing, looking now."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from connectors.cli.feed_health import as_dict, probe_dict
from connectors.cli.feeds import adding, keep
from connectors.cli.probing import look_at_all

from .answers import Busy, Missing, answer
from .asked import Ports
from .opening import Opening

router = APIRouter(prefix="/feeds", tags=["feeds"])

Kind = Literal[
    "press", "ngo", "regulator", "government", "court", "research", "press-release", "company", "community"
]
Perspective = Literal[
    "industry", "civil-society", "regulator", "mainstream", "local", "research", "government"
]
Health = Literal["new", "ok", "empty", "failing", "retired"]

_LOOKS = threading.BoundedSemaphore(2)
"""Looks at feeds under way for all who ask."""

Url = Annotated[str, Field(min_length=1, max_length=2048)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A feed with its health. Intervals in seconds, times in RFC 3339 UTC or null."""

    url: str
    title: str
    site_url: str
    group: Sequence[str]
    language: str
    country: str
    kind: str
    perspective: str
    full_text: str
    verify_tls: bool
    health: Health
    reason: str
    failures: float
    failing_since: str | None
    last_fetch: str | None
    last_success: str | None
    last_change: str | None
    next_fetch: str | None
    interval: int
    entries: int
    moved_from: Sequence[str]


@dataclass(frozen=True, slots=True)
class Feeds:
    """The list."""

    feeds: Sequence[Listed]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of it: `added`, `updated` or `known`; `others`: feeds that its page names besides."""

    url: str
    title: str
    outcome: Literal["added", "updated", "known"]
    others: Sequence[str]


@dataclass(frozen=True, slots=True)
class Removed:
    """Feeds taken off the list."""

    removed: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A look at a URL."""

    url: str
    ok: bool
    reason: str
    title: str
    format: str
    entries: int
    newest: str | None
    problem: str
    moved_to: str
    conditional: bool
    bytes: int
    seconds: float


class NewFeed(BaseModel):
    """A feed to follow; what is left out is asked of the feed itself, or stays as it was."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    """Of the feed, or of a site that names one."""
    title: str | None = Field(None, max_length=500)
    country: str | None = Field(None, pattern="^[A-Za-z]{2}$")
    kind: Kind | None = None
    perspective: Perspective | None = None
    language: str | None = Field(None, pattern="^[A-Za-z]{2,3}$")
    full_text: Literal["auto", "always", "never"] | None = None
    interval: int | None = Field(None, ge=0, le=31_536_000)
    """Seconds between fetches; 0 adapts to the feed."""
    verify_tls: bool = True
    unchecked: bool = False
    """Do not fetch anything now; add the URL as it is."""


class Look(BaseModel):
    """What to look at."""

    model_config = ConfigDict(extra="forbid")

    urls: list[Url] = Field(min_length=1, max_length=10)


@router.get("", response_model=Feeds, summary="List feeds with their health")
def list_feeds(
    ports: Ports,
    *,
    failing: Annotated[bool, Query(description="Only those with trouble, or retired.")] = False,
) -> Response:
    """Each feed with last success, interval, next fetch, and what is wrong in words."""
    known = [as_dict(one) for one in ports.feeds()]
    return answer({"feeds": [one for one in known if not failing or one["health"] in {"failing", "retired"}]})


@router.post("", response_model=Added, status_code=201, summary="Follow a feed")
def add(ports: Ports, feed: NewFeed) -> Response:
    """Look at the URL, find the feed, put it on the list; what is said now replaces what was said."""
    said = feed.model_dump(exclude={"url", "verify_tls", "unchecked"}, exclude_none=True)
    added = followed(ports, feed.url, said, verify_tls=feed.verify_tls, unchecked=feed.unchecked)
    return answer(added, 201 if added.outcome == "added" else 200)


def followed(
    ports: Opening, url: str, said: dict[str, Any], *, verify_tls: bool = True, unchecked: bool = False
) -> Added:
    """The feed at a URL, on the list with what is `said` of it. Raises UserError, Busy."""
    with _looking():
        found, others = adding(ports.context, url, said, verify_tls=verify_tls, unchecked=unchecked)
    outcome: Any = ports.writing.feeds(lambda store: keep(store, found, said))
    return Added(found.url, found.title, outcome, others)


@router.delete("", response_model=Removed, summary="Stop following a feed")
def remove(
    ports: Ports,
    url: Annotated[str, Query(description="As it is on the list.", min_length=1, max_length=2048)],
) -> Response:
    """Take a feed off the list; its articles stay."""
    if not ports.writing.feeds(lambda store: store.remove(url)):
        raise Missing(f"{url} is not on the list.")
    return answer({"removed": [url]})


@router.post("/check", response_model=list[Probed], summary="Fetch feeds now and say what is wrong")
def check(ports: Ports, look: Look) -> Response:
    """Look at each, one after the other where they share a host; nothing is stored."""
    listed = {one.feed.url: one.feed.verify_tls for one in ports.feeds()}
    with _looking():
        probes = look_at_all(ports.context, [(url, listed.get(url, True)) for url in look.urls])
    found: list[dict[str, Any]] = [probe_dict(probe) for probe in probes]
    return answer(found)


class _looking:  # noqa: N801 - reads as what is done inside
    """A place among those who make us fetch. Raises Busy."""

    def __enter__(self) -> None:
        if not _LOOKS.acquire(timeout=5.0):
            raise Busy("Other feeds are being looked at; try again in a moment.")

    def __exit__(self, *_: object) -> None:
        _LOOKS.release()
