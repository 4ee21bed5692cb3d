"""A watchlist changed: a set of its words, or its file, with a look at what that does to the archive."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from connectors.errors import BiowireError, UserError
from streams.core.vocabulary import KINDS
from streams.vocabulary.files import VocabularyFilesError
from streams.vocabulary.watchlist_files import Changed, Kept, drafted, save
from streams.vocabulary.watchlist_preview import Preview, preview
from streams.vocabulary.watchlist_words import NEW, with_words, words_of

from ...api.answers import Missing, status_of
from ...api.opening import LONG_SECONDS
from ..routing import Pages
from ..visit import Visit, text
from ..word_fields import pattern, shown, written
from .watchlists import kept_file, own

pages = Pages()

NEWEST = 5_000
"""Articles that a preview looks at, unless the whole archive is asked for."""
SECONDS = 4.0
"""That it may take for that."""
LONGEST = 1_000_000
"""Characters of a file in a form."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a change does, or why that cannot be said."""

    result: Preview | None = None
    trouble: tuple[str, ...] = ()
    status: int = 200
    """Of the page that says it."""


@pages.get("/watchlists/{id}/words")
def words(visit: Visit) -> Response:
    """A form for one pattern, or a new one."""
    file, place = kept_file(visit), visit.query.get("at", NEW)
    return _words(visit, file, place, shown(_table(file, place)))


@pages.get("/watchlists/{id}/file")
def whole(visit: Visit) -> Response:
    """The file itself, for everything that has no form."""
    file = kept_file(visit)
    return _file(visit, file, file.source)


@pages.post("/watchlists/{id}/words")
def keep_words(visit: Visit) -> Response:
    """Save the words, add new ones, or take them away."""
    file, place = kept_file(visit), text(visit.form, "at", 40)
    values = written(visit.form)
    trying = "try" in visit.form or typing(visit)
    try:
        _refuse_changed(visit, file)
        table = None if "remove" in visit.form else pattern(_table(file, place), values)
        source = with_words(file.source, place, table)
        if not trying:
            return saved(visit, file, source)
        trial = tried(visit, file, source)
    except VocabularyFilesError as error:
        trial = Trial(trouble=tuple(problem.message for problem in error.problems), status=400)
    except BiowireError as error:
        trial = Trial(trouble=(str(error),), status=status_of(error))
    return _words(visit, file, place, values, trial)


@pages.post("/watchlists/{id}/file")
def keep_file(visit: Visit) -> Response:
    """Save the file as it was written."""
    file = kept_file(visit)
    source = text(visit.form, "source", LONGEST).replace("\r\n", "\n")
    try:
        _refuse_changed(visit, file)
        if not ("try" in visit.form or typing(visit)):
            return saved(visit, file, source)
        trial = tried(visit, file, source)
    except VocabularyFilesError as error:
        trial = Trial(trouble=tuple(map(str, error.problems)), status=400)
    except BiowireError as error:
        trial = Trial(trouble=(str(error),), status=status_of(error))
    return _file(visit, file, source, trial)


def typing(visit: Visit) -> bool:
    """Whether a script asks what would come of the form as it stands."""
    return "x-biowire-typing" in visit.request.headers


def _refuse_changed(visit: Visit, file: Kept) -> None:
    if text(visit.form, "mark", 40) != file.mark:
        raise Changed(
            f"The file {file.path.name} was changed meanwhile; open the watchlist again to see how."
        )


def saved(visit: Visit, file: Kept, source: str) -> Response:
    """Write the file, if the whole vocabulary can be used with it."""
    if own(visit) is None:
        raise UserError("The shipped vocabulary is not changed; make a copy of your own first.")
    drafted(visit.ports.vocabulary().definitions, file, source)
    save(file, text(visit.form, "mark", 40) or file.mark, source)
    at_once = visit.ports.writing.judge_by(visit.ports.vocabulary())
    said = (
        visit.gettext("Saved. What comes in is judged by it from now on.")
        if at_once
        else visit.gettext("Saved. What comes in is judged by it from the next start of `biowire run` on.")
    )
    return visit.go(f"/watchlists/{file.id}", said)


def tried(visit: Visit, file: Kept, source: str) -> Trial:
    """Look at the newest articles, or at all of them where that is asked for."""
    every = text(visit.form, "try") == "all"
    with visit.ports.long(), visit.ports.reading(LONG_SECONDS) as reading:
        vocabulary = drafted(visit.ports.vocabulary().definitions, file, source)
        most, until = (None, LONG_SECONDS) if every else (NEWEST, SECONDS)
        until += time.monotonic()
        return Trial(preview(reading.index, vocabulary, file.id, most, lambda: time.monotonic() < until))


def _table(file: Kept, place: str) -> Mapping[str, Any]:
    if place == NEW:
        return {}
    found = next((one.table for one in words_of(file.table) if one.place == place), None)
    if found is None:
        raise Missing("These words are not in the file any more; open the watchlist again.")
    return found


def _words(
    visit: Visit,
    file: Kept,
    place: str,
    values: Mapping[str, str],
    trial: Trial = Trial(),
) -> Response:
    return visit.render(
        "watchlist_words.html",
        trial.status,
        file=file,
        title=file.table.get("title", file.id),
        place=place,
        values=defaultdict(str, values),
        kinds=KINDS,
        contexts=visit.ports.vocabulary().definitions.contexts,
        mark=text(visit.form, "mark", 40) or file.mark,
        own=own(visit),
        new=NEW,
        trial=trial,
        newest=NEWEST,
    )


def _file(
    visit: Visit,
    file: Kept,
    source: str,
    trial: Trial = Trial(),
) -> Response:
    return visit.render(
        "watchlist_file.html",
        trial.status,
        file=file,
        title=file.table.get("title", file.id),
        source=source,
        mark=text(visit.form, "mark", 40) or file.mark,
        own=own(visit),
        trial=trial,
        newest=NEWEST,
    )
