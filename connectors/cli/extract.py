"""`biowire extract`: the article text of one web page, as the connector reads it."""

from __future__ import annotations

import asyncio

import click

from ..console import json_option, print_json, read_bytes, safe
from ..errors import PermanentError, UserError
from ..extract import MAX_PAGE, Page
from ..page_reader import PageReader

_EXAMPLE = """
\b
Example:
  biowire extract page.html --url https://example.org/2026/story
  curl -s https://example.org/2026/story | biowire extract - --json
"""


@click.command(help=f"Print the article text of one web page: FILE, or - for standard input.\n{_EXAMPLE}")
@click.argument("file", metavar="FILE")
@click.option("--url", default="", help="Where the page came from; helps to tell its own title and date.")
@click.option("--content-type", default="", help="Content-Type it came with; its charset counts.")
@json_option
def extract(*, file: str, url: str, content_type: str, as_json: bool) -> None:
    """Read one page and print what it says. Raises UserError when it is no page."""
    html = read_bytes(file, MAX_PAGE)
    try:
        page = asyncio.run(_read(html, url, content_type))
    except PermanentError as cause:
        raise UserError(f"{'Standard input' if file == '-' else file} cannot be read. {cause}") from cause
    if as_json:
        print_json(page)
    else:
        click.echo(safe(_readable(page)))


async def _read(html: bytes, url: str, content_type: str) -> Page:
    async with PageReader() as reader:
        return await reader.read(html, url=url, content_type=content_type)


def _readable(page: Page) -> str:
    facts = (", ".join(page.authors), page.published, page.language)
    head = [page.title or "(untitled)", "  ".join(fact for fact in facts if fact)]
    return "\n".join([*(line for line in head if line), "", page.text or "(no article text found)"])
