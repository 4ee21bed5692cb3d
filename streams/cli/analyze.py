"""`biowire analyze`: one article through classify and flag, with the reasons; nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import click
import msgspec

from connectors.console import Context, json_option, pass_context, print_json, read_bytes, safe
from connectors.errors import PermanentError, UserError
from connectors.extract import extract
from connectors.normalize import item_from_json, normalize
from connectors.records import Item

from ..core.analyze import analyze as analyze_article
from ..core.analyze import explain
from ..core.compiled import Vocabulary
from ..core.dedup import Seen, sighting
from ..core.index import compose
from ..core.records import Document, Flagged
from ..core.sources import Sources
from ..pipeline import stored
from ..seeds_files import vocabulary
from .vocabulary import readable

_EXAMPLE = """
\b
Example:
  biowire analyze article.txt
  curl -s https://example.org/story | biowire analyze - --url https://example.org/story
  echo "Police held a man after live facial recognition." | biowire analyze - --json
"""

_TITLE_LENGTH = 300
"""A first line longer than this is a paragraph, not a title."""


@click.command(
    help=f"Run one article (plain text, HTML or a JSON item) through classify and flag.\n{_EXAMPLE}"
)
@click.argument("file", metavar="FILE")
@click.option("--url", default="", help="Where the article came from.")
@json_option
@pass_context
def analyze(context: Context, *, file: str, url: str, as_json: bool) -> None:
    """Print relevance, labels and flags with quoted words; `--json` prints the document."""
    known = vocabulary(context.settings)
    try:
        article = normalize(read_item(read_bytes(file), url), datetime.now(UTC))
    except PermanentError as cause:
        raise UserError(f"{'Standard input' if file == '-' else file} holds no article. {cause}") from cause
    flagged, blocked = analyze_article(article, known), explain(article, known)
    if as_json:
        document = document_of(flagged, known)
        print_json(msgspec.to_builtins(document) | {"blocked": msgspec.to_builtins(blocked)})
    else:
        lines = [
            article.title or article.text[:80],
            *readable(flagged, blocked),
            f"vocabulary: {known.version}",
        ]
        click.echo(safe("\n".join(lines)))


def read_item(data: bytes, url: str) -> Item:
    """An item of whatever was given: a JSON item, an HTML page, or text whose first line is the title."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:2000]
    if start.startswith(b"{"):
        item = item_from_json(data)
        return replace(item, link=url) if url and not item.link else item
    if start.startswith(b"<") and (b"<html" in start.lower() or b"<!doctype" in start.lower()):
        page = extract(data, url=url)
        authors = "; ".join(page.authors)
        return Item(
            feed_url=url,
            title=page.title,
            link=url,
            text=page.text,
            published=page.published,
            author=authors,
            language=page.language,
        )
    title, _, text = data.decode("utf-8", "replace").strip().partition("\n")
    if not text.strip() or len(title) > _TITLE_LENGTH:
        title, text = "", f"{title}\n{text}"
    return Item(feed_url=url, title=title, link=url, text=text.strip())


def document_of(flagged: Flagged, known: Vocabulary) -> Document:
    """The document this article would be if it were the only one."""
    article = flagged.article
    one = sighting(article, 0)
    seen = Seen(
        id=article.id,
        root=one,
        speaker=one,
        published=article.published,
        updated=article.updated,
        first_seen=article.received,
        revision=1,
        sightings=1,
    )
    return compose(stored(flagged, seen, Sources(), known.version), None, None)
