"""The feed list: how each feed is, adding and changing them, whole lists in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from connectors.cli.feed_health import health
from connectors.cli.feeds import KINDS, PERSPECTIVES
from connectors.errors import UserError
from connectors.feed_changes import SILENT, edited, fetch_now, found, retire, revive, silent
from connectors.opml import read_opml, write_opml
from connectors.records import Feed
from connectors.state import FeedState, FeedStateStore
from dashboards.api.answers import Missing, status_of
from dashboards.api.feeds import followed
from dashboards.api.wall import UPLOADS

from ..routing import Pages
from ..visit import Visit, text

pages = Pages()

SHOWN = 100
"""Feeds of one page."""
INTERVALS = (0, 900, 3600, 21_600, 86_400)
"""Seconds between fetches that the form offers; 0 adapts to the feed."""
FULL_TEXT = ("auto", "always", "never")


@dataclass(frozen=True, slots=True)
class Row:
    """A feed as the pages show it."""

    feed: Feed
    known: FeedState
    health: str
    """As the API calls it, or `silent`."""

    @property
    def name(self) -> str:
        """What people know it by."""
        return self.feed.title or self.feed.url

    @property
    def every(self) -> float:
        """Seconds between two fetches."""
        return self.feed.interval or self.known.state.interval


def row(known: FeedState, now: datetime) -> Row:
    """A feed with its health in one word."""
    return Row(known.feed, known, "silent" if silent(known, now) else health(known))


@pages.get("/feeds")
def show(visit: Visit) -> Response:
    """The list, by name; all of it, or those with one kind of trouble."""
    return _listed(visit)


@pages.post("/feeds")
def add(visit: Visit) -> Response:
    """Follow the feed at a URL, or the one that the page there names."""
    url = text(visit.form, "url", 2048).strip()
    if not url:
        return _listed(visit, wrong="Give the address of a feed, or of a site that has one.", status=400)
    try:
        added = followed(visit.ports, url, {}, unchecked=bool(text(visit.form, "unchecked")))
    except UserError as wrong:
        return _listed(visit, url=url, wrong=str(wrong), status=status_of(wrong))
    said = _followed(visit, added.outcome, added.title or added.url)
    if added.others:
        more = ", ".join(added.others[:5])
        said += " " + visit.gettext("Its page names more feeds: %(feeds)s.", feeds=more)
    return visit.go("/feeds/one", said, url=added.url)


def _followed(visit: Visit, outcome: str, name: str) -> str:
    if outcome == "added":
        return visit.gettext("Now following %(name)s.", name=name)
    if outcome == "updated":
        return visit.gettext("Following again: %(name)s.", name=name)
    return visit.gettext("Already on the list: %(name)s.", name=name)


def _listed(
    visit: Visit, *, url: str = "", wrong: str = "", wrong_file: str = "", status: int = 200
) -> Response:
    visit = replace(visit, here="/feeds")
    now = datetime.now(UTC)
    rows = sorted((row(one, now) for one in visit.ports.feeds()), key=lambda one: one.name.casefold())
    only, asked = visit.query.get("only", ""), visit.query.get("name", "").strip()
    found = [
        one
        for one in rows
        if only in {"", one.health} and asked.casefold() in f"{one.feed.title} {one.feed.url}".casefold()
    ]
    first = _whole(visit.query.get("from", "0"))
    return visit.render(
        "feeds.html",
        status=status,
        total=len(rows),
        numbers=[(word, sum(one.health == word for one in rows)) for word in _FILTERS],
        only=only,
        asked=asked,
        found=len(found),
        rows=found[first : first + SHOWN],
        first=first,
        before=max(0, first - SHOWN) if first else None,
        after=first + SHOWN if first + SHOWN < len(found) else None,
        url=url,
        wrong=wrong,
        wrong_file=wrong_file,
        silent_days=SILENT.days,
        upload_most=_UPLOAD_MB,
    )


_UPLOAD_MB = UPLOADS["/feeds/opml"] // 1024 // 1024
_FILTERS = ("failing", "silent", "retired", "new")


def _whole(number: str) -> int:
    return int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0


@pages.get("/feeds/one")
def one(visit: Visit) -> Response:
    """One feed: how it is, what can be done with it, what the list says of it."""
    return _one(visit, visit.query.get("url", ""))


@pages.post("/feeds/one")
def change(visit: Visit) -> Response:
    """Change what the list says of a feed."""
    url = text(visit.form, "url", 2048)
    said = _said(visit.form)
    try:
        changed = visit.ports.writing.feeds(partial(edited, url=url, said=said))
    except UserError as wrong:
        return _one(visit, url, said, str(wrong))
    return visit.go(
        "/feeds/one", visit.gettext("Kept what you changed of %(name)s.", name=changed.title or url), url=url
    )


def _said(form: Mapping[str, object]) -> dict[str, Any]:
    """What the form says; where it offers a choice, nothing but one of them. Raises UserError."""
    said: dict[str, Any] = {name: text(form, name, 500).strip() for name in ("title", "country", "language")}
    for name, choices in (("kind", KINDS), ("perspective", PERSPECTIVES), ("full_text", FULL_TEXT)):
        chosen = text(form, name, 40)
        said[name] = chosen if chosen in choices else FULL_TEXT[0] if name == "full_text" else ""
    said["interval"] = _whole(text(form, "interval", 10))
    said["verify_tls"] = not text(form, "unverified")
    return said


def _one(visit: Visit, url: str, said: Mapping[str, Any] | None = None, wrong: str = "") -> Response:
    known = next((one for one in visit.ports.feeds() if one.feed.url == url), None)
    if known is None:
        raise Missing(f"{url or 'This feed'} is not on the list.")
    values = {name: getattr(known.feed, name) for name in _EDITED} | dict(said or {})
    return visit.render(
        "feed.html",
        status=400 if wrong else 200,
        one=row(known, datetime.now(UTC)),
        values=values,
        wrong=wrong,
        kinds=KINDS,
        perspectives=PERSPECTIVES,
        full_texts=FULL_TEXT,
        intervals=sorted({*INTERVALS, values["interval"]}),
        fetches=visit.ports.writing.fetches,
    )


_EDITED = ("title", "country", "language", "kind", "perspective", "full_text", "interval", "verify_tls")


@pages.get("/feeds/opml")
def download(visit: Visit) -> Response:
    """The whole list, to keep or to take elsewhere."""
    document = write_opml((one.feed for one in visit.ports.feeds()), "biowire feeds")
    headers = {"Content-Disposition": 'attachment; filename="biowire-feeds.opml"'}
    return Response(document, media_type="text/x-opml", headers=headers)


def _too_long(visit: Visit) -> Response:
    said = visit.gettext(
        "The file is larger than %(most)s MB; `biowire feeds import FILE.opml` takes it.", most=_UPLOAD_MB
    )
    return _listed(visit, wrong_file=said, status=413)


@pages.post("/feeds/opml", _too_long)
def upload(visit: Visit) -> Response:
    """Follow every feed of a list that is not followed yet."""
    file = visit.form.get("file")
    try:
        feeds = read_opml(file.file.read()) if isinstance(file, UploadFile) and file.filename else ()
    except UserError as wrong:
        return _listed(visit, wrong_file=str(wrong), status=400)
    if not feeds:
        said = visit.gettext("That names no feed: choose an OPML file, as feed readers write them.")
        return _listed(visit, wrong_file=said, status=400)
    added = visit.ports.writing.feeds(lambda store: store.add(feeds))
    said = visit.ngettext(
        "%(added)s of %(num)s feed added.",
        "%(added)s of %(num)s feeds added.",
        len(feeds),
        added=f"{added:,}",
    )
    if added < len(feeds):
        said += " " + visit.gettext("The others were on the list already.")
    return visit.go("/feeds", said)


@pages.post("/feeds/{what}")
def act(visit: Visit) -> Response:
    """Fetch a feed now, retire or revive it, or take it off the list."""
    url, what = text(visit.form, "url", 2048), visit.part("what")
    if what not in _ACTS:
        raise Missing("There is no such thing to do with a feed.")
    changed = visit.ports.writing.feeds(lambda store: _ACTS[what](store, url))
    name = changed.title or url
    if what == "remove":
        return visit.go("/feeds", visit.gettext("%(name)s is off the list; its articles stay.", name=name))
    return visit.go("/feeds/one", _done(visit, what, name), url=url)


def _done(visit: Visit, what: str, name: str) -> str:
    if what == "retire":
        return visit.gettext("%(name)s is not fetched any more.", name=name)
    if visit.ports.writing.fetches:
        return visit.gettext("%(name)s is being fetched now; load this page again in a moment.", name=name)
    if visit.ports.context.distributed:
        return visit.gettext(
            "%(name)s is due now: a connector fetches it within seconds, if one runs.", name=name
        )
    return visit.gettext("%(name)s is due now, but nothing fetches here: start `biowire run`.", name=name)


def _removed(store: FeedStateStore, url: str) -> Feed:
    known = found(store, url)
    store.remove(url)
    return known.feed


_ACTS = {"fetch": fetch_now, "retire": retire, "revive": revive, "remove": _removed}
