"""Watchlists: which words raise a flag; changed with a look at what that does to the archive."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response

from connectors.errors import BiowireError, UserError
from dashboards.api.answers import Missing
from dashboards.api.opening import LONG_SECONDS
from streams.core.compiled import Vocabulary
from streams.core.query import Everything
from streams.core.references import count_for, terms_of
from streams.core.vocabulary import KINDS, Pattern
from streams.own_vocabulary import make_own, own_folder
from streams.vocabulary_files import VocabularyFilesError, seeds_folder
from streams.watchlist_files import Changed, Kept, drafted, kept, save
from streams.watchlist_preview import Preview, preview
from streams.watchlist_words import NEW, Words, with_words, words_of

from ..routing import Pages
from ..visit import Visit, text

pages = Pages()

NEWEST = 5_000
"""Articles that a preview looks at, unless the whole archive is asked for."""
SECONDS = 4.0
"""That it may take for that."""
LONGEST = 1_000_000
"""Characters of a file in a form."""

_LISTS = ("forms", "requires", "blocks", "except")
_COUNTS = ("near", "blocks_near")


@dataclass(frozen=True, slots=True)
class Row:
    """A watchlist in the list."""

    id: str
    title: str
    description: str
    patterns: int
    languages: tuple[str, ...]
    articles: int


@dataclass(frozen=True, slots=True)
class Included:
    """Words of a term elsewhere that count for a list, too."""

    term: str
    label: str
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a change does, or why that cannot be said."""

    result: Preview | None = None
    trouble: tuple[str, ...] = ()


@functools.lru_cache(maxsize=2)
def _counting(vocabulary: Vocabulary) -> Mapping[str, tuple[tuple[str, str, int], ...]]:
    """For each watchlist the patterns that count for it, wherever they stand."""
    _, flags, _ = count_for(vocabulary.definitions)
    found: dict[str, list[tuple[str, str, int]]] = {one: [] for one in vocabulary.watchlists}
    for place, targets in flags.items():
        for watchlist in dict.fromkeys(watchlist for watchlist, _ in targets):
            found[watchlist].append(place)
    return {watchlist: tuple(places) for watchlist, places in found.items()}


def _patterns(vocabulary: Vocabulary) -> Mapping[tuple[str, str], tuple[str, tuple[Pattern, ...]]]:
    return {(listed, one.id): (one.label, one.patterns) for listed, one in terms_of(vocabulary.definitions)}


@pages.get("/watchlists")
def listed(visit: Visit) -> Response:
    """Every watchlist, and how many articles have its flag."""
    vocabulary = visit.ports.vocabulary()
    patterns = _patterns(vocabulary)
    with visit.ports.reading() as reading:
        articles = dict(reading.index.facets(Everything(), ["watchlist"])["watchlist"])
        total = reading.index.count()
    rows = []
    for one in sorted(vocabulary.watchlists.values(), key=lambda one: one.title):
        found = [patterns[place[:2]][1][place[2]] for place in _counting(vocabulary)[one.id]]
        languages = sorted({pattern.language for pattern in found} - {""})
        rows.append(
            Row(one.id, one.title, one.description, len(found), tuple(languages), articles.get(one.id, 0))
        )
    return visit.render("watchlists.html", rows=rows, total=total, own=_own(visit))


@pages.get("/watchlists/{id}")
def show(visit: Visit) -> Response:
    """One: its words by language, with what they need and what blocks them."""
    vocabulary, file = visit.ports.vocabulary(), _kept(visit)
    if file.id not in vocabulary.watchlists:
        raise Missing(f"There is no watchlist {file.id}.")
    with visit.ports.reading() as reading:
        articles = dict(reading.index.facets(Everything(), ["watchlist"])["watchlist"]).get(file.id, 0)
    table = file.table
    words = sorted(words_of(table), key=_language)
    return visit.render(
        "watchlist.html",
        file=file,
        table=table,
        groups=[(language, list(same)) for language, same in groupby(words, key=_language)],
        included=_included(vocabulary, file.id),
        contexts=vocabulary.definitions.contexts,
        articles=articles,
        own=_own(visit),
        new=NEW,
        distributed=visit.ports.context.distributed,
    )


