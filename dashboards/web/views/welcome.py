"""The first run: choose sources and what to be told of, or look around the demo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from starlette.responses import Response

from connectors.records import Feed
from dashboards.api.subscriptions import unsaid
from streams.core.alerts.condition_defaults import default_condition
from streams.core.alerts.records import Subscription
from streams.seeds_files import starter_feeds

from ..routing import Pages
from ..visit import Visit
from ..words import spoken

pages = Pages()


@dataclass(frozen=True, slots=True)
class Starter:
    """A folder of the shipped list."""

    name: str
    feeds: Sequence[Feed]


def starters() -> list[Starter]:
    """The shipped sources by folder, in their order."""
    names = dict.fromkeys(_folder(feed) for feed in starter_feeds())
    return [Starter(name, [feed for feed in starter_feeds() if _folder(feed) == name]) for name in names]


def _folder(feed: Feed) -> str:
    return feed.group[0] if feed.group else ""


@pages.get("/welcome")
def show(visit: Visit) -> Response:
    """The ways to begin."""
    return _page(visit)


def _page(visit: Visit, wrong: str = "") -> Response:
    languages = Counter(feed.language for feed in starter_feeds())
    return visit.render(
        "welcome.html",
        status=400 if wrong else 200,
        starters=starters(),
        languages=sorted(languages.items(), key=lambda one: (-one[1], one[0])),
        watchlists=list(visit.ports.vocabulary().watchlists.values()),
        followed=len(visit.ports.feeds()),
        fetches=visit.ports.writing.fetches,
        wrong=wrong,
    )


@pages.post("/welcome")
def begin(visit: Visit) -> Response:
    """Follow the sources of the chosen folders and languages, and subscribe to the chosen watchlists."""
    folders, languages = set(visit.form.getlist("folder")), set(visit.form.getlist("language"))
    chosen = [one for one in starter_feeds() if _folder(one) in folders and one.language in languages]
    if not chosen:
        return _page(visit, "Choose at least one kind of source, and a language that it comes in.")
    added = visit.ports.writing.feeds(lambda store: store.add(chosen))
    told = _subscribe(visit, [str(one) for one in visit.form.getlist("watchlist")])
    said = [
        visit.ngettext(
            "%(added)s of %(num)s feed added.",
            "%(added)s of %(num)s feeds added.",
            len(chosen),
            added=f"{added:,}",
        )
    ]
    if told:
        said.append(visit.ngettext("%(num)s subscription made.", "%(num)s subscriptions made.", told))
    if visit.ports.writing.fetches:
        said.append(visit.gettext("They are being fetched now."))
    else:
        said.append(visit.gettext("Start `biowire run` to fetch them."))
    return visit.go("/feeds", " ".join(said))


def _subscribe(visit: Visit, watchlists: Sequence[str]) -> int:
    """A subscription for each that is known and has none yet: its new stories, shown here and as a feed."""
    known = visit.ports.vocabulary().watchlists
    made = 0
    with visit.ports.subscriptions() as store:
        for id_ in watchlists:
            new = _on(id_)
            if id_ in known and store.get(new.id) is None:
                store.save(new, visit.principal.name, datetime.now(UTC))
                made += 1
    return made


def _on(watchlist: str) -> Subscription:
    return replace(
        unsaid(f"new-{watchlist}"),
        name=f"New: {spoken(watchlist)}",
        query=f"watchlist:{watchlist}",
        condition=default_condition("story"),
    )
