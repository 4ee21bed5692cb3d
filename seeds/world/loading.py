"""Read the sample world from its TOML files and check it, so that a slip in one of them is found by name.

outlets.toml, feeds.toml, articles/*.toml ─► tables ─► records ─► copies filled in ─► World
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from . import records
from .copies import derive
from .records import Article, Expectation, Feed, Outlet, Revision, World, WorldError

HERE = Path(__file__).parent
FIRST, LAST = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COPY_FIELDS = ("edits", "keep", "credit", "after")
_CHOICES = {
    "kind": records.KINDS,
    "perspective": records.PERSPECTIVES,
    "format": records.FORMATS,
    "content": records.CONTENTS,
    "full_text": records.FULL_TEXTS,
    "layout": records.LAYOUTS,
    "guid": records.GUIDS,
    "links": records.LINKS,
    "behaviour": tuple(records.BEHAVIOURS),
    "relevance": records.RELEVANCES,
    "trap": ("", *records.TRAPS),
}
_EACH = {"watchlists": records.WATCHLISTS, "declared": records.DECLARED}
Record = TypeVar("Record", Outlet, Feed, Article, Expectation, Revision)


@cache
def load(folder: Path = HERE) -> World:
    """Read and check the world. Raise `WorldError` naming file and table for the first problem."""
    outlets: dict[str, Outlet] = {}
    feeds: dict[str, Feed] = {}
    articles: dict[str, Article] = {}
    copies: dict[str, tuple[str, dict[str, Any]]] = {}
    tables = [(path, _read(path)) for path in sorted(folder.rglob("*.toml"))]
    for path, table in tables:
        for row in table.get("outlet", ()):
            _put(outlets, row.get("id", ""), _record(Outlet, row, _where(path, "outlet", row)), path)
        for row in table.get("feed", ()):
            _put(feeds, row.get("id", ""), _record(Feed, row, _where(path, "feed", row)), path)
    for path, table in tables:
        for row in table.get("article", ()):
            where = _where(path, "article", row)
            if "copy_of" in row:
                _put(copies, row.get("key", ""), (where, row), path)
            else:
                _put(articles, row.get("key", ""), _article(row, outlets, where), path)
        for row in table.get("briefs", ()):
            for brief in _briefs(row, outlets, _where(path, "briefs", row)):
                _put(articles, brief.key, brief, path)
    for key, (where, row) in copies.items():
        if row["copy_of"] not in articles:
            raise WorldError(f"{where}: copy_of names {row['copy_of']!r}, which is no original article.")
        _put(articles, key, _copy(row, articles[row["copy_of"]], outlets, where), Path(where))
    _check_feeds(feeds, outlets, articles)
    by_outlet = {host: tuple(a for a in articles.values() if a.outlet == host) for host in outlets}
    return World(outlets, articles, feeds, by_outlet)


def _read(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WorldError(f"{path.name} is no valid TOML: {error}.") from error
    unknown = set(table) - {"outlet", "feed", "article", "briefs"}
    if unknown:
        raise WorldError(f"{path.name}: unknown table {', '.join(sorted(unknown))}.")
    return table


def _where(path: Path, table: str, row: Mapping[str, Any]) -> str:
    return f"{path.name}, {table} {row.get('key') or row.get('id') or row.get('outlet') or 'without a name'}"


def _put(known: dict[str, Any], key: str, value: object, path: Path) -> None:
    if not _SLUG.fullmatch(key):
        raise WorldError(f"{path.name}: {key!r} is no name: use a-z, 0-9 and single hyphens.")
    if key in known:
        raise WorldError(f"{path.name}: {key!r} is there twice.")
    known[key] = value


def _record(kind: type[Record], row: Mapping[str, Any], where: str) -> Record:
    """Make a record of a table: known fields of the right type, nothing missing, choices checked."""
    unknown = sorted(set(row) - {field.name for field in fields(kind)})
    if unknown:
        raise WorldError(f"{where}: unknown {', '.join(unknown)}.")
    for name, value in row.items():
        if name in _CHOICES and value not in _CHOICES[name]:
            raise WorldError(f"{where}: {name} is {value!r}, not one of {', '.join(_CHOICES[name])}.")
        for one in value if name in _EACH else ():
            if one not in _EACH[name]:
                raise WorldError(f"{where}: {name} has {one!r}, not one of {', '.join(_EACH[name])}.")
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        raise WorldError(f"{where}: {error}.") from error


def _article(row: Mapping[str, Any], outlets: Mapping[str, Outlet], where: str) -> Article:
    outlet = _outlet(row, outlets, where)
    language = row.get("language", outlet.language)
    made = dict(row) | {"language": language, "text": _prose(row.get("text", ""), language)}
    made["expect"] = _record(Expectation, row.get("expect", {"relevance": "?"}), where)
    made["revisions"] = [_record(Revision, revision, where) for revision in _revisions(row, language)]
    made.pop("revision", None)
    article = _record(Article, made, where)
    if not (article.title and article.summary and article.text):
        raise WorldError(f"{where}: title, summary and text may not be empty.")
    return _dated(article, where)


def _revisions(row: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    return [
        revision | {"add": _prose(revision.get("add", ""), language)} for revision in row.get("revision", ())
    ]


def _copy(row: Mapping[str, Any], original: Article, outlets: Mapping[str, Outlet], where: str) -> Article:
    """Fill a copy's table in from its original, then read it like any other article."""
    outlet = _outlet(row, outlets, where)
    inherited = ("title", "summary", "story", "trap", "language")
    made: dict[str, Any] = {name: getattr(original, name) for name in inherited}
    made["expect"] = asdict(original.expect)
    made |= {name: value for name, value in row.items() if name not in _COPY_FIELDS}
    try:
        made["text"] = derive(
            original.text,
            edits=[(old, new) for old, new in row.get("edits", ())],
            keep=row.get("keep", 1.0),
            credit=row.get("credit", ""),
            after=_prose(row.get("after", ""), outlet.language),
        )
    except ValueError as error:
        raise WorldError(f"{where}: {error}") from error
    return _article(made, outlets, where)