def _own(visit: Visit) -> Path | None:
    """The folder that may be changed; None while the shipped files are used."""
    return own_folder(visit.ports.context.settings, visit.ports.context.home)


def _kept(visit: Visit) -> Kept:
    id_ = visit.part("id")
    found = kept(_own(visit) or seeds_folder(), id_)
    if found is None:
        raise Missing(f"There is no watchlist {id_}.")
    return found


def _language(words: Words) -> str:
    return str(words.table.get("language", ""))


def _included(vocabulary: Vocabulary, id_: str) -> list[Included]:
    """What counts for the list and stands elsewhere, by term."""
    patterns = _patterns(vocabulary)
    places = [place for place in _counting(vocabulary)[id_] if place[0] != f"watchlist.{id_}"]
    found = []
    for key, same in groupby(sorted(places), key=lambda place: place[:2]):
        label, own = patterns[key]
        found.append(Included(".".join(key), label, tuple(own[number] for _, _, number in same)))
    return sorted(found, key=lambda one: one.label.casefold())


@pages.post("/watchlists/own")
def make(visit: Visit) -> Response:
    """Copy the shipped vocabulary, so that it can be changed."""
    if _own(visit) is None:
        folder = make_own(visit.ports.context.home)
        return visit.go("/watchlists", f"The vocabulary is now read from {folder}; change it here or there.")
    return visit.go("/watchlists")


@pages.get("/watchlists/{id}/words")
def words(visit: Visit) -> Response:
    """A form for one pattern, or a new one."""
    file, place = _kept(visit), visit.query.get("at", NEW)
    return _words(visit, file, place, _shown(_table(file, place)))


@pages.get("/watchlists/{id}/file")
def whole(visit: Visit) -> Response:
    """The file itself, for everything that has no form."""
    file = _kept(visit)
    return _file(visit, file, file.source)


@pages.post("/watchlists/{id}/words")
def keep_words(visit: Visit) -> Response:
    """Save the words, add new ones, or take them away."""
    file, place = _kept(visit), text(visit.form, "at", 40)
    values = _written(visit.form)
    trying = "try" in visit.form or _typing(visit)
    try:
        _refuse_changed(visit, file)
        table = None if "remove" in visit.form else _said(_table(file, place), values)
        source = with_words(file.source, place, table)
        if not trying:
            return _saved(visit, file, source)
        trial = _tried(visit, file, source)
    except VocabularyFilesError as error:
        trial = Trial(trouble=tuple(problem.message for problem in error.problems))
    except UserError as error:
        trial = Trial(trouble=(str(error),))
    return _words(visit, file, place, values, trial, 400 if trial.trouble else 200)


@pages.post("/watchlists/{id}/file")
def keep_file(visit: Visit) -> Response:
    """Save the file as it was written."""
    file = _kept(visit)
    source = text(visit.form, "source", LONGEST).replace("\r\n", "\n")
    try:
        _refuse_changed(visit, file)
        if not ("try" in visit.form or _typing(visit)):
            return _saved(visit, file, source)
        trial = _tried(visit, file, source)
    except VocabularyFilesError as error:
        trial = Trial(trouble=tuple(map(str, error.problems)))
    except UserError as error:
        trial = Trial(trouble=(str(error),))
    return _file(visit, file, source, trial, 400 if trial.trouble else 200)


def _typing(visit: Visit) -> bool:
    return "x-biowire-typing" in visit.request.headers


def _refuse_changed(visit: Visit, file: Kept) -> None:
    if text(visit.form, "mark", 40) != file.mark:
        raise Changed(
            f"The file {file.path.name} was changed meanwhile; open the watchlist again to see how."
        )


