"""A watchlist made: its title and its words, in one language or several, with a look at the archive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.datastructures import FormData
from starlette.responses import Response

from connectors.errors import BiowireError, UserError
from dashboards.api.answers import status_of
from streams.core.alerts.editing import id_of
from streams.core.vocabulary import KINDS
from streams.toml_lines import FileProblem, Lines
from streams.vocabulary.files import VocabularyFilesError, seeds_folder
from streams.vocabulary.watchlist_files import Kept, begun
from streams.vocabulary.watchlist_words import new_list

from ..routing import Pages
from ..visit import Visit, text
from ..word_fields import WrongField, pattern, shown, written
from .watchlist_forms import NEWEST, Trial, saved, tried, typing
from .watchlists import own

pages = Pages()

MOST_SETS = 20
"""Sets of words in the form; more are added to the list once it is there."""

_ABOUT = ("id", "title", "description")
_PATH = "new"
"""Of the form, so no list may have it for an id."""


@dataclass(frozen=True, slots=True)
class Written:
    """The form as it was sent."""

    about: Mapping[str, str]
    sets: Sequence[Mapping[str, str]]

    @property
    def filled(self) -> list[int]:
        """The sets in which words stand."""
        return [
            number
            for number, one in enumerate(self.sets)
            if any(one[name].strip() for name in ("forms", "requires", "blocks", "except"))
        ]

    @property
    def meant(self) -> list[int]:
        """The sets that the list is made of: others were only opened. The first where none is filled."""
        return self.filled or [0]


class Unmade(Exception):  # noqa: N818 - reads as what it says
    """No list can be made of it; what is wrong by field, in a sentence each."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(*wrong.values())
        self.wrong = wrong


@pages.get("/watchlists/new")
def new(visit: Visit) -> Response:
    """An empty form."""
    return _form(visit, Written(dict.fromkeys(_ABOUT, ""), [shown({})]))


@pages.post("/watchlists/new")
def make(visit: Visit) -> Response:
    """Save it, try it, or ask for words in one more language."""
    sent, trying = _sent(visit.form), typing(visit) or "try" in visit.form
    if "more" in visit.form:
        return _form(visit, Written(sent.about, [*sent.sets, shown({})][:MOST_SETS]))
    if typing(visit) and not sent.filled:
        return _form(visit, sent)  # nobody is told what is missing before they came to it
    try:
        file, source = _made(visit, sent, trying=trying)
        if not trying:
            return saved(visit, file, source)
        trial = tried(visit, file, source)
    except Unmade as unmade:
        return _unmade(visit, sent, unmade.wrong, trying=trying)
    except VocabularyFilesError as error:
        return _unmade(visit, sent, _beside(source, sent.meant, error.problems), trying=trying)
    except BiowireError as error:
        trial = Trial(trouble=(str(error),), status=status_of(error))
    return _form(visit, sent, trial, status=trial.status)


def _unmade(visit: Visit, sent: Written, wrong: Mapping[str, str], *, trying: bool) -> Response:
    mend = Trial(trouble=("Mend what is marked; then it can be tried.",)) if trying else None
    return _form(visit, sent, mend, wrong, 400)


def _sent(form: FormData) -> Written:
    count = text(form, "sets", 2)
    sets = min(int(count), MOST_SETS) if count.isascii() and count.isdigit() else 1
    return Written(
        {name: " ".join(text(form, name, 2_000).split()) for name in _ABOUT},
        [written(form, f"-{number}") for number in range(max(1, sets))],
    )


def _made(visit: Visit, sent: Written, *, trying: bool) -> tuple[Kept, str]:
    """The file, and what it will say. Raises Unmade."""
    wrong: dict[str, str] = {}
    title = sent.about["title"] or ("-" if trying else "")
    id_ = sent.about["id"] or id_of(title or "-")
    if not title:
        wrong["title"] = "Give it a title."
    if id_ == _PATH:
        wrong["id"] = f"The pages use `{_PATH}` themselves; choose another id."
    try:
        file = begun(own(visit) or seeds_folder(), id_)
    except UserError as error:
        wrong["id"] = str(error)
    tables = []
    for number in sent.meant:
        try:
            tables.append(pattern({}, sent.sets[number]))
        except WrongField as error:
            wrong[f"{error.field}-{number}"] = str(error)
    if wrong:
        raise Unmade(wrong)
    about = {"id": id_, "title": title, "description": sent.about["description"]}
    return file, new_list(about, datetime.now(UTC).date(), tables)


def _beside(source: str, numbers: Sequence[int], problems: Iterable[FileProblem]) -> dict[str, str]:
    """What is wrong with the file, beside the field that says what stands on its line."""
    places = Lines(source)
    fields = {places.of(name): name for name in reversed(_ABOUT)}
    for at, number in enumerate(numbers):
        fields[places.of("pattern", at)] = f"forms-{number}"
        for name in shown({}):
            beside = "language" if name == "same_language" else name
            fields.setdefault(places.of("pattern", at, name), f"{beside}-{number}")
    wrong: dict[str, str] = {}
    for problem in problems:
        sentence = f"{problem.message[:1].upper()}{problem.message[1:]}."
        wrong.setdefault(fields.get(problem.line, ""), sentence)
    return wrong


def _form(
    visit: Visit,
    sent: Written,
    trial: Trial | None = None,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    return visit.render(
        "watchlist_new.html",
        status,
        about=sent.about,
        sets=sent.sets,
        most_sets=MOST_SETS,
        wrong=defaultdict(str, wrong or {}),
        kinds=KINDS,
        contexts=visit.ports.vocabulary().definitions.contexts,
        own=own(visit),
        trial=trial or Trial(),
        newest=NEWEST,
    )
