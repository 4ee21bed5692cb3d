"""`biowire search`, `show` and `export`: look into the index from the command line."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click

from connectors.console import Context, json_option, pass_context, print_json, print_lines, safe
from connectors.errors import UserError

from ..core.highlight import Fragment
from ..core.index import FACETS
from ..core.query_parse import parse
from ..core.records import Document
from ..export import FORMATS, write_documents, write_sightings
from ..reading import reading
from ..sinks import Hit, SearchResult, Sort
from .periods import period_options

_FACETS_SHOWN = 8


@click.command()
@click.argument("query")
@period_options
@click.option("--sort", type=click.Choice(["new", "relevance"]), default="new", show_default=True)
@click.option(
    "--limit", type=click.IntRange(0, 100_000), default=20, show_default=True, help="Documents shown."
)
@click.option("--facets", is_flag=True, help="Count what was found by source, label, watchlist and so on.")
@click.option("--copies", is_flag=True, help="Also find near-duplicates of other articles.")
@json_option
@pass_context
def search(
    context: Context,
    query: str,
    since: datetime | None,
    until: datetime | None,
    sort: Sort,
    limit: int,
    facets: bool,
    copies: bool,
    as_json: bool,
) -> None:
    """Search the index, newest first. The query language: docs/query.md.

    Example: biowire search 'title:"face recognition" domain:policing -country:us' --since 30d
    """
    wanted = parse(query)
    with reading(context) as ports:
        result = ports.index.search(
            wanted,
            since=since,
            until=until,
            sort=sort,
            limit=limit,
            copies=copies,
            facets=FACETS if facets else (),
        )
    if not as_json:
        _print(result)
    elif facets:
        print_json(
            {
                "total": result.total,
                "facets": {field: dict(counts) for field, counts in result.facets.items()},
                "documents": [hit.document for hit in result.hits],
            }
        )
    else:
        print_lines(hit.document for hit in result.hits)


def _print(result: SearchResult) -> None:
    for hit in result.hits:
        _print_hit(hit)
    for field, counts in result.facets.items():
        if counts:
            shown = ", ".join(f"{safe(value)} {count}" for value, count in counts[:_FACETS_SHOWN])
            more = f", and {len(counts) - _FACETS_SHOWN} more" if len(counts) > _FACETS_SHOWN else ""
            click.echo(f"{field:>12}  {shown}{more}")
    total = f"{result.total:,}" if result.exact else f"{result.total:,} or more"
    click.echo(f"{len(result.hits)} of {total} article{'s' * (total != '1')}.")


def _print_hit(hit: Hit) -> None:
    document = hit.document
    marked = {highlight.field: highlight.fragments for highlight in hit.highlights}
    click.echo(_heading(document))
    title = marked.get("title")
    click.echo(f"  {_styled(title[0]) if title else safe(document.title)}")
    for field in ("summary", "text"):
        for fragment in marked.get(field, ()):
            click.echo(f"    {_styled(fragment)}")
    click.echo(click.style(f"  {safe(document.url)}  {document.id}\n", dim=True))


def _heading(document: Document) -> str:
    flags = "".join(f" [{safe(watchlist)}]" for watchlist in document.watchlists)
    when = f"{document.when:%Y-%m-%d %H:%M}"
    return f"{when}  {safe(document.source.name or document.source.host)}{click.style(flags, fg='red')}"


def _styled(fragment: Fragment) -> str:
    """The fragment on one line, its marks in bold on a terminal and between `*` elsewhere."""
    tty = sys.stdout.isatty()
    parts, at = [], 0
    for start, end in fragment.marks:
        word = safe(fragment.text[start:end])
        parts += [safe(fragment.text[at:start]), click.style(word, bold=True) if tty else f"*{word}*"]
        at = end
    line = "".join([*parts, safe(fragment.text[at:])])
    line = " ".join(line.split())
    return f"{'… ' * fragment.cut_before}{line}{' …' * fragment.cut_after}"


@click.command()
@click.argument("article", metavar="ID|URL")
@json_option
@pass_context
def show(context: Context, article: str, as_json: bool) -> None:
    """Show one document, by id, the beginning of an id, or URL.

    Example: biowire show https://news.example/face-recognition-trial
    """
    with reading(context) as ports:
        document = ports.index.find(article)
    if document is None:
        raise UserError(
            f"There is no article {safe(article)} in the index; `biowire search` finds ids and URLs."
        )
    if as_json:
        print_json(document)
    else:
        for line in _described(document):
            click.echo(line)


def _described(document: Document) -> Iterator[str]:
    yield click.style(safe(document.title), bold=True)
    yield _heading(document)
    yield safe(document.url)
    published = "unknown" if document.published is None else f"{document.published:%Y-%m-%d %H:%M} UTC"
    yield f"id {document.id}, published {published}, first seen {document.first_seen:%Y-%m-%d %H:%M} UTC"
    yield f"language {document.language}, relevance {document.relevance}, version {document.revision}"
    story = document.story
    sources = ", ".join(map(safe, story.sources))
    yield f"story {document.story_id}: {story.role} of {story.size} from {sources}"
    yield f"  {safe(story.reason)}"
    if document.dedup.of:
        yield f"near-duplicate of {document.dedup.of}: {safe(document.dedup.reason)}"
    for label in document.labels:
        words = ", ".join(dict.fromkeys(safe(reason.surface) for reason in label.reasons))
        yield f"{label.facet} {label.id} ({label.score:.2f}): {words}"
    for flag in document.flags:
        place = f"{flag.field} {flag.start}-{flag.end}"
        yield f"flag {flag.watchlist}: {flag.term}, {place}: {safe(flag.surface)}"
    yield ""
    yield safe(document.text or document.summary)


@click.command()
@click.argument("query", default="*")
@period_options
@click.option("--format", "format_", type=click.Choice(FORMATS), default="jsonl", show_default=True)
@click.option("--no-copies", is_flag=True, help="Leave near-duplicates of other articles out.")
@click.option("--sightings", is_flag=True, help="Instead: one line per item that came in.")
@click.option("--output", type=click.Path(dir_okay=False), help="Write to this file, whole or not at all.")
@json_option
@pass_context
def export(
    context: Context,
    query: str,
    since: datetime | None,
    until: datetime | None,
    format_: str,
    no_copies: bool,
    sightings: bool,
    output: str | None,
    as_json: bool,
) -> None:
    """Write documents with their versions, oldest first, near-duplicates included.

    Example: biowire export 'flag:detention' --format csv --output detention.csv
    """
    if as_json and format_ != "jsonl":
        raise UserError(f"--json means --format jsonl; leave one of --json and --format {format_} out.")
    if sightings and (query != "*" or since or until or no_copies):
        raise UserError("--sightings lists every item that came in; it takes no query and no period.")
    if format_ == "parquet" and output is None:
        raise UserError("A Parquet file has to be given a name: add --output FILE.")
    wanted = parse(query)
    with reading(context, fresh=True) as ports, _target(output) as file:
        if sightings:
            write_sightings(ports.received.sightings(), ports.index.story_ids(), format_, file)
        else:
            found = ports.index.scan(wanted, since=since, until=until, copies=not no_copies)
            write_documents(found, format_, file)


@contextlib.contextmanager
def _target(output: str | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears only when all is written."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                yield file  # type: ignore[misc]
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as cause:
        raise UserError(f"{output} cannot be written: {cause.strerror}.") from cause
