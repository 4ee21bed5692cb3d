"""`biowire parse`: the entries of one feed document, as the connector reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from ..console import json_option, print_lines, read_bytes, safe
from ..errors import PermanentError, UserError
from ..reader import Reader
from ..records import Entry, ParsedFeed

_EXAMPLE = """
\b
Example:
  biowire parse feed.xml --url https://example.org/news/feed.xml
  curl -s https://example.org/feed | biowire parse - --json
"""


@click.command(help=f"List the entries of one feed document: FILE, or - for standard input.\n{_EXAMPLE}")
@click.argument("file", metavar="FILE")
@click.option(
    "--url", default="", help="Where the document came from: relative links are resolved against it."
)
@click.option("--content-type", default="", help="Content-Type it came with; its charset counts.")
@json_option
def parse(*, file: str, url: str, content_type: str, as_json: bool) -> None:
    """Read one document and print what is in it. Raises UserError when it is no feed."""
    data = read_bytes(file)
    with Reader() as reader:
        try:
            feed = reader.parse_sync(data, url=url, content_type=content_type)
        except PermanentError as cause:
            raise UserError(f"{'Standard input' if file == '-' else file} holds no feed. {cause}") from cause
    if as_json:
        print_lines(as_dict(entry) for entry in feed.entries)
    else:
        click.echo(_readable(feed))


def as_dict(entry: Entry) -> dict[str, Any]:
    """An entry as `--json` prints it: dates in RFC 3339 UTC or null."""
    return {
        "id": entry.id,
        "title": entry.title,
        "link": entry.link,
        "published": _rfc3339(entry.published),
        "updated": _rfc3339(entry.updated),
        "authors": entry.authors,
        "categories": entry.categories,
        "summary_html": entry.summary_html,
        "content_html": entry.content_html,
        "language": entry.language,
    }


def _rfc3339(when: datetime | None) -> str | None:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def _readable(feed: ParsedFeed) -> str:
    head = [
        f"{feed.title or '(untitled)'}: {len(feed.entries)} entries, {feed.format}, read by {feed.reader}",
        *([f"  site: {feed.link}"] if feed.link else []),
        *([f"  language: {feed.language}"] if feed.language else []),
        *([f"  asks to wait {feed.ttl} s between fetches"] if feed.ttl else []),
        *([f"  has moved to {feed.moved_to}"] if feed.moved_to else []),
        *([f"  malformed: {feed.problem}"] if feed.problem else []),
    ]
    return safe("\n".join([*head, *(_line(entry) for entry in feed.entries)]))


def _line(entry: Entry) -> str:
    title = " ".join(entry.title.split()) or "(untitled)"
    by = f"  by {', '.join(entry.authors)}" if entry.authors else ""
    return f"\n{_rfc3339(entry.published) or 'undated':20}  {title}{by}\n{'':20}  {entry.link or entry.id}"
