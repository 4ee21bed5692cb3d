"""`subscriptions import`, `export` and `check`: subscriptions as files that travel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from connectors.console import Context, json_option, pass_context, print_json, safe
from connectors.errors import UserError

from ..core.alerts.editing import asked
from ..core.alerts.records import Subscription
from ..core.alerts.subscription_toml import MOST_CHARACTERS, SubscriptionFileError, read, write
from ..subscriptions.choose import subscriptions as opened
from ..subscriptions.whole_file import write_whole
from ..toml_lines import FileProblem
from .subscription_options import check_channels, os_user


@click.command(name="import")
@click.argument("place", metavar="FILE|DIR", type=click.Path(path_type=Path))
@json_option
@pass_context
def import_(context: Context, place: Path, *, as_json: bool) -> None:
    """Take in FILE.toml, or every *.toml of DIR: all, or none when one is wrong.

    A file makes or changes the subscription of its name: border.toml is `border`.

    Example: biowire subscriptions import team-subscriptions
    """
    wanted = read_all(place)
    done: dict[str, list[str]] = {"added": [], "changed": [], "known": []}
    with opened(context) as store:
        kept = {one.id: one for one in store.all()}
        for new in wanted:
            check_channels(context, new, kept.get(new.id))
        for new in wanted:
            old = kept.get(new.id)
            outcome = "added" if old is None else "known" if asked(old) == asked(new) else "changed"
            store.save(new, os_user(), datetime.now(UTC))
            done[outcome].append(new.id)
    if as_json:
        print_json(done)
    else:
        added, changed, known = map(len, done.values())
        click.echo(f"{added} added, {changed} changed, {known} known already.")


def read_all(place: Path) -> list[Subscription]:
    """Every subscription of a file or folder, by name of the file.

    Raises SubscriptionFileError with all that is wrong in all of them.
    """
    files = sorted(place.glob("*.toml")) if place.is_dir() else [place]
    files = [file for file in files if not file.name.startswith(".")]
    if not files:
        raise UserError(f"There is no *.toml in {place}.")
    found: list[Subscription] = []
    problems: list[FileProblem] = []
    for file in files:
        try:
            found.append(read(_text(file), str(file)))
        except SubscriptionFileError as error:
            problems.extend(error.problems)
    if problems:
        raise SubscriptionFileError(problems)
    return found


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(4 * MOST_CHARACTERS + 1).decode()
    except UnicodeDecodeError as cause:
        raise UserError(f"{file} is not UTF-8 text, so no subscription.") from cause
    except OSError as cause:
        raise UserError(f"{file} cannot be read: {cause.strerror}.") from cause


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@json_option
@pass_context
def export(context: Context, folder: Path, *, as_json: bool) -> None:
    """Write each subscription to DIR as ID.toml. Channels may hold passwords: only you can read the files.

    Example: biowire subscriptions export team-subscriptions
    """
    with opened(context) as store:
        known = store.all()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in known:
            write_whole(folder / f"{one.id}.toml", write(one).encode())
    except OSError as cause:
        raise UserError(f"{folder} cannot be written to: {cause.strerror}.") from cause
    if as_json:
        print_json({"exported": [one.id for one in known]})
    else:
        click.echo(safe(f"{len(known)} written to {folder}."))


@click.command()
@click.argument("place", metavar="[FILE|DIR]", required=False, type=click.Path(path_type=Path))
@json_option
@pass_context
def check(context: Context, place: Path | None, *, as_json: bool) -> None:
    """Check the subscriptions kept here, or files before they are taken in: exit code 2 with a problem.

    Every problem is told at once, with file and line.

    Example: biowire subscriptions check
    """
    count, problems = _checked(context, place)
    if as_json:
        print_json({"ok": not problems, "subscriptions": count, "problems": problems})
    for problem in () if as_json else problems:
        click.echo(safe(problem))
    if problems:
        many = len(problems)
        raise UserError(f"{many} problem{'s' if many > 1 else ''} found; mend and check again.")
    if not as_json:
        click.echo(f"All is well: {count} subscription{'s' * (count != 1)}.")


def _checked(context: Context, place: Path | None) -> tuple[int, list[str]]:
    known: list[Subscription] = []
    problems: list[str] = []
    if place is None:
        with opened(context) as store:
            known, problems = [*store.all()], [*store.problems()]
    else:
        try:
            known = read_all(place)
        except SubscriptionFileError as error:
            problems = [str(one) for one in error.problems]
    return len(known), [*problems, *_of_channels(context, known), *_of_names(known)]


def _of_channels(context: Context, known: list[Subscription]) -> Iterator[str]:
    for one in known:
        try:
            check_channels(context, one)
        except UserError as error:
            yield f"{one.id}.toml: {error}"


def _of_names(known: list[Subscription]) -> Iterator[str]:
    first: dict[str, str] = {}
    for one in known:
        if (other := first.setdefault(one.name, one.id)) != one.id:
            yield f"{one.id}.toml: {other}.toml has the same name, {one.name}."