def _briefs(row: Mapping[str, Any], outlets: Mapping[str, Outlet], where: str) -> list[Article]:
    outlet = _outlet(row, outlets, where)
    out = []
    for number, line in enumerate(line for line in row["lines"].splitlines() if line.strip()):
        title, bar, sentence = (part.strip() for part in line.partition("|"))
        if not (title and bar and sentence):
            raise WorldError(f"{where}: a line needs a headline, a bar and a sentence: {line!r}.")
        out.append(
            Article(
                key=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
                outlet=outlet.id,
                published=row["first"] + timedelta(minutes=row["every"] * number),
                title=title,
                summary=sentence,
                text=sentence,
                language=outlet.language,
                expect=Expectation(),
            )
        )
    return [_dated(article, where) for article in out]


def _outlet(row: Mapping[str, Any], outlets: Mapping[str, Outlet], where: str) -> Outlet:
    if row.get("outlet") not in outlets:
        raise WorldError(f"{where}: there is no outlet {row.get('outlet')!r}.")
    return outlets[row["outlet"]]


def _dated(article: Article, where: str) -> Article:
    times = [article.published, *(revision.at for revision in article.revisions)]
    if any(time.tzinfo is None or not FIRST <= time < LAST for time in times):
        raise WorldError(f"{where}: times must be UTC (end in Z) and between 2 and 20 November 2026.")
    return article


def _prose(text: str, language: str) -> str:
    """Unfold a wrapped text: a line break is a space, none where the language writes without spaces."""
    joint = "" if language in ("zh", "ja") else " "
    paragraphs = (p.strip().split("\n") for p in re.split(r"\n\s*\n", text.strip()))
    return "\n\n".join(joint.join(line.strip() for line in lines) for lines in paragraphs)


def _check_feeds(
    feeds: Mapping[str, Feed], outlets: Mapping[str, Outlet], articles: Mapping[str, Article]
) -> None:
    places: set[tuple[str, str]] = set()
    for feed in feeds.values():
        if feed.outlet not in outlets:
            raise WorldError(f"Feed {feed.id}: there is no outlet {feed.outlet!r}.")
        if (feed.outlet, feed.path) in places or not feed.path.startswith("/"):
            raise WorldError(f"Feed {feed.id}: path {feed.path!r} is taken or does not start with a slash.")
        places.add((feed.outlet, feed.path))
        for key in feed.articles:
            if key not in articles or articles[key].outlet != feed.outlet:
                raise WorldError(f"Feed {feed.id}: {feed.outlet} has no article {key!r}.")
        try:
            "".encode(feed.encoding)
        except LookupError as error:
            raise WorldError(f"Feed {feed.id}: {error}.") from error
