"""`biowire vocabulary`: check the files, list the terms, try a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from connectors.console import (
    Context,
    json_option,
    pass_context,
    print_json,
    print_lines,
    safe,
)
from connectors.errors import UserError
from connectors.normalize import normalize
from connectors.records import Item

from .. import seeds_files
from ..core.analyze import analyze, explain
from ..core.compiled import Vocabulary
from ..core.forms import read_forms
from ..core.records import Blocked, Evidence, Flagged
from ..core.references import terms_of
from ..core.vocabulary import Term
from ..vocabulary.files import VocabularyFilesError, load_vocabulary, seeds_folder


@click.group()
def vocabulary() -> None:
    """Validate, list and try the vocabulary and the watchlists.

    Example: biowire vocabulary test "Police held a man after live facial recognition."
    """


@vocabulary.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@json_option
@pass_context
def check(context: Context, folder: Path | None, *, as_json: bool) -> None:
    """Check all files of FOLDER (with vocabulary/ and watchlists/ in it), ours by default.

    Every problem is told at once, with file and line. Example: biowire vocabulary check my-words
    """
    chosen = context.settings.get("vocabulary") or ""
    folder = folder or (Path(chosen).expanduser() if chosen else seeds_folder())
    try:
        known = load_vocabulary(folder)
    except VocabularyFilesError as error:
        if as_json:
            print_json({"ok": False, "problems": [msgspec.to_builtins(one) for one in error.problems]})
        for problem in () if as_json else error.problems:
            click.echo(safe(str(problem)))
        many = len(error.problems)
        raise UserError(
            f"{many} problem{'s' if many > 1 else ''} found in {folder}; mend and check again."
        ) from error
    counts = _counts(known)
    if as_json:
        print_json({"ok": True, "version": known.version, **counts, "problems": []})
    else:
        click.echo(
            f"All is well: {counts['terms']} terms, {counts['patterns']} patterns, {counts['forms']} forms, "
            f"version {known.version}."
        )


def _counts(known: Vocabulary) -> dict[str, int]:
    terms = [term for _, term in terms_of(known.definitions)]
    return {
        "terms": len(terms),
        "patterns": sum(len(term.patterns) for term in terms),
        "forms": len(known.slots),
    }


@vocabulary.command("list")
@click.option("--facet", default="", help="Only this facet, or `watchlists`.")
@json_option
@pass_context
def list_terms(context: Context, *, facet: str, as_json: bool) -> None:
    """List the terms with their labels, languages and number of forms.

    Example: biowire vocabulary list --facet modality
    """
    known = seeds_files.vocabulary(context.settings)
    chosen = [
        _described(listed, term)
        for listed, term in terms_of(known.definitions)
        if not facet or listed == facet or (facet == "watchlists" and listed.startswith("watchlist."))
    ]
    if not chosen:
        there = ", ".join([*known.facets, "watchlists"])
        raise UserError(f"There is no facet {facet!r}; there are {there}.")
    if as_json:
        print_lines(chosen)
        return
    for one in chosen:
        languages = ", ".join(one["languages"]) or "any language"
        click.echo(safe(f"{one['list']}.{one['id']:24} {one['label']}  ({one['forms']} forms; {languages})"))


def _described(listed: str, term: Term) -> dict[str, Any]:
    forms = {
        form for pattern in term.patterns for one in pattern.forms for form in read_forms(one, pattern.kind)
    }
    return {
        "list": listed,
        "id": term.id,
        "label": term.label,
        "description": term.description,
        "parent": term.parent,
        "include": term.include,
        "source": term.source,
        "languages": sorted({pattern.language for pattern in term.patterns if pattern.language}),
        "patterns": len(term.patterns),
        "forms": len(forms),
    }


@vocabulary.command()
@click.argument("text")
@click.option("--title", default="", help="Title to go with the text.")
@click.option("--language", default="", help="Language of the text, as a feed would declare it.")
@json_option
@pass_context
def test(context: Context, text: str, title: str, language: str, *, as_json: bool) -> None:
    """Show what a text would be labelled and flagged, what did not count, and why.

    Example: biowire vocabulary test "Live facial recognition at the border"
    """
    known = seeds_files.vocabulary(context.settings)
    if not (text.strip() or title.strip()):
        raise UserError("The text is empty; give a sentence to try.")
    item = Item(feed_url="", title=title, link="", text=text, language=language)
    article = normalize(item, datetime.now(UTC))
    flagged, blocked = analyze(article, known), explain(article, known)
    if as_json:
        classified = flagged.classified
        print_json(
            {
                "relevance": classified.relevance,
                "relevance_score": classified.relevance_score,
                "relevance_reasons": classified.relevance_reasons,
                "labels": classified.labels,
                "flags": flagged.flags,
                "blocked": blocked,
                "language": article.language,
                "vocabulary_version": known.version,
            }
        )
    else:
        click.echo(safe("\n".join(readable(flagged, blocked))))


def readable(flagged: Flagged, blocked: tuple[Blocked, ...]) -> Iterator[str]:
    """Lines for people: what was decided, on which words, and what did not count."""
    classified = flagged.classified
    yield f"relevance: {classified.relevance} ({classified.relevance_score:.2f})"
    yield from map(_reason, classified.relevance_reasons)
    yield "labels:" if classified.labels else "labels: none"
    for label in classified.labels:
        yield f"  {label.facet} {label.id} ({label.score:.2f})"
        yield from map(_reason, label.reasons)
    yield "flags:" if flagged.flags else "flags: none"
    for flag in flagged.flags:
        language = f" [{flag.language}]" if flag.language else ""
        place = f"{flag.field} {flag.start}-{flag.end}"
        yield f"  {flag.watchlist}: {flag.surface!r} in {place}, {flag.term}{language}"
    if blocked:
        yield "present, but did not count:"
    for one in blocked:
        yield f"  {one.list} {one.term}, {one.field} {one.start}-{one.end}: {one.why}"


def _reason(reason: Evidence) -> str:
    place = f"{reason.field} {reason.start}-{reason.end}"
    return f"    {reason.weight:+.2f}  {reason.surface!r} in {place} ({reason.term})"
