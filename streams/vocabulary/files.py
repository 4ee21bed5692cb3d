"""Read vocabulary and watchlists from TOML files, and say what is wrong with them, file and line.

    seeds/vocabulary/*.toml, seeds/watchlists/*.toml ─► Definitions ─► Vocabulary

How the files are written: seeds/vocabulary/README.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from connectors.errors import UserError

from ..core.compiled import Vocabulary, VocabularyError, compile_vocabulary
from ..core.references import Problem
from ..core.vocabulary import KINDS, Condition, Definitions, Facet, Pattern, Term, Watchlist
from ..toml_lines import FileProblem, TomlPath
from .tables import (
    CONDITION,
    FACET,
    LANGUAGE,
    NAME,
    PATTERN,
    TERM,
    WATCHLIST,
    TomlFile,
)


class VocabularyFilesError(UserError):
    """The files cannot be used; `problems` lists everything, the message says the first."""

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        more = len(self.problems) - 1
        rest = f" (and {more} more: see `biowire vocabulary check`)" if more else ""
        super().__init__(f"The vocabulary cannot be used: {self.problems[0]}{rest}.")


def seeds_folder() -> Path:
    """The folder with `vocabulary/` and `watchlists/` that ships with the program."""
    return Path(str(files("seeds")))


def load_vocabulary(folder: Path | None = None) -> Vocabulary:
    """Read and compile `folder`/vocabulary/*.toml and `folder`/watchlists/*.toml, ours by default.

    Raises VocabularyFilesError with all problems at once.
    """
    reading = _Reading(folder or seeds_folder())
    definitions = reading.definitions()
    if reading.problems:
        raise VocabularyFilesError(reading.problems)
    try:
        return compile_vocabulary(definitions)
    except VocabularyError as error:
        raise VocabularyFilesError(map(reading.placed, error.problems)) from error


@dataclass(frozen=True, slots=True)
class WatchlistFile:
    """One watchlist, read by itself."""

    watchlist: Watchlist
    contexts: Mapping[str, tuple[str, ...]]
    _reading: _Reading
    _file: TomlFile

    def line(self, *path: str) -> int:
        """Where something stands in the file."""
        return self._file.lines.of(*path)

    def placed(self, problem: Problem) -> FileProblem:
        """A problem of compiling, with its line if it is in this file, else with the name of the list."""
        try:
            return self._reading.placed(problem)
        except KeyError:
            return FileProblem(problem.place[0], 1, problem.message)


def read_watchlist(path: Path, shown: str) -> WatchlistFile:
    """Read one file of a watchlist, `shown` by this name. Raises VocabularyFilesError."""
    file = TomlFile(path, shown)
    reading = _Reading(path.parent)
    watchlist = reading.watchlist(file) if file.table else None
    problems = [*file.problems, *reading.problems]
    if watchlist is None or problems:
        raise VocabularyFilesError(problems or [FileProblem(shown, 1, "the file is empty")])
    return WatchlistFile(watchlist, reading.contexts, reading, file)


class _Reading:
    """All files of a folder, and where each term came from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[FileProblem] = []
        self._places: dict[tuple[str, str], tuple[TomlFile, TomlPath]] = {}
        self.contexts: dict[str, tuple[str, ...]] = {}

    def definitions(self) -> Definitions:
        facets = [self._facet(file) for file in self._files("vocabulary")]
        watchlists = [self.watchlist(file) for file in self._files("watchlists")]
        if not facets and not watchlists:
            self.problems.append(
                FileProblem(str(self.folder), 1, "there is no vocabulary/*.toml and no watchlists/*.toml")
            )
        return Definitions(
            facets=tuple(facet for facet in facets if facet),
            watchlists=tuple(watchlist for watchlist in watchlists if watchlist),
            contexts=self.contexts,
        )

    def placed(self, problem: Problem) -> FileProblem:
        """A problem of compiling, with file and line."""
        listed, term, number, key = problem.place
        file, path = self._places.get((listed, term)) or self._places[listed, ""]
        if key in {"forms", "requires", "blocks", "except"}:
            path = (*path, "pattern", number)
        return FileProblem(file.name, file.lines.of(*path, key), problem.message)

    def _files(self, kind: str) -> Iterator[TomlFile]:
        for path in sorted((self.folder / kind).glob("*.toml")):
            file = TomlFile(path, f"{kind}/{path.name}")
            if file.table:
                yield file
            self.problems.extend(file.problems)

    def _facet(self, file: TomlFile) -> Facet | None:
        top = file.take(file.table, (), FACET)
        if not file.need(top, (), "facet", "title", "term"):
            return None
        name = top["facet"]
        self._new(file, name, "", ())
        self._read_contexts(file, top)
        return Facet(
            id=name,
            title=top["title"],
            terms=tuple(self._terms(file, name, top["term"])),
            threshold=float(top.get("threshold", 0.5)),
            most=top.get("most", 0),
        )

    def watchlist(self, file: TomlFile) -> Watchlist | None:
        top = file.take(file.table, (), WATCHLIST)
        if not file.need(top, (), "id", "title"):
            return None
        name, listed = top["id"], f"watchlist.{top['id']}"
        self._new(file, listed, "", ())
        self._read_contexts(file, top)
        terms = list(self._terms(file, listed, top.get("term", [])))
        if top.get("pattern") or top.get("include"):
            self._new(file, listed, name, ())
            own = Term(
                id=name,
                label=top["title"],
                patterns=tuple(self._patterns(file, (), top.get("pattern", []))),
                include=tuple(top.get("include", ())),
            )
            terms.insert(0, own)
        condition = file.take(top.get("condition", {}), ("condition",), CONDITION)
        return Watchlist(
            id=name,
            title=top["title"],
            description=top.get("description", ""),
            terms=tuple(terms),
            condition=Condition(**_tuples(condition)),
            source=top.get("source", ""),
            added=top.get("added"),
        )

    def _new(self, file: TomlFile, listed: str, term: str, path: TomlPath) -> None:
        """Remember where a list or term is; a problem when there is one of that name already."""
        name = term or listed.removeprefix("watchlist.")
        line = (
            file.lines.of(*path, "id") if path else file.lines.of("facet" if "facet" in file.table else "id")
        )
        if not NAME.fullmatch(name):
            file.problem(line, f"id {name!r} must be letters, digits, _ and -")
        if known := self._places.get((listed, term)):
            first = known[0].lines.of(*known[1], "id")
            file.problem(line, f"{name!r} is defined twice; first at {known[0].name}:{first}")
        self._places.setdefault((listed, term), (file, path))

    def _read_contexts(self, file: TomlFile, top: Mapping[str, Any]) -> None:
        for name, words in top.get("contexts", {}).items():
            line = file.lines.of("contexts", name)
            if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
                file.problem(line, f"context list {name!r} must be a list of strings, and not empty")
            elif name in self.contexts:
                file.problem(line, f"context list {name!r} is defined twice")
            else:
                self.contexts[name] = tuple(words)
                self._places[f"@{name}", ""] = (file, ("contexts", name))

    def _terms(self, file: TomlFile, listed: str, tables: list[dict[str, Any]]) -> Iterator[Term]:
        for number, table in enumerate(tables):
            path: TomlPath = ("term", number)
            term = file.take(table, path, TERM)
            if not file.need(term, path, "id", "label"):
                continue
            self._new(file, listed, term["id"], path)
            patterns = tuple(self._patterns(file, path, term.pop("pattern", [])))
            if not patterns and not term.get("include"):
                file.problem(file.lines.of(*path), f"{term['id']!r} has neither a pattern nor an include")
            yield Term(patterns=patterns, **_tuples(term))

    def _patterns(self, file: TomlFile, path: TomlPath, tables: list[dict[str, Any]]) -> Iterator[Pattern]:
        for number, table in enumerate(tables):
            here = (*path, "pattern", number)
            pattern = file.take(table, here, PATTERN)
            _check_pattern(file, here, pattern)
            pattern["excepted"] = pattern.pop("except", [])
            pattern.setdefault("forms", [])
            if pattern.get("kind", KINDS[0]) not in KINDS:
                del pattern["kind"]
            yield Pattern(**_tuples(pattern))


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _check_pattern(file: TomlFile, path: TomlPath, pattern: Mapping[str, Any]) -> None:
    file.need(pattern, path, "forms")
    if not all(form.strip() for form in pattern.get("forms", ())):
        file.problem(file.lines.of(*path, "forms"), "an empty form finds nothing")
    if (kind := pattern.get("kind", KINDS[0])) not in KINDS:
        file.problem(file.lines.of(*path, "kind"), f"kind {kind!r} is none of {', '.join(KINDS)}")
    language = pattern.get("language", "")
    if not LANGUAGE.fullmatch(language):
        file.problem(file.lines.of(*path, "language"), f"language {language!r} is no code like de or zh-Hans")
    if pattern.get("same_language") and not language:
        file.problem(file.lines.of(*path, "same_language"), "same_language needs a language")
    first, last = pattern.get("valid_from"), pattern.get("valid_until")
    if first and last and last < first:
        file.problem(file.lines.of(*path, "valid_until"), f"valid_until {last} is before valid_from {first}")