def _saved(visit: Visit, file: Kept, source: str) -> Response:
    """Write the file, if the whole vocabulary can be used with it."""
    if _own(visit) is None:
        raise UserError("The shipped vocabulary is not changed; make a copy of your own first.")
    drafted(visit.ports.vocabulary().definitions, file, source)
    save(file, text(visit.form, "mark", 40), source)
    at_once = visit.ports.writing.judge_by(visit.ports.vocabulary())
    when = "from now on" if at_once else "from the next start of `biowire run` on"
    return visit.go(f"/watchlists/{file.id}", f"Saved. What comes in is judged by it {when}.")


def _tried(visit: Visit, file: Kept, source: str) -> Trial:
    """Look at the newest articles, or at all of them where that is asked for."""
    every = text(visit.form, "try") == "all"
    try:
        with visit.ports.long(), visit.ports.reading(LONG_SECONDS) as reading:
            vocabulary = drafted(visit.ports.vocabulary().definitions, file, source)
            most, until = (None, LONG_SECONDS) if every else (NEWEST, SECONDS)
            until += time.monotonic()
            return Trial(preview(reading.index, vocabulary, file.id, most, lambda: time.monotonic() < until))
    except VocabularyFilesError:
        raise
    except BiowireError as error:
        return Trial(trouble=(str(error),))


def _table(file: Kept, place: str) -> Mapping[str, Any]:
    if place == NEW:
        return {}
    found = next((one.table for one in words_of(file.table) if one.place == place), None)
    if found is None:
        raise Missing("These words are not in the file any more; open the watchlist again.")
    return found


def _shown(table: Mapping[str, Any]) -> dict[str, str]:
    """What stands in each field."""
    return {
        "language": table.get("language", ""),
        "kind": table.get("kind", KINDS[0]),
        "same_language": "on" if table.get("same_language") else "",
        **{name: "\n".join(table.get(name, ())) for name in _LISTS},
        **{name: str(table.get(name, 0)) for name in _COUNTS},
    }


def _written(form: FormData) -> dict[str, str]:
    return {name: text(form, name) for name in _shown({})}


def _said(old: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The pattern that the fields make of the old one; what has no field stays. Raises UserError."""
    new = {name: value for name, value in old.items() if name not in values}
    new |= {name: lines for name in _LISTS if (lines := _lines(values[name]))}
    for name in _COUNTS:
        given = values[name].strip() or "0"
        if not (given.isascii() and given.isdigit() and len(given) <= 4):
            raise UserError(f"`{given[:20]}` is no number of words.")
        new |= {name: int(given)} if int(given) else {}
    if values["language"].strip():
        new["language"] = values["language"].strip()
    if values["kind"] != KINDS[0]:
        new["kind"] = values["kind"]
    if values["same_language"]:
        new["same_language"] = True
    return new


def _lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]


def _words(
    visit: Visit,
    file: Kept,
    place: str,
    values: Mapping[str, str],
    trial: Trial | None = None,
    status: int = 200,
) -> Response:
    return visit.render(
        "watchlist_words.html",
        status,
        file=file,
        title=file.table.get("title", file.id),
        place=place,
        values=defaultdict(str, values),
        kinds=KINDS,
        contexts=visit.ports.vocabulary().definitions.contexts,
        mark=text(visit.form, "mark", 40) or file.mark,
        own=_own(visit),
        new=NEW,
        trial=trial or Trial(),
        newest=NEWEST,
    )


def _file(visit: Visit, file: Kept, source: str, trial: Trial | None = None, status: int = 200) -> Response:
    return visit.render(
        "watchlist_file.html",
        status,
        file=file,
        title=file.table.get("title", file.id),
        source=source,
        mark=text(visit.form, "mark", 40) or file.mark,
        own=_own(visit),
        trial=trial or Trial(),
        newest=NEWEST,
    )
