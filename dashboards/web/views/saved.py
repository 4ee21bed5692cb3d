"""Searches kept by name: seen, renamed, deleted."""

from __future__ import annotations

from starlette.responses import Response

from connectors.errors import UserError
from streams.saved_searches import SavedSearch, SavedSearches

from ..routing import Pages
from ..searched import asked
from ..visit import Visit, text

pages = Pages()

HERE = "/search/saved"


def address(one: SavedSearch) -> str:
    """The search itself."""
    copies = "1" if one.copies else ""
    return asked({"q": one.query, "sort": one.sort, "copies": copies}).address(
        since=one.since, until=one.until
    )


@pages.get(HERE)
def show(visit: Visit) -> Response:
    """All of them."""
    return _page(visit)


def _page(visit: Visit, status: int = 200, wrong: str = "", at: str = "", typed: str = "") -> Response:
    found = [(one, address(one)) for one in _kept(visit).all()]
    return visit.render("saved.html", status, searches=found, wrong=wrong, at=at, typed=typed)


@pages.post(HERE)
def save(visit: Visit) -> Response:
    """Keep a search; a name that cannot be is asked for again."""
    given = {name: text(visit.form, name, 5000) for name in ("q", "since", "until", "sort", "copies")}
    wanted = asked(given)
    search = SavedSearch(
        id="",
        name=text(visit.form, "name", 500),
        query=wanted.text or "*",
        since=wanted.since,
        until=wanted.until,
        sort=wanted.sort,
        copies=wanted.copies,
    )
    try:
        made = _kept(visit).add(search)
    except UserError as wrong:
        return visit.render("save_search.html", 400, asked=wanted, typed=search.name, wrong=str(wrong))
    return visit.go(wanted.address(), said=visit.gettext("Saved as “%(name)s”.", name=made.name))


@pages.post(HERE + "/{id}/rename")
def rename(visit: Visit) -> Response:
    """Call one something else."""
    name = text(visit.form, "name", 500)
    try:
        renamed = _kept(visit).rename(visit.part("id"), name)
    except UserError as wrong:
        return _page(visit, 400, str(wrong), visit.part("id"), name)
    return visit.go(HERE, said=visit.gettext("It is called “%(name)s” now.", name=renamed.name))


@pages.post(HERE + "/{id}/delete")
def delete(visit: Visit) -> Response:
    """Forget one."""
    gone = _kept(visit).delete(visit.part("id"))
    return visit.go(HERE, said=visit.gettext("“%(name)s” is deleted.", name=gone.name))


def _kept(visit: Visit) -> SavedSearches:
    return SavedSearches(visit.ports.context.home)
